import { expect } from "chai";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { batchOf, withdrawCash } from "../../packages/client/src/batch.ts";
import { perpetual } from "../../packages/client/src/instrument.ts";
import { toWad, WAD } from "../../packages/client/src/wad.ts";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { open, trade, USDC } from "../helpers/trading.ts";

const ETH = perpetual(1);
const HOUR = 3_600;
const NOTICE_SECONDS = 7 * 86_400;
const YEAR = 365n * 24n;

describe("a perpetual trader", () => {
  it("goes long, pays funding hour by hour, closes with what is left and withdraws", async () => {
    const market = await deployPlimsoll(await network.create("market"));
    const { alice, bob, carol, deployer, contracts, tokens, networkHelpers, ethers, aggregators } = market;
    const { accessManager, clearinghouse } = contracts;
    const source = await ethers.deployContract("MockFundingSource");
    const naming = clearinghouse.interface.encodeFunctionData("setFundingSource", [await source.getAddress()]);
    await accessManager.connect(deployer).schedule(clearinghouse, naming, 0);
    await networkHelpers.time.increase(NOTICE_SECONDS);
    await clearinghouse.connect(deployer).setFundingSource(source);
    const push = async () => {
      await aggregators["ETH"]?.["push(int256)"](2_000n * 10n ** 8n);
    };
    await push();
    // 1 USD a unit and day.
    await source.setRate(1, toWad("0.1825"));
    const books = contracts.clearinghouseBooks.connect(carol);
    const long = await open(market, alice, 10_000n);
    const short = await open(market, bob, 10_000n);
    // The deployment's own source has been asked before; from here on it is this one.
    await books.accrueFunding(1);
    await trade(market, { buyer: alice, seller: bob }, { instrument: ETH, size: 5n * WAD, price: 2_000n * WAD });

    // A little more than an hour passes each time, and an hour counts.
    for (let hour = 0; hour < 24; ++hour) {
      await networkHelpers.time.increase(HOUR);
      await push();
      await books.accrueFunding(1);
    }
    const hourly = (toWad("0.1825") * 2_000n) / YEAR;
    expect(await clearinghouse.entryValue(long, ETH)).to.equal(-toWad(10_000) - 24n * 5n * hourly);
    expect(await clearinghouse.entryValue(short, ETH)).to.equal(toWad(10_000) + 24n * 5n * hourly);

    await trade(market, { buyer: bob, seller: alice }, { instrument: ETH, size: 5n * WAD, price: 2_000n * WAD });
    // 0.05 % of 10,000 USD as the taker of the first trade; the maker of the second pays nothing.
    const left = toWad(10_000) - 24n * 5n * hourly - toWad(5);
    expect(await clearinghouse.cash(long)).to.equal(left);
    const tooMuch = withdrawCash(toAccount(alice.address), 10_000n * USDC, alice.address);
    const error = await refusal(clearinghouse.connect(alice).batch(batchOf({ withdrawals: [tooMuch] })));
    expect(error.errorName).to.equal("BelowInitialMargin");
    const before = (await tokens["USDC"]?.balanceOf(alice)) ?? 0n;
    const amount = left / 10n ** 12n;
    const withdrawals = [withdrawCash(toAccount(alice.address), amount, alice.address)];
    await clearinghouse.connect(alice).batch(batchOf({ withdrawals }));
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal(before + amount);
  });
});
