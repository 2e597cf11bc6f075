import { expect } from "chai";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { batchOf, withdrawCash } from "../../packages/client/src/batch.ts";
import { put } from "../../packages/client/src/instrument.ts";
import { toWad, WAD } from "../../packages/client/src/wad.ts";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { fridayAfter, open, trade, USDC } from "../helpers/trading.ts";

const WINDOW_SECONDS = 1_800;

describe("a put buyer", () => {
  it("buys a put, holds it through its expiry, has it settled by a stranger and withdraws", async () => {
    const market = await deployPlimsoll(await network.create("market"));
    const { alice, bob, carol, contracts, tokens, networkHelpers, ethers, aggregators, feeds } = market;
    const { clearinghouse, priceOracle } = contracts;
    const settler = contracts.clearinghouseBooks.connect(carol);
    const buyer = await open(market, alice, 1_000n);
    const writer = await open(market, bob, 100_000n);
    const { timestamp } = (await ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
    const expiry = fridayAfter(timestamp, 7);
    const option = put(1, { expiry, strike: toWad(1_900) });
    await trade(market, { buyer: alice, seller: bob }, { instrument: option, size: 10n * WAD, price: 20n * WAD });
    // Each side pays 0.03 % of 20,000 USD.
    expect(await clearinghouse.cash(buyer)).to.equal(toWad(800 - 6));

    // 1,800 USD for 20 minutes of the window, 1,500 for the last ten.
    const push = async (at: number, price: bigint) => {
      await networkHelpers.time.increaseTo(at);
      await aggregators["ETH"]?.["push(int256,uint256)"](price * 10n ** 8n, at);
    };
    await push(expiry - WINDOW_SECONDS - 60, 1_800n);
    const [firstRound = 0n] = (await feeds["ETH"]?.latestRoundData()) ?? [];
    await push(expiry - 600, 1_500n);
    const early = await refusal(priceOracle.connect(carol).proveSettlement(1, expiry, firstRound, 128));
    expect(early.errorName).to.equal("ExpiryNotReached");
    await networkHelpers.time.increaseTo(expiry + 1);
    await priceOracle.connect(carol).proveSettlement(1, expiry, firstRound, 128);
    const notYet = await refusal(settler.settleExpired([option], []));
    expect(notYet.errorName).to.equal("SettlementPriceNotFinal");
    await push(expiry + 60, 3_000n);
    await priceOracle.connect(carol).proveSettlement(1, expiry, 0, 128);
    const [settlementPrice] = await priceOracle.settlementPrice(1, expiry);
    expect(settlementPrice).to.equal(toWad(1_700));

    await settler.settleExpired([option], []);
    expect(await clearinghouse.cash(buyer)).to.equal(toWad(2_794), "10 puts of 1,900 at 1,700, shown at once");
    expect(await clearinghouse.cash(writer)).to.equal(toWad(98_194));
    const before = (await tokens["USDC"]?.balanceOf(alice)) ?? 0n;
    const withdrawals = [withdrawCash(toAccount(alice.address), 2_794n * USDC, alice.address)];
    await clearinghouse.connect(alice).batch(batchOf({ withdrawals }));
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal(before + 2_794n * USDC);
    expect(await clearinghouse.positions(buyer)).to.deep.equal([]);

    await settler.settleExpired([], [writer]);
    expect((await settler.settling()).open).to.equal(0n);
    expect(await clearinghouse.openInterest(1)).to.equal(0n);
  });
});
