import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { approveTrading, batchOf, depositCash } from "../../packages/client/src/batch.ts";
import { perpetual, put, type Instrument } from "../../packages/client/src/instrument.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { fridayAfter, USDC } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");

const ETH = 1;
const CALM = 2000;
const CRASH = 1500;
/** What a trader has, and what Carol lends. */
const DEPOSIT = 500_000n * USDC;
/** What Alice lends: less than what may leave in a day whatever custody holds. */
const SMALL_DEPOSIT = 45_000n * USDC;

async function price({ aggregators, networkHelpers: { time } }: TestMarket, dollars: number): Promise<void> {
  await time.increase(60);
  await aggregators["ETH"]?.["push(int256)"](BigInt(dollars) * 10n ** 8n);
}

/** The wallet lends so much, and holds its shares as soon as a round allows. */
async function lend(market: TestMarket, wallet: HardhatEthersSigner, amount: bigint): Promise<bigint> {
  const { contracts, tokens } = market;
  const pool = contracts.liquidityPool.connect(wallet);
  await tokens["USDC"]?.connect(wallet).approve(pool, amount);
  await pool.requestDeposit(amount, wallet.address, wallet.address);
  await price(market, CALM);
  await pool.execute(10n);
  const shares = await pool.maxMint(wallet.address);
  await pool["mint(uint256,address)"](shares, wallet.address);
  return shares;
}

async function openForPool(market: TestMarket, wallet: HardhatEthersSigner): Promise<void> {
  const account = toAccount(wallet.address);
  const approvals = [approveTrading(account, market.addresses.liquidityPool)];
  const deposits = [depositCash(account, DEPOSIT)];
  await market.contracts.clearinghouse.connect(wallet).batch(batchOf({ approvals, deposits }));
}

interface Trade {
  readonly instrument: Instrument;
  /** Units, WAD; positive buys from the pool. */
  readonly size: bigint;
}

async function trade({ contracts }: TestMarket, wallet: HardhatEthersSigner, { instrument, size }: Trade) {
  const limitPrice = size > 0n ? toWad(1_000_000) : 0n;
  const account = toAccount(wallet.address);
  const order = { account, instrument, size, limitPrice, deadline: 2n ** 40n - 1n, reduceOnly: false };
  return await contracts.liquidityPool.connect(wallet).trade(order);
}

describe("a pool depositor in a crash", () => {
  it("lends, sees the pool trade, asks to leave in the crash, and is paid by the next round at the worse value", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { contracts, alice, bob, carol, tokens } = market;
    const { liquidityPool: pool } = contracts;
    const shares = await lend(market, alice, SMALL_DEPOSIT);
    await lend(market, carol, 2n * DEPOSIT);
    await openForPool(market, bob);
    const before = await pool.totalAssets();

    // Bob sells perpetuals and buys puts: the pool is long delta and short volatility when the crash comes.
    const expiry = fridayAfter(await networkHelpers.time.latest(), 30);
    const crashPut = put(ETH, { expiry, strike: toWad(1800) });
    await trade(market, bob, { instrument: perpetual(ETH), size: -toWad(100) });
    await trade(market, bob, { instrument: crashPut, size: toWad(50) });
    expect(await pool.totalAssets()).to.be.greaterThan(before);

    await price(market, CRASH);
    const crashed = await pool.totalAssets();
    expect(crashed).to.be.lessThan(before - 40_000n * USDC);
    await pool.refresh(ETH, 0);
    await pool.refresh(ETH, expiry);

    await pool.connect(alice).requestRedeem(shares, alice.address, alice.address);
    await pool.execute(10n);
    expect(await pool.pendingRedeemRequest(0n, alice.address)).to.equal(shares);

    // The market falls on: the later, lower value counts.
    await price(market, CRASH - 20);
    const worth = (shares * (await pool.totalAssets())) / (await pool.totalSupply());
    await pool.execute(10n);
    expect(await pool.pendingRedeemRequest(0n, alice.address)).to.equal(0n);
    const claim = await pool.maxWithdraw(alice.address);
    expect(claim).to.be.lessThan(worth);
    expect(claim).to.be.greaterThan((worth * 95n) / 100n);

    const wallet = (await tokens["USDC"]?.balanceOf(alice)) ?? 0n;
    await pool.connect(alice).withdraw(claim, alice.address, alice.address);
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal(wallet + claim);
    // Who stays has what the leaver left behind.
    const left = (await pool.totalAssets()) * 10n ** 12n;
    expect(left / (await pool.totalSupply())).to.be.greaterThan((worth * 10n ** 12n) / shares);
  });

  it("waits where the pool's money is committed, and is paid from what comes free", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { contracts, alice, bob } = market;
    const { liquidityPool: pool } = contracts;
    const shares = await lend(market, alice, SMALL_DEPOSIT);
    await openForPool(market, bob);
    await trade(market, bob, { instrument: perpetual(ETH), size: toWad(50) });
    await pool.connect(alice).requestRedeem(shares, alice.address, alice.address);
    await price(market, CALM);
    await pool.execute(10n);
    const waiting = await pool.pendingRedeemRequest(0n, alice.address);
    expect(waiting).to.be.greaterThan(0n).and.lessThan(shares);

    await trade(market, bob, { instrument: perpetual(ETH), size: -toWad(50) });
    await pool.refresh(ETH, 0);
    await pool.execute(10n);
    expect(await pool.pendingRedeemRequest(0n, alice.address)).to.equal(0n);
    expect(await pool.maxRedeem(alice.address)).to.equal(shares);
  });

  it("refuses to be asked on a feed that is silent", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { contracts, alice, bob } = market;
    const shares = await lend(market, alice, SMALL_DEPOSIT);
    await openForPool(market, bob);
    await trade(market, bob, { instrument: perpetual(ETH), size: toWad(10) });
    await networkHelpers.time.increase(3601);
    const pool = contracts.liquidityPool.connect(alice);
    const error = await refusal(pool.requestRedeem(shares, alice.address, alice.address));
    expect(error.errorName).to.equal("FeedNotFresh");
  });
});
