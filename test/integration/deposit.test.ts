import { expect } from "chai";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { batchOf, depositCash } from "../../packages/client/src/batch.ts";
import { CASH, perpetual, spot } from "../../packages/client/src/instrument.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";

const { networkHelpers } = await network.create("market");

describe("deposit", () => {
  it("credits USDC with 18 decimals, exactly", async () => {
    const { contracts, alice, tokens } = await networkHelpers.loadFixture(deployPlimsoll);
    const account = toAccount(alice.address, 3n);
    const before = await tokens["USDC"]?.balanceOf(alice);
    await contracts.clearinghouse.connect(alice).batch(batchOf({ deposits: [depositCash(account, 1_234_567_891n)] }));
    expect(await contracts.clearinghouse.cash(account)).to.equal(toWad("1234.567891"));
    expect(await contracts.clearinghouse.recordedInTokens(CASH)).to.equal(1_234_567_891n);
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal((before ?? 0n) - 1_234_567_891n);
    expect(await tokens["USDC"]?.balanceOf(contracts.clearinghouse)).to.equal(1_234_567_891n);
  });

  it("makes a token a position, scaled from its own decimals", async () => {
    const { contracts, alice } = await networkHelpers.loadFixture(deployPlimsoll);
    const account = toAccount(alice.address);
    const deposits = [
      { account, asset: spot(1), amountInTokens: toWad("2.5") },
      { account, asset: spot(2), amountInTokens: 12_345_678n },
    ];
    await contracts.clearinghouse.connect(alice).batch(batchOf({ deposits }));
    expect(await contracts.clearinghouse.position(account, spot(1))).to.equal(toWad("2.5"));
    expect(await contracts.clearinghouse.position(account, spot(2))).to.equal(toWad("0.12345678"));
    const [risk] = await contracts.lens.risks([account]);
    expect(risk?.equity).to.equal(toWad("2.5") * 2000n + toWad("0.12345678") * 40_000n);
  });

  it("tells who deposited what into which account", async () => {
    const { contracts, alice } = await networkHelpers.loadFixture(deployPlimsoll);
    const account = toAccount(alice.address);
    const { clearinghouse } = contracts;
    await expect(clearinghouse.connect(alice).batch(batchOf({ deposits: [depositCash(account, 5n)] })))
      .to.emit(clearinghouse, "Deposited")
      .withArgs(account, CASH, 5n * 10n ** 12n, alice.address);
  });

  it("lets anybody pay cash into an account, but no token that it does not hold", async () => {
    const { contracts, alice, bob } = await networkHelpers.loadFixture(deployPlimsoll);
    const account = toAccount(alice.address);
    const clearinghouse = contracts.clearinghouse.connect(bob);
    await clearinghouse.batch(batchOf({ deposits: [depositCash(account, 7_000_000n)] }));
    expect(await clearinghouse.cash(account)).to.equal(toWad(7));

    const unwanted = { account, asset: spot(1), amountInTokens: 1n };
    const error = await refusal(clearinghouse.batch(batchOf({ deposits: [unwanted] })));
    expect(error.errorName).to.equal("ForeignAccount");
    expect(error.args).to.deep.equal({ account, asset: spot(1) });
  });

  it("refuses an asset without a token behind it", async () => {
    const { contracts, alice } = await networkHelpers.loadFixture(deployPlimsoll);
    const deposit = { account: toAccount(alice.address), asset: perpetual(1), amountInTokens: 1n };
    const error = await refusal(contracts.clearinghouse.connect(alice).batch(batchOf({ deposits: [deposit] })));
    expect(error.errorName).to.equal("CollateralNotListed");
  });
});
