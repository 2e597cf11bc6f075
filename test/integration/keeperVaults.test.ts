import { approveTrading, batchOf, depositCash, perpetual, put, toAccount, toWad } from "@plimsoll/client";
import { expect } from "chai";
import { network } from "hardhat";
import { deployPlimsoll } from "../helpers/deploy.ts";
import type { TestMarket } from "../helpers/deploy.ts";
import { startKeeper, type RunningKeeper } from "../helpers/keepers.ts";
import { closeElsewhere } from "../helpers/losses.ts";
import { USDC, fridayAfter, movePrice } from "../helpers/trading.ts";

const createChain = () => network.create("market");

describe("a keeper and the depositors of the pool", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let market: TestMarket;
  let running: RunningKeeper;

  before(async () => {
    chain = await createChain();
  });

  beforeEach(async () => {
    market = await chain.networkHelpers.loadFixture(deployPlimsoll);
    running = await startKeeper(market, {
      config: {
        ...{ marginCalls: false, walkLagSeconds: 10 ** 9, vaults: { lookAfterSeconds: 0 } },
        // Nobody lends to the backstop here.
        cover: { isEnabled: false },
      },
    });
  });

  /** The kinds of what passes send, until one sends nothing, and the reasons why anything was not sent. */
  async function work(): Promise<string[]> {
    const all: string[] = [];
    for (;;) {
      const { sent, skipped } = await running.tick();
      all.push(...skipped);
      if (sent.length === 0) return all;
      all.push(...sent);
    }
  }

  const price = (dollars: number) => movePrice(market, dollars);

  async function lend(amount: bigint): Promise<void> {
    const { alice, contracts, tokens } = market;
    const pool = contracts.liquidityPool.connect(alice);
    await tokens.USDC?.connect(alice).approve(pool, amount);
    await pool.requestDeposit(amount, alice.address, alice.address);
  }

  async function join(): Promise<void> {
    const { addresses, bob, contracts } = market;
    const account = toAccount(bob.address);
    const approvals = [approveTrading(account, addresses.liquidityPool)];
    const batch = batchOf({ approvals, deposits: [depositCash(account, 500_000n * USDC)] });
    await contracts.clearinghouse.connect(bob).batch(batch);
  }

  async function trade(instrument: bigint, size: bigint): Promise<void> {
    const { bob, contracts } = market;
    const limitPrice = size > 0n ? toWad(1_000_000) : 0n;
    const terms = { instrument, size, limitPrice, deadline: 2n ** 40n - 1n, reduceOnly: false };
    await contracts.liquidityPool.connect(bob).trade({ account: toAccount(bob.address), ...terms });
  }

  it("settles their accounts once there are many losses to share", async () => {
    await lend(500_000n * USDC);
    await work();
    await join();
    await trade(perpetual(1), -toWad(100));
    await closeElsewhere(market, 63);
    expect(await work()).to.deep.equal([]);
    await closeElsewhere(market, 64);
    expect(await work(), "one bucket, once").to.deep.equal(["settleLosses"]);
  });

  it("executes requests once a round allows, and brings buckets to their targets after a move", async () => {
    const { alice, contracts, networkHelpers } = market;
    const pool = contracts.liquidityPool;
    await lend(500_000n * USDC);
    expect(await work(), "no position depends on a round").to.deep.equal(["executeRequests"]);
    await pool.connect(alice)["mint(uint256,address)"](await pool.maxMint(alice.address), alice.address);
    await join();
    await trade(perpetual(1), -toWad(100));
    expect(await work(), "as traded").to.deep.equal([]);

    await price(1_850);
    expect(await work()).to.deep.equal(["refreshBucket"]);
    const bucket = await pool.bucket(1, 0);
    const [risk] = await contracts.lens.risks([bucket]);
    expect(risk?.equity, "1.25 times, rounded up").to.equal(((risk?.initial ?? 0n) * 5n + 3n) / 4n);

    await pool.connect(alice).requestRedeem(10n ** 15n, alice.address, alice.address);
    expect(await work(), "as old as the round").to.deep.equal([]);
    await price(1_850);
    expect(await work()).to.deep.equal(["executeRequests"]);
    expect(await pool.maxRedeem(alice.address)).to.equal(10n ** 15n);
    expect(await running.keeper.metrics.registry.metrics()).to.include("plimsoll_keeper_pool_missing_usd 0");

    // What is closed is forgotten.
    await trade(perpetual(1), toWad(100));
    expect(await work()).to.deep.equal(["refreshBucket"]);
    expect(await pool.buckets()).to.deep.equal([]);
    expect(await networkHelpers.time.latest()).to.equal(running.now());
  });

  it("reckons Greeks anew where they have drifted", async () => {
    const { contracts, networkHelpers } = market;
    const pool = contracts.liquidityPool;
    await lend(1_000_000n * USDC);
    await work();
    await join();
    const expiry = fridayAfter(await networkHelpers.time.latest(), 30);
    await trade(put(1, { expiry, strike: toWad(1_800) }), toWad(300));
    const before = (await pool.exposure(1)).delta;
    await price(1_850);
    expect(await work()).to.deep.equal(["refreshBucket"]);
    // Sold puts are long; a fall makes them more so.
    expect((await pool.exposure(1)).delta).to.be.greaterThan(before + toWad(30));
  });
});
