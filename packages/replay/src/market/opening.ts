import type { PlimsollError } from "@plimsoll/client";
import { BackstopVault__factory, Clearinghouse__factory } from "../../../../typechain-types/index.ts";
import { priceAt } from "../path.ts";
import { ASSETS } from "../prices/arguments.ts";
import type { Random } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import type { SimulatedChain } from "./chain.ts";
import { type Deployment, perAsset } from "./deployment.ts";
import type { Exchange, Member } from "./exchange.ts";
import type { Society } from "./life.ts";
import { type MakerKey, type Opening, type Participant, makeMakers, makeTraders, makerKey } from "./population.ts";
import { toWad } from "./wad.ts";

/** What stands behind the market, per USD of notional open: the backstop as the cap on open interest implies, 1 in 20. */
const BACKSTOP_SHARE = 0.05;
const RESERVE_SHARE = 0.005;
/** Enough of a keeper's capital that it never has to pass for lack of it. */
const KEEPER_SHARE = 0.5;
/** How often a trader who was refused tries again with less. */
const ATTEMPTS = 6;
const RETRY_SHARE = 0.75;

/** Addresses without a key here. */
const BACKSTOP_DEPOSITOR = "0x0000000000000000000000000000000000bac570";
const RESERVE_FUNDER = "0x00000000000000000000000000000000005e5e5e";

export interface Venue {
  readonly chain: SimulatedChain;
  readonly deployment: Deployment;
  readonly exchange: Exchange;
}

/** A market with everybody in it. */
export interface OpenMarket extends Society {
  readonly keepers: readonly Member[];
}

export interface OpeningPlan {
  readonly scenario: Scenario;
  /** Traders and market makers together. */
  readonly accounts: number;
  readonly keepers: number;
  readonly random: Random;
  /** Told after each participant who is ready. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Lets everybody pay in, then opens all positions by signed orders. */
export async function openMarket(venue: Venue, plan: OpeningPlan): Promise<OpenMarket> {
  const { scenario, random, onProgress } = plan;
  const assets = ASSETS.filter((asset) => scenario.feeds[asset].isTraded);
  const prices = perAsset((asset) => priceAt(scenario.feeds[asset].path, scenario.start));
  const opening = { assets, prices };
  const makersNeeded = 2 * assets.length;
  const planned = makeTraders(Math.max(1, plan.accounts - makersNeeded), opening, random);
  const { exchange, deployment } = venue;
  const makers = new Map<MakerKey, Member>();
  for (const [key, maker] of makeMakers(planned, opening)) makers.set(key, await exchange.join(maker));
  const notional = notionalOf(planned, opening);
  await fundBackstop(venue, notional);
  const keepers: Member[] = [];
  for (let i = 0; i < plan.keepers; i++) keepers.push(await exchange.join(keeperPlan(i, notional)));
  const traders: Member[] = [];
  for (const participant of planned) {
    const member = await exchange.join(participant);
    traders.push(member);
    await takePositions({ exchange, makers, prices }, member);
    onProgress(traders.length, planned.length);
  }
  return { traders, makers, keepers, exchange, deployment };
}

function keeperPlan(index: number, notional: number): Participant {
  const funds = { usd: Math.ceil(notional * KEEPER_SHARE), ETH: 0, BTC: 0 };
  return {
    ...{ label: `keeper ${index + 1}`, strategy: "market maker", funds, borrowed: 0, legs: [] },
    ...{ topUp: undefined, spare: 0 },
  };
}

function notionalOf(participants: readonly Participant[], { prices }: Opening): number {
  const ofLegs = participants
    .flatMap(({ legs }) => legs)
    .reduce((sum, leg) => sum + Math.abs(leg.size) * prices[leg.asset], 0);
  return ofLegs + participants.reduce((sum, { borrowed }) => sum + borrowed, 0);
}

async function fundBackstop({ chain, deployment, exchange }: Venue, notional: number): Promise<void> {
  const { backstopVault, clearinghouse } = deployment.addresses;
  const assets = await exchange.supply(BACKSTOP_DEPOSITOR, notional * BACKSTOP_SHARE, backstopVault);
  const deposit = BackstopVault__factory.createInterface().encodeFunctionData("deposit", [assets, BACKSTOP_DEPOSITOR]);
  await chain.send({ from: BACKSTOP_DEPOSITOR, to: backstopVault, data: deposit });
  const gift = await exchange.supply(RESERVE_FUNDER, notional * RESERVE_SHARE, clearinghouse);
  const fund = Clearinghouse__factory.createInterface().encodeFunctionData("fundReserve", [gift]);
  await chain.send({ from: RESERVE_FUNDER, to: clearinghouse, data: fund });
}

interface Counterparties extends Pick<Opening, "prices"> {
  readonly exchange: Exchange;
  readonly makers: ReadonlyMap<MakerKey, Member>;
}

/** Opens what the plan says, or the part of it that margin allows: whoever is refused tries again with less. */
async function takePositions({ exchange, makers, prices }: Counterparties, member: Member): Promise<void> {
  for (const leg of member.legs) {
    const maker = makers.get(makerKey(leg));
    if (maker === undefined) continue;
    const instrument = exchange.instrumentOf(leg, prices[leg.asset]);
    await insist((share) => exchange.trade({ maker, taker: member, instrument, size: toWad(leg.size * share) }));
  }
  if (member.borrowed > 0) await insist((share) => exchange.withdraw(member, member.borrowed * share));
}

async function insist(attempt: (share: number) => Promise<PlimsollError | undefined>): Promise<void> {
  let refusal: PlimsollError | undefined;
  for (let i = 0; i < ATTEMPTS; i++) {
    refusal = await attempt(RETRY_SHARE ** i);
    if (refusal === undefined) return;
    if (refusal.errorName !== "BelowInitialMargin") throw refusal;
  }
}
