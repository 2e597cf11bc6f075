import { perpetual, put, toAccount, toWad, WAD } from "@plimsoll/client";
import type { Account } from "@plimsoll/client";
import { memoryStore, saveKeeper } from "@plimsoll/keeper";
import type { KeeperStore } from "@plimsoll/keeper";
import { expect } from "chai";
import { network } from "hardhat";
import { deployPlimsoll } from "../helpers/deploy.ts";
import type { TestMarket } from "../helpers/deploy.ts";
import { startKeeper, type RunningKeeper } from "../helpers/keepers.ts";
import { fridayAfter, open, trade } from "../helpers/trading.ts";

const WINDOW_SECONDS = 1_800;
const createChain = () => network.create("market");

describe("a keeper at an expiry and between fundings", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let market: TestMarket;
  let store: KeeperStore;
  let running: RunningKeeper;
  let long: Account;
  let short: Account;

  before(async () => {
    chain = await createChain();
  });

  beforeEach(async () => {
    market = await chain.networkHelpers.loadFixture(deployPlimsoll);
    store = memoryStore();
    running = await start();
    long = await open(market, market.alice, 10_000n);
    short = await open(market, market.bob, 100_000n);
  });

  /** One account a call, so that it takes several passes to settle a series. */
  const start = () =>
    startKeeper(market, {
      config: {
        ...{ marginCalls: false, walkLagSeconds: 10 ** 9, settlements: { maxAccountsPerCall: 1 } },
        cover: { isEnabled: false },
      },
      store,
    });

  /** What a pass sent, and why it did not send. */
  async function tick(): Promise<string[]> {
    const { sent, skipped } = await running.tick();
    return [...sent, ...skipped];
  }

  async function push(dollars: bigint): Promise<void> {
    await market.aggregators.ETH?.["push(int256)"](dollars * 10n ** 8n);
  }

  async function pushAt(at: number, dollars: bigint): Promise<void> {
    await market.networkHelpers.time.increaseTo(at);
    await market.aggregators.ETH?.["push(int256,uint256)"](dollars * 10n ** 8n, at);
  }

  it("proves the price, settles the series and every holder of it, also over a restart", async () => {
    const { alice, bob, contracts, networkHelpers } = market;
    const expiry = fridayAfter(await networkHelpers.time.latest(), 7);
    const option = put(1, { expiry, strike: toWad(1_900) });
    await trade(market, { buyer: alice, seller: bob }, { instrument: option, size: 10n * WAD, price: 20n * WAD });
    expect(await tick()).to.deep.equal([]);
    const cash = async () => [await contracts.clearinghouse.cash(long), await contracts.clearinghouse.cash(short)];
    const [bought = 0n, sold = 0n] = await cash();

    // 1,800 USD for 20 minutes of the window, 1,500 for the last ten.
    await pushAt(expiry - WINDOW_SECONDS - 3_600, 9_000n);
    await pushAt(expiry - WINDOW_SECONDS - 60, 1_800n);
    await pushAt(expiry - 600, 1_500n);
    await networkHelpers.time.increaseTo(expiry + 1);
    expect(await tick(), "no round after the expiry").to.deep.equal([]);
    await pushAt(expiry + 60, 1_900n);
    expect(await tick()).to.deep.equal(["proveSettlement"]);
    expect(await contracts.priceOracle.settlementPrice(1, expiry)).to.deep.equal([toWad(1_700), true]);

    expect(await tick()).to.deep.equal(["settleExpired"]);
    expect((await contracts.clearinghouseBooks.settling()).open).to.equal(1n);
    expect(await contracts.clearinghouse.positions(short), "as views show it").to.deep.equal([]);
    await saveKeeper(running.keeper);
    running = await start();
    expect(await tick()).to.deep.equal(["settleExpired"]);
    expect((await contracts.clearinghouseBooks.settling()).open).to.equal(0n);
    expect(await cash(), "10 puts of 1,900 at 1,700").to.deep.equal([bought + toWad(2_000), sold - toWad(2_000)]);
    expect(await tick()).to.deep.equal([]);
  });

  it("leaves to nobody twice what somebody else has settled", async () => {
    const { alice, bob, carol, contracts, networkHelpers } = market;
    const expiry = fridayAfter(await networkHelpers.time.latest(), 7);
    const option = put(1, { expiry, strike: toWad(1_900) });
    await trade(market, { buyer: alice, seller: bob }, { instrument: option, size: WAD, price: 20n * WAD });
    await pushAt(expiry - WINDOW_SECONDS - 60, 1_800n);
    await pushAt(expiry + 60, 1_900n);
    expect(await tick()).to.deep.equal(["proveSettlement"]);
    await contracts.clearinghouseBooks.connect(carol).settleExpired([option], [short]);
    expect(await tick(), "the long").to.deep.equal(["settleExpired"]);
    expect((await contracts.clearinghouseBooks.settling()).open).to.equal(0n);
    expect(await tick()).to.deep.equal([]);

    // Whom it remembers wrongly is named once.
    running.keeper.holdings.restore([{ account: toAccount(carol.address), instruments: [option] }]);
    expect(await tick()).to.deep.equal(["settleExpired"]);
    expect(await tick()).to.deep.equal([]);
  });

  it("accrues funding before an hour is over, where somebody holds the perpetual and prices are valid", async () => {
    const { alice, bob, contracts, networkHelpers } = market;
    const accruedAt = async () => Number((await contracts.clearinghouseBooks.funding(1)).accruedAt);
    const first = await accruedAt();
    const at = async (time: number) => {
      await networkHelpers.time.increaseTo(time);
      await push(2_000n);
      return tick();
    };
    expect(await at(first + 3_310), "nobody holds one").to.deep.equal([]);
    const fill = { instrument: perpetual(1), size: WAD, price: toWad(2_000) };
    await trade(market, { buyer: alice, seller: bob }, fill);
    expect(await tick()).to.deep.equal(["accrueFunding"]);
    const second = await accruedAt();
    expect(second).to.equal(await networkHelpers.time.latest());
    expect(await at(second + 3_290)).to.deep.equal([]);
    expect(await at(second + 3_310)).to.deep.equal(["accrueFunding"]);
    expect(await accruedAt()).to.be.within(second + 3_300, second + 3_600);

    await networkHelpers.time.increase(30 * 86_400);
    expect((await contracts.priceOracle.price(1)).validity).to.equal(2n);
    expect(await tick(), "on an invalid price it would do nothing").to.deep.equal([]);
  });
});
