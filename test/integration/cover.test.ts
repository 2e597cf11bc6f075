import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";
import { perpetual } from "../../packages/client/src/instrument.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { open, trade, USDC } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");

const ETH = 1;
const PRICE = toWad(2000);

async function lendToBackstop({ contracts, tokens }: TestMarket, wallet: HardhatEthersSigner, dollars: bigint) {
  await tokens["USDC"]?.connect(wallet).approve(contracts.backstopVault, dollars * USDC);
  await contracts.backstopVault.connect(wallet).deposit(dollars * USDC, wallet.address);
}

describe("open interest and the backstop behind it", () => {
  it("grow together: what is not covered is refused, and opens once somebody lends", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { contracts, alice, bob, carol } = market;
    const { markets } = contracts;
    for (const wallet of [alice, bob]) await open(market, wallet, 200_000n);
    const buy = (units: number) =>
      trade(market, { buyer: alice, seller: bob }, { instrument: perpetual(ETH), size: toWad(units), price: PRICE });

    // Half of 10,000 USD stands for ether, and twenty times that is 100,000 USD: 50 ether.
    await lendToBackstop(market, carol, 10_000n);
    await markets.connect(carol).refreshCover(ETH);
    expect((await markets.underlying(ETH)).openInterestCap).to.equal(toWad(50));
    await buy(40);
    const error = await refusal(buy(11));
    expect(error.errorName).to.equal("OpenInterestCapExceeded");
    expect(error.args).to.deep.equal({ underlying: 1n, openInterest: toWad(51), cap: toWad(50) });

    await lendToBackstop(market, carol, 10_000n);
    await markets.connect(bob).refreshCover(ETH);
    await buy(11);
    expect(await contracts.clearinghouse.openInterest(ETH)).to.equal(toWad(51));
  });

  it("close nothing: with the backstop gone all that is open may be reduced", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { contracts, alice, bob } = market;
    for (const wallet of [alice, bob]) await open(market, wallet, 200_000n);
    const instrument = perpetual(ETH);
    await trade(market, { buyer: alice, seller: bob }, { instrument, size: toWad(10), price: PRICE });
    await contracts.markets.refreshCover(ETH);
    expect((await contracts.markets.underlying(ETH)).openInterestCap).to.equal(0n);
    await trade(market, { buyer: bob, seller: alice }, { instrument, size: toWad(4), price: PRICE });
    expect(await contracts.clearinghouse.openInterest(ETH)).to.equal(toWad(6));
  });
});
