import { expect } from "chai";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { batchOf, MAY_TRADE, MAY_WITHDRAW, withdrawCash } from "../../packages/client/src/batch.ts";
import { decoded, PlimsollError } from "../../packages/client/src/errors.ts";
import { CASH, perpetual, spot } from "../../packages/client/src/instrument.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { refusal, rejection } from "../helpers/rejection.ts";
import { open, trade, USDC } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");
const DAY_SECONDS = 86_400;
const NEVER = 2n ** 40n - 1n;

describe("withdraw", () => {
  it("returns everything to one who has neither debt nor derivatives, whatever the feeds say", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, contracts, tokens } = market;
    const account = await open(market, alice, 500n);
    const asset = spot(1);
    const clearinghouse = contracts.clearinghouse.connect(alice);
    await clearinghouse.batch(batchOf({ deposits: [{ account, asset, amountInTokens: 3n }] }));
    await market.networkHelpers.time.increase(DAY_SECONDS);
    const before = (await tokens["USDC"]?.balanceOf(alice)) ?? 0n;
    const withdrawals = [
      withdrawCash(account, 500n * USDC, alice.address),
      { account, asset, amountInTokens: 3n, to: alice.address },
    ];
    await clearinghouse.batch(batchOf({ withdrawals }));
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal(before + 500n * USDC);
    expect(await contracts.clearinghouse.cash(account)).to.equal(0n);
    expect(await contracts.clearinghouse.positions(account)).to.deep.equal([]);
  });

  it("stops at initial margin and says what is missing", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, contracts } = market;
    const account = await open(market, alice, 10_000n);
    await open(market, bob, 10_000n);
    await trade(
      market,
      { buyer: alice, seller: bob },
      { instrument: perpetual(1), size: toWad(5), price: toWad(2000) },
    );
    const [risk] = await contracts.lens.risks([account]);
    const free = (risk?.equity ?? 0n) - (risk?.initial ?? 0n);
    expect(free).to.be.greaterThan(0n);

    const clearinghouse = contracts.clearinghouse.connect(alice);
    const withdraw = (wad: bigint) =>
      clearinghouse.batch(batchOf({ withdrawals: [withdrawCash(account, wad / 10n ** 12n, alice.address)] }));
    const excess = toWad(10);
    const error = await rejection(decoded(withdraw(free + excess)));
    expect(error).to.be.instanceOf(PlimsollError);
    const { errorName, args } = error as PlimsollError;
    expect(errorName).to.equal("BelowInitialMargin");
    expect(args["account"]).to.equal(account);
    const shortfall = (error as PlimsollError).integer("initial") - (error as PlimsollError).integer("equity");
    expect(shortfall).to.be.within(excess - toWad(1), excess + toWad(1));
    await withdraw(free - toWad(1));
  });

  it("lends against other collateral, as far as it goes and as there is cash", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, contracts } = market;
    const account = await open(market, alice, 0n);
    const clearinghouse = contracts.clearinghouse.connect(alice);
    await clearinghouse.batch(batchOf({ deposits: [{ account, asset: spot(1), amountInTokens: toWad(10) }] }));
    const borrow = (dollars: bigint) =>
      clearinghouse.batch(batchOf({ withdrawals: [withdrawCash(account, dollars * USDC, alice.address)] }));

    const empty = await refusal(borrow(5000n));
    expect(empty.errorName).to.equal("InsufficientLiquidity");
    await open(market, bob, 100_000n);
    const tooMuch = await refusal(borrow(19_500n));
    expect(tooMuch.errorName).to.equal("BelowInitialMargin");
    await borrow(5000n);
    expect(await contracts.clearinghouse.cash(account)).to.equal(toWad(-5000));
    expect(await contracts.clearinghouse.recordedInTokens(CASH)).to.equal(95_000n * USDC);
  });

  it("lets an operator without the permission take nothing, and one with it send to the owner only", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, carol, contracts, tokens } = market;
    const account = await open(market, alice, 100n);
    const approvals = [
      { account, operator: bob.address, permissions: MAY_TRADE, expiry: NEVER },
      { account, operator: carol.address, permissions: MAY_WITHDRAW, expiry: NEVER },
    ];
    await contracts.clearinghouse.connect(alice).batch(batchOf({ approvals }));
    const to = (recipient: string) => batchOf({ withdrawals: [withdrawCash(account, 10n * USDC, recipient)] });

    const trader = await refusal(contracts.clearinghouse.connect(bob).batch(to(bob.address)));
    expect(trader.errorName).to.equal("NotAuthorised");
    const thief = await refusal(contracts.clearinghouse.connect(carol).batch(to(carol.address)));
    expect(thief.errorName).to.equal("RecipientNotOwner");
    expect(thief.args).to.deep.equal({ recipient: carol.address, owner: alice.address });

    const before = (await tokens["USDC"]?.balanceOf(alice)) ?? 0n;
    await contracts.clearinghouse.connect(carol).batch(to(alice.address));
    expect(await tokens["USDC"]?.balanceOf(alice)).to.equal(before + 10n * USDC);
  });

  it("lets a depositor of the backstop who is most of custody out in 60 days", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { bob, carol, contracts, tokens } = market;
    const vault = contracts.backstopVault.connect(carol);
    await open(market, bob, 250_000n);
    await tokens["USDC"]?.connect(carol).approve(vault, 1_000_000n * USDC);
    await vault.deposit(1_000_000n * USDC, carol);
    const { time } = market.networkHelpers;
    const start = await time.latest();
    const claims: bigint[] = [];
    const claim = async () => {
      const before = (await tokens["USDC"]?.balanceOf(carol)) ?? 0n;
      await vault.redeem(await vault.maxRedeem(carol), carol, carol);
      claims.push((((await tokens["USDC"]?.balanceOf(carol)) ?? 0n) - before) / USDC);
    };
    for (let shares = await vault.balanceOf(carol); shares !== 0n; shares = await vault.balanceOf(carol)) {
      await vault.requestRedeem(shares, carol, carol);
      await time.increase(5 * DAY_SECONDS);
      await claim();
      await time.increase(DAY_SECONDS - 60);
      await claim();
      if ((await vault.claimableRedeemRequest(0, carol)) !== 0n) await vault.cancelRedeem(carol, carol);
    }
    expect(claims.slice(0, 2)).to.deep.equal([62_500n, 59_333n]);
    expect(claims.length).to.equal(20);
    expect(((await time.latest()) - start) / DAY_SECONDS).to.be.within(59, 60);
  });

  it("never takes from a stranger's account", async () => {
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, contracts } = market;
    const account = await open(market, alice, 100n);
    const theft = batchOf({ withdrawals: [withdrawCash(account, 1n, bob.address)] });
    const error = await refusal(contracts.clearinghouse.connect(bob).batch(theft));
    expect(error.errorName).to.equal("NotAuthorised");
    expect(error.args).to.deep.equal({ account, caller: bob.address, permission: BigInt(MAY_WITHDRAW) });
    expect(toAccount(alice.address)).to.equal(account);
  });
});
