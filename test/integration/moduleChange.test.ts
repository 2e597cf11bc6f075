import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "hardhat";
import { ROLES } from "../../deploy/roles.ts";
import { toAccount } from "../../packages/client/src/account.ts";
import { batchOf, withdrawCash } from "../../packages/client/src/batch.ts";
import { CASH, perpetual } from "../../packages/client/src/instrument.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { open, trade, USDC } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");
const DAY_SECONDS = 86_400;
const NOTICE_DAYS = 7;

const TEN = { instrument: perpetual(1), size: toWad(10), price: toWad(2000) };

/** Alice has nine tenths of what is in custody, and ten perpetuals that Bob has sold her. */
async function deployWithTraders() {
  const market = await networkHelpers.loadFixture(deployPlimsoll);
  await open(market, market.alice, 900_000n);
  await open(market, market.bob, 100_000n);
  await trade(market, { buyer: market.alice, seller: market.bob }, TEN);
  const start = await market.networkHelpers.time.latest();
  const books = market.contracts.clearinghouseBooks.connect(market.alice);
  return { ...market, start, books };
}

function withdraw({ contracts }: TestMarket, wallet: TestMarket["alice"], dollars: bigint) {
  const withdrawals = [withdrawCash(toAccount(wallet.address), dollars * USDC, wallet.address)];
  return contracts.clearinghouse.connect(wallet).batch(batchOf({ withdrawals }));
}

async function freshPrice({ aggregators }: TestMarket) {
  await aggregators["ETH"]?.["push(int256)"](2000n * 10n ** 8n);
}

describe("a user who leaves before a module changes", () => {
  it("reads when it changes, closes her position, and has everything a day before", async () => {
    const market = await deployWithTraders();
    const { contracts, addresses, alice, bob, books, start, tokens } = market;
    const { clearinghouse, accessManager } = contracts;
    const engine = addresses.lens;
    const change = clearinghouse.interface.encodeFunctionData("setMarginEngine", [engine]);
    await accessManager.schedule(addresses.clearinghouse, change, 0);
    await clearinghouse.announceModules(engine, ZeroAddress);
    const [announced] = await clearinghouse.queryFilter(clearinghouse.filters.ModulesAnnounced(), "latest");
    const dueAt = Number(announced?.args.dueAt);
    expect(dueAt).to.be.within(start + NOTICE_DAYS * DAY_SECONDS, start + NOTICE_DAYS * DAY_SECONDS + 60);
    expect([...(await books.announcedModules())]).to.deep.equal([engine, ZeroAddress, BigInt(dueAt), true]);

    await trade(market, { buyer: bob, seller: alice }, TEN);
    const tooMuch = await refusal(withdraw(market, alice, 900_000n));
    expect([tooMuch.errorName, tooMuch.args["available"]]).to.deep.equal(["OutflowLimited", 50_000n * USDC]);
    await withdraw(market, alice, 50_000n);

    await market.networkHelpers.time.increaseTo(dueAt - 4 * DAY_SECONDS);
    const { available } = await books.outflow(CASH);
    expect(available).to.be.greaterThan(300_000n * USDC);
    await withdraw(market, alice, 300_000n);
    await market.networkHelpers.time.increaseTo(dueAt - DAY_SECONDS);
    // All but the taker's fee of 10 USD, which each has paid once.
    await withdraw(market, alice, 549_990n);
    await withdraw(market, bob, 99_990n);
    expect(await clearinghouse.recordedInTokens(CASH)).to.equal(20n * USDC);
    expect(await clearinghouse.reserve()).to.equal(toWad(20));
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal(999_990n * USDC);

    const early = await refusal(accessManager.execute(addresses.clearinghouse, change));
    expect(early.errorName).to.equal("AccessManagerNotReady");
    await market.networkHelpers.time.increaseTo(dueAt);
    await accessManager.execute(addresses.clearinghouse, change);
    expect(await clearinghouse.marginEngine()).to.equal(engine);
    expect((await books.announcedModules()).dueAt).to.equal(0n);
  });

  it("is warned even by a manager of access that warns nobody", async () => {
    const { contracts, addresses, ...market } = await deployWithTraders();
    const { clearinghouse, accessManager } = contracts;
    const change = clearinghouse.interface.encodeFunctionData("setLiquidator", [addresses.lens]);
    await accessManager.schedule(addresses.clearinghouse, change, 0);
    await market.networkHelpers.time.increase(ROLES.module.delaySeconds);
    const silent = await refusal(accessManager.execute(addresses.clearinghouse, change));
    expect(silent.errorName).to.equal("ModuleNotAnnounced");
    await clearinghouse.announceModules(ZeroAddress, addresses.lens);
    const hasty = await refusal(accessManager.execute(addresses.clearinghouse, change));
    expect(hasty.errorName).to.equal("NoticeNotOver");
  });

  it("is not hindered by the guardian's pause", async () => {
    const market = await deployWithTraders();
    const { contracts, alice, bob } = market;
    await contracts.markets.pauseOpening(1, true);
    const more = await refusal(trade(market, { buyer: alice, seller: bob }, TEN));
    expect(more.errorName).to.equal("OpeningIsPaused");
    await freshPrice(market);
    await trade(market, { buyer: bob, seller: alice }, TEN);
    await withdraw(market, alice, 40_000n);
    expect(await contracts.clearinghouse.positions(toAccount(alice.address))).to.deep.equal([]);
  });
});
