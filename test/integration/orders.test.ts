import { expect } from "chai";
import { Wallet } from "ethers";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { approveTrading, batchOf, depositCash, dismiss, withdrawCash } from "../../packages/client/src/batch.ts";
import { executionOf } from "../../packages/client/src/execution.ts";
import { call, CASH, perpetual } from "../../packages/client/src/instrument.ts";
import { hashOrder, makeOrder, makeSingleOrder, signOrder } from "../../packages/client/src/order.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { ContractWallet__factory } from "../../typechain-types/index.js";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { fridayAfter, open, trade, USDC } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");
const ETH = perpetual(1);

async function openBoth(): Promise<TestMarket> {
  const market = await networkHelpers.loadFixture(deployPlimsoll);
  await open(market, market.alice, 20_000n);
  await open(market, market.bob, 20_000n);
  return market;
}

describe("orders", () => {
  it("open a perpetual and an option between two wallets, and every dollar stays in the books", async () => {
    const market = await openBoth();
    const { alice, bob, contracts } = market;
    const { clearinghouse, lens } = contracts;
    const [long, short] = [toAccount(alice.address), toAccount(bob.address)];
    const parties = { buyer: alice, seller: bob };
    await trade(market, parties, { instrument: ETH, size: toWad(3), price: toWad(2010) });
    const expiry = fridayAfter(await market.networkHelpers.time.latest(), 14);
    const option = call(1, { expiry, strike: toWad(2200) });
    await trade(market, parties, { instrument: option, size: toWad(4), price: toWad(90) });

    for (const instrument of [ETH, option]) {
      const held = await clearinghouse.position(long, instrument);
      expect(held).to.be.greaterThan(0n);
      expect(await clearinghouse.position(short, instrument)).to.equal(-held);
    }
    // The taker pays 0.05 % on three perpetuals, both 0.03 % on four options, of 2,000 each.
    const [takerFees, makerFees] = [toWad("5.4"), toWad("2.4")];
    expect(await clearinghouse.cash(long)).to.equal(toWad(20_000 - 360) - takerFees);
    expect(await clearinghouse.cash(short)).to.equal(toWad(20_000 + 360) - makerFees);
    expect(await clearinghouse.reserve()).to.equal(takerFees + makerFees);
    expect(await clearinghouse.entryValue(long, ETH)).to.equal(toWad(-6030));
    const total = (await Promise.all([long, short].map((account) => clearinghouse.portfolio(account))))
      .map(({ cash }) => cash)
      .reduce((sum, cash) => sum + cash, 0n);
    expect(total + takerFees + makerFees).to.equal((await clearinghouse.recordedInTokens(CASH)) * 10n ** 12n);
    expect(await clearinghouse.openInterest(1)).to.equal(toWad(7));

    const [longRisk, shortRisk] = await lens.risks([long, short]);
    if (longRisk === undefined || shortRisk === undefined) throw new Error("no risk");
    // Ten dollars above spot a unit are the buyer's loss.
    const mark = (await contracts.marginEngine.mark(option)).price;
    // An evaluation takes options from the kernel and lowers equity by its error bound: never above the mark, and below it by less
    // than 1e-9 of the gross notional, four units of spot and strike.
    const allowance = toWad(4 * (2010 + 2200)) / 10n ** 9n;
    const expected = toWad(20_000 - 30 - 360) - takerFees + 4n * mark;
    expect(longRisk.equity).to.be.within(expected - allowance, expected);
    const both = toWad(40_000) - takerFees - makerFees;
    expect(longRisk.equity + shortRisk.equity).to.be.within(both - 2n * allowance, both);
    expect(longRisk.initial).to.be.greaterThanOrEqual(longRisk.maintenance);
    // Perpetual and call on the long side hedge nothing: it must require more than the perpetual alone would at its stress.
    expect(longRisk.maintenance).to.be.greaterThan(toWad(100));
  });

  it("have the hash that the contract computes", async () => {
    const { contracts, venue, alice } = await networkHelpers.loadFixture(deployPlimsoll);
    const account = toAccount(alice.address, 9n);
    const legs = [
      { instrument: ETH, ratio: -37n },
      { instrument: call(1, { expiry: 1_800_000_000, strike: toWad(2200) }), ratio: 100n },
    ];
    for (const reduceOnly of [true, false]) {
      const order = makeSingleOrder({ account, instrument: ETH, size: -7n, price: toWad(1), reduceOnly });
      expect(hashOrder(order, venue)).to.equal(await contracts.orderSettlement.hashOrder(order));
      const combination = makeOrder({ account, legs, size: toWad(1), limitPrice: -5n, maxFee: 3n, reduceOnly });
      expect(hashOrder(combination, venue)).to.equal(await contracts.orderSettlement.hashOrder(combination));
    }
  });

  it("are refused beyond initial margin, with nothing moved", async () => {
    const market = await openBoth();
    const { alice, bob, contracts } = market;
    const error = await refusal(
      trade(market, { buyer: alice, seller: bob }, { instrument: ETH, size: toWad(200), price: toWad(2000) }),
    );
    expect(error.errorName).to.equal("BelowInitialMargin");
    // What is left after the fee of 0.05 % on 200 ETH at 2,000.
    expect(error.integer("equity")).to.equal(toWad(20_000 - 200));
    expect(await contracts.clearinghouse.positions(toAccount(alice.address))).to.deep.equal([]);
  });

  it("are refused for an account that did not let the settlement trade it", async () => {
    const market = await openBoth();
    const { alice, bob, contracts, addresses } = market;
    const account = toAccount(alice.address);
    const approvals = [dismiss(account, addresses.orderSettlement)];
    await contracts.clearinghouse.connect(alice).batch(batchOf({ approvals }));
    const parties = { buyer: alice, seller: bob };
    const error = await refusal(trade(market, parties, { instrument: ETH, size: toWad(1), price: toWad(2000) }));
    expect(error.errorName).to.equal("NotAuthorised");
    expect(error.args["caller"]).to.equal(addresses.orderSettlement);
  });

  it("are filled in parts up to their size, and cancelled by their signer", async () => {
    const { alice, bob, contracts, venue } = await openBoth();
    const settlement = contracts.orderSettlement;
    const terms = { instrument: ETH, price: toWad(2000) };
    const order = makeSingleOrder({ ...terms, account: toAccount(alice.address), size: toWad(-3) });
    const maker = await signOrder(order, alice, venue);
    const fill = async (size: bigint) => {
      const bid = makeSingleOrder({ ...terms, account: toAccount(bob.address), size });
      return await settlement.fill(maker, await signOrder(bid, bob, venue), executionOf(maker.order, size));
    };
    await fill(toWad(1));
    await fill(toWad(1));
    expect(await settlement.filled(alice.address, hashOrder(order, venue))).to.equal(toWad(2));
    expect((await refusal(fill(toWad(2)))).errorName).to.equal("OverFilled");

    await settlement.connect(alice).cancel(order);
    const cancelled = await refusal(fill(toWad(1)));
    expect(cancelled.errorName).to.equal("OrderIsCancelled");
    expect(cancelled.args["orderHash"]).to.equal(hashOrder(order, venue));
  });

  it("are cancelled all at once below a salt; later ones have greater salts", async () => {
    const market = await openBoth();
    const { alice, bob, contracts, venue } = market;
    const settlement = contracts.orderSettlement;
    const terms = { account: toAccount(alice.address), instrument: ETH, size: toWad(-1), price: toWad(2000) };
    const early = await signOrder(makeSingleOrder({ ...terms, salt: 5n }), alice, venue);
    const late = await signOrder(makeSingleOrder(terms), alice, venue);
    const bid = makeSingleOrder({ ...terms, account: toAccount(bob.address), size: toWad(2) });
    const taker = await signOrder(bid, bob, venue);
    await settlement.connect(alice).cancelBelow(6n);
    expect((await refusal(settlement.fill(early, taker, executionOf(early.order, toWad(1))))).errorName).to.equal(
      "SaltBelowMinimum",
    );
    await settlement.fill(late, taker, executionOf(late.order, toWad(1)));
  });

  it("come from a contract wallet by ERC-1271", async () => {
    const market = await openBoth();
    const { alice, bob, carol, contracts, addresses, venue, ethers, tokens } = market;
    const deployed = await ethers.deployContract("ContractWallet", [carol.address]);
    const wallet = ContractWallet__factory.connect(await deployed.getAddress(), carol);
    const account = toAccount(await wallet.getAddress());
    await contracts.clearinghouse.connect(alice).batch(batchOf({ deposits: [depositCash(account, 10_000n * USDC)] }));
    const approvals = [approveTrading(account, addresses.orderSettlement)];
    const approve = contracts.clearinghouse.interface.encodeFunctionData("batch", [batchOf({ approvals })]);
    await wallet.execute(addresses.clearinghouse, approve);

    const terms = { instrument: ETH, price: toWad(2000) };
    const order = makeSingleOrder({ ...terms, account, size: toWad(1) });
    const byOwner = { ...(await signOrder(order, carol, venue)), signer: await wallet.getAddress() };
    const byThief = { ...(await signOrder(order, bob, venue)), signer: await wallet.getAddress() };
    const ask = makeSingleOrder({ ...terms, account: toAccount(bob.address), size: toWad(-1) });
    const maker = await signOrder(ask, bob, venue);
    const forged = await refusal(contracts.orderSettlement.fill(maker, byThief, executionOf(maker.order, toWad(1))));
    expect(forged.errorName).to.equal("InvalidSignature");
    await contracts.orderSettlement.fill(maker, byOwner, executionOf(maker.order, toWad(1)));
    expect(await contracts.clearinghouse.position(account, ETH)).to.equal(toWad(1));
    expect(await tokens["USDC"]?.balanceOf(wallet)).to.equal(0n);
  });

  it("come from a session key, which can trade and nothing else", async () => {
    const market = await openBoth();
    const { alice, bob, contracts, venue, ethers } = market;
    const account = toAccount(alice.address);
    const session = Wallet.createRandom().connect(ethers.provider);
    await alice.sendTransaction({ to: session.address, value: toWad(1) });
    const expiry = BigInt(await market.networkHelpers.time.latest()) + 3600n;
    const approvals = [approveTrading(account, session.address, expiry)];
    await contracts.clearinghouse.connect(alice).batch(batchOf({ approvals }));

    const terms = { instrument: ETH, price: toWad(2000) };
    const maker = await signOrder(makeSingleOrder({ ...terms, account, size: toWad(2) }), session, venue);
    const ask = makeSingleOrder({ ...terms, account: toAccount(bob.address), size: toWad(-2) });
    const taker = await signOrder(ask, bob, venue);
    await contracts.orderSettlement.fill(maker, taker, executionOf(maker.order, toWad(1)));
    expect(await contracts.clearinghouse.position(account, ETH)).to.equal(toWad(1));

    const theft = batchOf({ withdrawals: [withdrawCash(account, 1n, session.address)] });
    const refused = await refusal(contracts.clearinghouse.connect(session).batch(theft));
    expect(refused.errorName).to.equal("NotAuthorised");
    await market.networkHelpers.time.increaseTo(expiry + 1n);
    const expired = await refusal(contracts.orderSettlement.fill(maker, taker, executionOf(maker.order, toWad(1))));
    expect(expired.errorName).to.equal("SignerNotAuthorised");
  });

  it("that only reduce let an account below initial margin shrink, and never cross zero", async () => {
    const market = await openBoth();
    const { alice, bob, contracts, venue, aggregators } = market;
    const account = toAccount(alice.address);
    await trade(market, { buyer: alice, seller: bob }, { instrument: ETH, size: toWad(40), price: toWad(2000) });
    await aggregators["ETH"]?.["push(int256)"](1_600n * 10n ** 8n);
    const [below] = await contracts.lens.risks([account]);
    expect(below?.equity ?? 0n).to.be.lessThan(below?.initial ?? 0n);

    const terms = { instrument: ETH, price: toWad(1600) };
    const sell = async (size: bigint, reduceOnly: boolean) => {
      const order = makeSingleOrder({ ...terms, account, size: -size, reduceOnly });
      const bid = makeSingleOrder({ ...terms, account: toAccount(bob.address), size });
      const maker = await signOrder(bid, bob, venue);
      return await contracts.orderSettlement.fill(
        maker,
        await signOrder(order, alice, venue),
        executionOf(maker.order, size),
      );
    };
    expect((await refusal(sell(toWad(10), false))).errorName).to.equal("BelowInitialMargin");
    expect((await refusal(sell(toWad(41), true))).errorName).to.equal("NotReducing");
    await sell(toWad(10), true);
    expect(await contracts.clearinghouse.position(account, ETH)).to.equal(toWad(30));
  });
});
