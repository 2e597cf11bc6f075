import { perpetual, toWad } from "@plimsoll/client";
import { expect } from "chai";
import { network } from "hardhat";
import { deployPlimsoll } from "../helpers/deploy.ts";
import type { TestMarket } from "../helpers/deploy.ts";
import { startKeeper, type RunningKeeper } from "../helpers/keepers.ts";
import { USDC, movePrice, open, trade } from "../helpers/trading.ts";

const ETH = 1;
const FIVE_DAYS = 5 * 86_400;
const createChain = () => network.create("market");

describe("a keeper and the cap on open interest", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let market: TestMarket;
  let running: RunningKeeper;

  before(async () => {
    chain = await createChain();
  });

  beforeEach(async () => {
    market = await chain.networkHelpers.loadFixture(deployPlimsoll);
    running = await startKeeper(market, {
      config: { marginCalls: false, walkLagSeconds: 10 ** 9, settlements: { funding: false } },
      underlyings: [ETH],
    });
  });

  /** What a pass sent, and why it did not send. */
  async function tick(): Promise<string[]> {
    const { sent, skipped } = await running.tick();
    return [...sent, ...skipped];
  }

  async function lend(dollars: bigint): Promise<void> {
    const { contracts, tokens, carol } = market;
    await tokens.USDC?.connect(carol).approve(contracts.backstopVault, dollars * USDC);
    await contracts.backstopVault.connect(carol).deposit(dollars * USDC, carol.address);
  }

  const price = (dollars: number) => movePrice(market, dollars);
  const cap = async () => (await market.contracts.markets.underlying(ETH)).openInterestCap;

  it("has it follow what the backstop answers for, and leaves it where little would change", async () => {
    const { alice, bob, carol, contracts, networkHelpers } = market;
    for (const trader of [alice, bob]) await open(market, trader, 200_000n);
    const buy = (units: number, dollars: number) =>
      trade(
        market,
        { buyer: alice, seller: bob },
        { instrument: perpetual(ETH), size: toWad(units), price: toWad(dollars) },
      );

    // Half of 10,000 USD stands for ether, and twenty times that is 100,000 USD.
    await lend(10_000n);
    expect(await tick(), "as set").to.deep.equal(["refreshCover"]);
    expect(await cap()).to.equal(toWad(50));
    expect(await tick()).to.deep.equal([]);

    await price(2_010);
    expect(await tick(), "half a hundredth too much").to.deep.equal([]);
    await price(2_500);
    expect(await tick()).to.deep.equal(["refreshCover"]);
    expect(await cap()).to.equal(toWad(40));
    await price(2_400);
    expect(await tick(), "1.7 unused, and nothing is open").to.deep.equal([]);
    await buy(38, 2_400);
    expect(await tick(), "in the way").to.deep.equal(["refreshCover"]);
    await lend(10_000n);
    expect(await tick()).to.deep.equal(["refreshCover"]);
    await buy(40, 2_400);

    const vault = contracts.backstopVault.connect(carol);
    await vault.requestRedeem(await vault.balanceOf(carol.address), carol.address, carol.address);
    await networkHelpers.time.increase(FIVE_DAYS);
    expect(await tick(), "the price is late").to.deep.equal([]);
    await price(2_400);
    await vault.redeem(await vault.maxRedeem(carol.address), carol.address, carol.address);
    expect(await tick()).to.deep.equal(["refreshCover"]);
    expect(await cap()).to.equal(0n);
    expect(await tick()).to.deep.equal([]);
    const [, uncovered] =
      /uncovered_usd\{underlying="1"\} (.*)/.exec(await running.keeper.metrics.registry.metrics()) ?? [];
    expect(Math.round(Number(uncovered))).to.equal(78 * 2_400);
  });
});
