import { CASH, approveTrading, batchOf, call, depositCash, perpetual, put, spot, toAccount } from "@plimsoll/client";
import { createKeeper, eip1193Chain, readMarginCall, runTick } from "@plimsoll/keeper";
import type { Keeper, KeeperOptions, TickReport } from "@plimsoll/keeper";
import { expect } from "chai";
import { Wallet } from "ethers";
import { network } from "hardhat";
import { deployPlimsoll } from "../helpers/deploy.ts";
import type { TestMarket } from "../helpers/deploy.ts";
import { closeElsewhere } from "../helpers/losses.ts";
import { isNear } from "../helpers/near.ts";

const USDC = 10n ** 6n;
const WAD = 10n ** 18n;
const DAY = 86_400;
const ETH = perpetual(1);
const CAPITAL = 200_000n;
const wallet = new Wallet(`0x${"5".repeat(64)}`);

const createChain = () => network.create("market");

type Settled = TickReport["settled"][number];

describe("keeper on a chain", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let market: TestMarket;
  let keeper: Keeper;
  let now: number;
  let settled: Settled[];

  before(async () => {
    chain = await createChain();
  });

  const long = () => toAccount(market.alice.address, 1n);
  const short = () => toAccount(market.bob.address, 1n);
  const riskOf = async (account: bigint) => {
    const [risk] = await market.contracts.lens.risks([account]);
    if (!risk) throw new Error("no risk");
    return risk;
  };

  /** Alice is long 30 ETH at 2,000 with 10,000 USDC; Bob is short with plenty; the keeper has its capital. */
  async function setUp(options: KeeperOptions = {}): Promise<void> {
    market = await chain.networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, contracts, tokens, addresses, ethers } = market;
    const { clearinghouse } = contracts;
    const signer = wallet.connect(ethers.provider);
    await market.networkHelpers.setBalance(wallet.address, 10n ** 20n);
    await tokens.USDC?.mint(wallet.address, CAPITAL * USDC);
    await tokens.USDC?.connect(signer).approve(addresses.clearinghouse, CAPITAL * USDC);
    const capital = toAccount(wallet.address);
    await clearinghouse.connect(signer).batch(batchOf({ deposits: [depositCash(capital, CAPITAL * USDC)] }));
    await clearinghouse.connect(bob).batch(
      batchOf({
        approvals: [approveTrading(short(), alice.address)],
        deposits: [depositCash(short(), 100_000n * USDC)],
      }),
    );
    await clearinghouse.connect(alice).batch(
      batchOf({
        deposits: [depositCash(long(), 10_000n * USDC)],
        fills: [{ buyer: long(), seller: short(), instrument: ETH, size: 30n * WAD, price: 2_000n * WAD }],
      }),
    );
    settled = [];
    keeper = await createKeeper({
      chain: eip1193Chain(market.provider),
      signer: wallet,
      deployment: { ...addresses, chainId: Number(market.venue.chainId), underlyings: [1, 2], startBlock: 0 },
      // Funding is told in keeperSettlement.test.ts, caps in keeperCover.test.ts.
      config: { gas: { mode: "fixed" }, settlements: { funding: false }, cover: { isEnabled: false }, ...options },
      clock: () => now,
    });
  }

  async function push(price: number): Promise<void> {
    await market.aggregators.ETH?.["push(int256)"](BigInt(price) * 10n ** 8n);
  }

  async function tick(): Promise<TickReport> {
    now = await market.networkHelpers.time.latest();
    const report = await runTick(keeper);
    settled.push(...report.settled);
    return report;
  }

  /** Passes 15 seconds apart until nothing of this kind is left to do, at most an hour. */
  async function run(until: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 240 && !(await until()); i++) {
      await market.networkHelpers.time.increase(15);
      await tick();
    }
  }

  const done = (kind: Settled["kind"]) => settled.filter((entry) => entry.kind === kind && entry.success);

  async function expectConservation(): Promise<void> {
    const { clearinghouse, backstopVault } = market.contracts;
    const treasury = await backstopVault.treasury();
    const accounts = [long(), short(), treasury, ...(await backstopVault.absorbed()), ...keeper.book.accounts()];
    let sum = await clearinghouse.reserve();
    let net = 0n;
    for (const account of new Set(accounts)) {
      sum += (await clearinghouse.cash(account)) + (await clearinghouse.entryValue(account, ETH));
      net += await clearinghouse.position(account, ETH);
    }
    expect(sum).to.equal((await clearinghouse.recordedInTokens(CASH)) * 10n ** 12n);
    expect(net).to.equal(0n);
  }

  async function bookEquity(): Promise<bigint> {
    const risks = await market.contracts.lens.risks(keeper.book.accounts());
    return risks.reduce((sum, { equity }) => sum + equity, 0n);
  }

  it("finds the accounts, leaves healthy ones alone, and calls margin once", async () => {
    await setUp();
    const first = await tick();
    expect(first).to.include({ status: "ran", watched: 2, endangered: 0 });
    expect(first.settled).to.deep.equal([]);

    await push(1_880);
    await tick();
    await tick();
    expect(done("callMargin").map(({ account }) => account)).to.deep.equal([long()]);
    expect(await market.contracts.liquidator.marginCalledAt(long())).to.not.equal(0n);

    await push(2_000);
    await tick();
    expect(done("clearMarginCall").map(({ account }) => account)).to.deep.equal([long()]);
  });

  it("tells how much is missing, and how long volatility alone leaves, as the oracle says", async () => {
    await setUp();
    await push(1_880);
    now = await market.networkHelpers.time.latest();
    const { clearinghouse, volatilityOracle } = market.contracts;
    const { cash, positions } = await clearinghouse.portfolio(long());
    const portfolio = {
      cash,
      legs: positions.map((word) => ({ instrument: word >> 128n, size: BigInt.asIntN(128, word) })),
    };
    const call = await readMarginCall(keeper.chain, keeper.contracts.deployment, { portfolio, now });
    const { equity, initial } = await riskOf(long());
    expect(call.shortfall).to.satisfy(isNear(Number(initial - equity) / 1e18, 1e-3));
    // What 30 units in a depth of 20,000 cost to close, κ 3 %, comes first; the rest bears a fall of e^−x, x = 2.03·σ·√(4 h).
    const notional = 30 * 1_880;
    const bearable = Number(equity) / 1e18 - 0.03 * notional * Math.sqrt(30 / 20_000);
    const volatility = -Math.log1p(-bearable / notional) / (2.03 * Math.sqrt(4 / (365 * 24)));
    const expected = Number(await volatilityOracle.noticeSeconds(1, BigInt(Math.round(volatility * 1e9)) * 10n ** 9n));
    expect(call.noticeSeconds).to.satisfy(isNear(expected - 225, 235));
  });

  it("starts an auction by one scenario where that proves enough, else by all", async () => {
    const startedBy = async () => {
      const { sent } = await tick();
      expect(sent.map(({ kind }) => kind)).to.deep.equal(["startAuction"]);
      const transaction = await market.ethers.provider.getTransaction(sent[0]?.hash ?? "");
      expect((await market.contracts.liquidator.auctionState(long())).auction.startedAt).to.not.equal(0n);
      return market.contracts.liquidator.interface.parseTransaction({ data: transaction?.data ?? "" })?.name;
    };
    await setUp();
    await push(1_700);
    expect(await startedBy()).to.equal("startAuctionByWitness");

    // Dollar by dollar to where less is missing than the 62 USD of concentration, which a witness leaves out.
    await setUp();
    const isBelow = async () => {
      const { equity, maintenance } = await riskOf(long());
      return equity < maintenance;
    };
    for (let price = 1_770; !(await isBelow()); price--) await push(price);
    expect(await startedBy()).to.equal("startAuction");
  });

  it("auctions an account below maintenance, takes legs step by step until it is healthy, and profits", async () => {
    await setUp();
    await tick();
    for (const price of [1_750, 1_700]) {
      await push(price);
      const before = await riskOf(long());
      expect(before.equity < before.maintenance).to.equal(true);
      const taken = done("liquidateLegs").length;
      await run(() => done("liquidateLegs").length > taken);
      await run(async () => (await riskOf(long())).equity >= (await riskOf(long())).maintenance);
      const after = await riskOf(long());
      expect(after.equity >= after.maintenance).to.equal(true);
      // The Liquidator stops at 1.15 and a dollar; the account is not taken further than it has to be.
      expect(after.equity <= (after.maintenance * 115n) / 100n + WAD).to.equal(true);
      expect(after.equity <= before.equity).to.equal(true);
      await expectConservation();
    }
    expect(done("startAuction").length).to.equal(2);
    expect(done("liquidateLegs").every(({ legs }) => legs?.[0] && legs[0].size < 30n * WAD)).to.equal(true);
    const left = await market.contracts.clearinghouse.position(long(), ETH);
    expect(left > 0n && left < 30n * WAD).to.equal(true);
    await push(1_750);
    expect((await bookEquity()) > CAPITAL * WAD).to.equal(true);
  });

  it("settles an account's losses first where it has more of them than it takes at once", async () => {
    await setUp();
    await push(1_700);
    // More than 128, and more than a call settles.
    await closeElsewhere(market, 600);
    const { clearinghouse } = market.contracts;
    expect((await clearinghouse.positions.estimateGas(long())) < 600n * 3_000n, "gas of a view").to.equal(true);
    const batch = clearinghouse.connect(market.alice).batch(batchOf({ deposits: [depositCash(long(), USDC)] }));
    await expect(batch).to.be.revertedWithCustomError(clearinghouse, "Unsettled").withArgs(long());
    await run(() => done("liquidateLegs").length > 0);
    expect(done("settleLosses").length).to.equal(2);
    await expectConservation();
  });

  it("takes from a hedged book of options without being refused", async () => {
    await setUp();
    const { alice, bob, contracts } = market;
    const hedged = toAccount(alice.address, 2n);
    const today = Math.ceil((await market.networkHelpers.time.latest()) / DAY) * DAY;
    const expiry = today + 14 * DAY + 8 * 3_600;
    const fills = [
      { instrument: call(1, { expiry, strike: 2_100n * WAD }), units: -20n, price: 95n },
      { instrument: put(1, { expiry, strike: 1_700n * WAD }), units: -5n, price: 25n },
      { instrument: ETH, units: 8n, price: 2_000n },
    ].map(({ instrument, units, price }) => {
      const [buyer, seller] = units > 0n ? [hedged, short()] : [short(), hedged];
      return { buyer, seller, instrument, size: (units > 0n ? units : -units) * WAD, price: price * WAD };
    });
    const weth = { account: hedged, asset: spot(1), amountInTokens: WAD };
    await contracts.clearinghouse
      .connect(alice)
      .batch(batchOf({ deposits: [depositCash(hedged, 3_500n * USDC), weth], fills }));
    await contracts.clearinghouse.connect(bob).batch(batchOf({ deposits: [depositCash(short(), 100_000n * USDC)] }));
    await push(2_400);
    const before = await riskOf(hedged);
    expect(before.equity > 0n && before.equity < before.maintenance).to.equal(true);
    const refusals: string[] = [];
    await run(async () => {
      refusals.push(
        ...(await tick()).skipped.map(({ reason }) => reason).filter((reason) => reason.startsWith("reverted")),
      );
      const { equity, maintenance } = await riskOf(hedged);
      return equity >= maintenance;
    });
    expect(refusals).to.deep.equal([]);
    expect(done("liquidateLegs").filter(({ account }) => account === hedged)).to.not.deep.equal([]);
    const after = await riskOf(hedged);
    expect(after.equity >= after.maintenance).to.equal(true);
    expect((await bookEquity()) > CAPITAL * WAD).to.equal(true);
  });

  it("takes a bankrupt account whole into a fresh sub-account once the reserve pays for its risk", async () => {
    await setUp();
    const { carol, contracts, tokens, addresses } = market;
    await tokens.USDC?.connect(carol).approve(addresses.clearinghouse, 50_000n * USDC);
    await contracts.clearinghouse.connect(carol).fundReserve(50_000n * USDC);
    await push(1_500);
    expect((await riskOf(long())).equity < 0n).to.equal(true);
    await run(() => done("takeOver").length > 0);
    const [taken] = done("takeOver");
    expect(taken?.taker).to.equal(toAccount(wallet.address, 1_000n));
    expect(await contracts.clearinghouse.position(toAccount(wallet.address, 1_000n), ETH)).to.equal(30n * WAD);
    expect(await contracts.clearinghouse.positions(long())).to.deep.equal([]);
    expect((await bookEquity()) > CAPITAL * WAD).to.equal(true);
    expect((await contracts.clearinghouse.reserve()) < 50_000n * WAD).to.equal(true);
    await tick();
    expect(keeper.index.owing.has(long())).to.equal(false);
    expect(keeper.index.owing.has(toAccount(wallet.address, 1_000n))).to.equal(true);
    await expectConservation();
  });

  it("hands a bankrupt account to the backstop where there is no reserve to pay a keeper", async () => {
    await setUp();
    const { carol, contracts, tokens, addresses } = market;
    await tokens.USDC?.connect(carol).approve(addresses.backstopVault, 100_000n * USDC);
    await contracts.backstopVault.connect(carol).deposit(100_000n * USDC, carol.address);
    await push(1_500);
    await run(() => done("absorb").length > 0);
    expect(done("absorb").map(({ account }) => account)).to.deep.equal([long()]);
    expect(await contracts.clearinghouse.positions(long())).to.deep.equal([]);
    expect((await contracts.backstopVault.absorbed()).length).to.equal(1);
    await expectConservation();
  });

  it("takes from the backstop what it absorbed, once that pays, where it lets the backstop trade with it", async () => {
    await setUp();
    const { carol, contracts, tokens, addresses, ethers } = market;
    await tokens.USDC?.connect(carol).approve(addresses.backstopVault, 100_000n * USDC);
    await contracts.backstopVault.connect(carol).deposit(100_000n * USDC, carol.address);
    await push(1_500);
    await run(() => done("absorb").length > 0);
    const [absorbed = 0n] = await contracts.backstopVault.absorbed();

    /** An hour at a time, with prices at their heartbeat. */
    const pass = async (hours: number) => {
      for (let hour = 0; hour < hours && done("unwind").length === 0; hour++) {
        await market.networkHelpers.time.increase(3_500);
        await push(1_500);
        await tick();
      }
    };
    await pass(6);
    expect(done("unwind"), "without an approval").to.deep.equal([]);
    const approvals = [approveTrading(keeper.book.capital, addresses.backstopVault)];
    await contracts.clearinghouse.connect(wallet.connect(ethers.provider)).batch(batchOf({ approvals }));
    const before = await bookEquity();
    await pass(24);
    await tick();
    expect(done("unwind").map(({ account }) => account)).to.deep.equal([absorbed]);
    expect(await contracts.clearinghouse.position(absorbed, ETH)).to.equal(0n);
    expect(await contracts.clearinghouse.position(keeper.book.capital, ETH)).to.equal(30n * WAD);
    expect((await bookEquity()) > before, "paid for it").to.equal(true);
    await expectConservation();
  });

  it("walks the rounds of the volatility oracle when they lag", async () => {
    await setUp({ walkLagSeconds: 60 });
    await market.networkHelpers.time.increase(120);
    await push(1_990);
    await tick();
    expect(done("walkRounds").length).to.equal(1);
    const [, timestamp] = await market.contracts.volatilityOracle.cursor(1);
    expect(Number(timestamp)).to.equal(now);
    expect((await tick()).settled).to.deep.equal([]);
  });

  it("does not act on a head that is too old", async () => {
    await setUp({ maxHeadAgeSeconds: 60 });
    await push(1_500);
    now = (await market.networkHelpers.time.latest()) + 61;
    expect((await runTick(keeper)).status).to.equal("stale-head");
    expect((await market.contracts.liquidator.auctionState(long())).auction.startedAt).to.equal(0n);
  });
});
