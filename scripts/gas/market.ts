// The market on which gas is measured: the deployed contracts with the local parameters, an accepted surface, and a way to open books.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { loadConfiguration } from "../../deploy/configuration.ts";
import { deployLocal, NotDeployedError, type LocalDeployment } from "../../deploy/local.ts";
import { toAccount, type Account } from "../../packages/client/src/account.ts";
import { approveTrading, batchOf, depositCash, type Fill } from "../../packages/client/src/batch.ts";
import { call, put, type Instrument } from "../../packages/client/src/instrument.ts";
import { toPosition, type Position } from "../../packages/client/src/position.ts";
import { signSurfaceReport } from "../../packages/client/src/surfaceReport.ts";
import { nearestWad, toWad, WAD } from "../../packages/client/src/wad.ts";
import { GAS_LIMIT, type Chain } from "./chain.ts";

export const USDC = 10n ** 6n;
export const ETH = 1;
/** USD; half a percent, the feed's deviation, above the price at which everything was listed. */
export const SPOT = 2010;
/** What an ordinary moment looks like: some time since the oracle was last written, and a round that nobody has walked yet. */
const SINCE_REPORT_SECONDS = 1200;
const SINCE_ROUND_SECONDS = 60;
const FEED_DECIMALS = 8;
/** Of each option. */
const UNITS = 10n;
/** USD of every well-funded account. */
const CASH_DOLLARS = 5_000_000n;
const DAY = 86_400;
const YEAR = 365 * DAY;
const FRIDAY_AT_EIGHT = DAY + 8 * 3600;
const WEEK = 7 * DAY;

/** A leg before it has an account: long or short. */
export interface Leg {
  readonly instrument: Instrument;
  readonly isShort: boolean;
}

export type Book = readonly Leg[];

export interface Market extends LocalDeployment {
  readonly chain: Chain;
  /** Holds the accounts that are measured; its counterparty; keeper and bringer of orders. */
  readonly alice: HardhatEthersSigner;
  readonly bob: HardhatEthersSigner;
  readonly carol: HardhatEthersSigner;
}

/** Deploys everything and has a surface accepted through the real door. */
export async function createMarket(chain: Chain): Promise<Market> {
  const { ethers } = chain.connection;
  const [deployer, alice, bob, carol] = await ethers.getSigners();
  if (!deployer || !alice || !bob || !carol) throw new NotDeployedError("wallets");
  const publishers = { signers: [deployer.address], threshold: 1 };
  const configuration = { ...(await loadConfiguration("local")), publishers };
  const market = { ...(await deployLocal(chain.connection, { configuration })), chain, alice, bob, carol };
  const usdc = tokenOf(market);
  for (const wallet of [alice, bob, carol]) {
    await usdc.mint(wallet.address, 1_000_000_000n * USDC);
    await usdc.connect(wallet).approve(market.addresses.clearinghouse, 2n ** 256n - 1n);
  }
  await reportSurface(market);
  await chain.wait(SINCE_REPORT_SECONDS);
  await movePrice(market, SPOT);
  await chain.wait(SINCE_ROUND_SECONDS);
  return market;
}

/** A new round of the feed. */
export async function movePrice({ aggregators }: Market, dollars: number): Promise<void> {
  if (aggregators.ETH === undefined) throw new NotDeployedError("ETHAggregator");
  await aggregators.ETH["push(int256)"](BigInt(Math.round(dollars * 10 ** FEED_DECIMALS)));
}

export function tokenOf({ tokens }: LocalDeployment) {
  if (tokens.USDC === undefined) throw new NotDeployedError("USDC");
  return tokens.USDC;
}

/** The tenors of the surface in days, and at-the-money volatilities there: nearly flat, with some skew and curvature. */
const SURFACE_POINTS = [
  { days: 7, volatility: 0.8 },
  { days: 30, volatility: 0.79 },
  { days: 90, volatility: 0.78 },
  { days: 180, volatility: 0.77 },
] as const;

async function reportSurface({ chain, contracts, deployer, venue, addresses }: Market): Promise<void> {
  const variances = SURFACE_POINTS.map(({ days, volatility }) => nearestWad(volatility ** 2 * ((days * DAY) / YEAR)));
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = variances;
  const report = {
    underlying: ETH,
    timestamp: chain.now,
    totalVariance: [first, second, third, fourth] as [bigint, bigint, bigint, bigint],
    rho: toWad("-0.2"),
    eta: toWad("0.5"),
    rate: toWad("0.05"),
  };
  const surfaceVenue = { chainId: venue.chainId, volatilityOracle: addresses.volatilityOracle };
  const { signature } = await signSurfaceReport(report, deployer, surfaceVenue);
  await contracts.volatilityOracle.report([report], [signature]);
}

/** The Friday at 08:00 UTC nearest to so many days from now. */
export function fridayNear(now: number, days: number): number {
  return Math.round((now + days * DAY - FRIDAY_AT_EIGHT) / WEEK) * WEEK + FRIDAY_AT_EIGHT;
}

/** Half the range of strikes around spot, as a share of it. */
const WIDTH = 0.3;
const STRIKE_STEP = 25;

/** Options spread over expiries, calls and puts, long and short, strikes from 30 % below to 30 % above spot.
 * @param nearestWidth - The same for the first expiry. */
export function spreadBook(count: number, expiries: readonly number[], nearestWidth: number = WIDTH): Book {
  return Array.from({ length: count }, (_, i) => {
    const column = i % expiries.length;
    const row = Math.floor(i / expiries.length);
    const width = column === 0 ? nearestWidth : WIDTH;
    const moneyness = 1 + width * ((2 * i + 1) / count - 1);
    const strike = toWad(Math.round((SPOT * moneyness) / STRIKE_STEP) * STRIKE_STEP);
    const terms = { expiry: expiries[column] ?? 0, strike };
    const isShort = (Math.floor(row / 2) + column) % 2 === 1;
    return { instrument: row % 2 === 0 ? call(ETH, terms) : put(ETH, terms), isShort };
  });
}

export function positionsOf(book: Book): Position[] {
  return book.map(({ instrument, isShort }) => toPosition(instrument, (isShort ? -UNITS : UNITS) * WAD));
}

export interface Opened {
  readonly account: Account;
  /** Holds the opposite of every leg. */
  readonly counterparty: Account;
  readonly book: Book;
}

/** Opens the book in Alice's sub-account against Bob's, both well-funded and open to trades by orders. */
export async function openBook(
  { contracts, addresses, alice, bob }: Market,
  subId: bigint,
  book: Book,
): Promise<Opened> {
  const account = toAccount(alice.address, subId);
  const counterparty = toAccount(bob.address, subId);
  const { clearinghouse } = contracts;
  const setUp = (own: Account, others: readonly string[]) => ({
    approvals: [addresses.orderSettlement, ...others].map((operator) => approveTrading(own, operator)),
    deposits: [depositCash(own, CASH_DOLLARS * USDC)],
  });
  await clearinghouse.connect(bob).batch(batchOf(setUp(counterparty, [alice.address])));
  // Cash changes hands at any price; both sides have plenty.
  const fills = book.map(({ instrument, isShort }): Fill => {
    const [buyer, seller] = isShort ? [counterparty, account] : [account, counterparty];
    return { buyer, seller, instrument, size: UNITS * WAD, price: 100n * WAD };
  });
  await clearinghouse.connect(alice).batch(batchOf({ ...setUp(account, []), fills }), { gasLimit: GAS_LIMIT });
  return { account, counterparty, book };
}
