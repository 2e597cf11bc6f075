import { expect } from "chai";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { executionOf } from "../../packages/client/src/execution.ts";
import { call, CASH, perpetual, put, type Instrument } from "../../packages/client/src/instrument.ts";
import { matchOrders, type OpenOrder } from "../../packages/client/src/matching.ts";
import { hashOrder, makeOrder, signOrder, type Leg, type SignedOrder } from "../../packages/client/src/order.ts";
import { toWad, WAD } from "../../packages/client/src/wad.ts";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { fridayAfter, open } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");
const ETH = perpetual(1);
/** A combination sold for the marks and this much of their sum more. */
const SPREAD = toWad("0.02");

/** An order in the book of the venue, which is nobody's contract. */
type Quoted = OpenOrder & { readonly signed: SignedOrder };

describe("a market maker with a hedged book", () => {
  let market: TestMarket;
  let straddle: Leg[];
  let marks: bigint[];

  const marksOf = async (legs: readonly Leg[]) =>
    await Promise.all(legs.map(async ({ instrument }) => (await market.contracts.marginEngine.mark(instrument)).price));
  const positionOf = async (wallet: string, instrument: Instrument) =>
    await market.contracts.clearinghouse.position(toAccount(wallet), instrument);
  const opposite = (legs: readonly Leg[]) => legs.map(({ instrument, ratio }) => ({ instrument, ratio: -ratio }));
  const quoted = (signed: SignedOrder, arrivedAt: number): Quoted => ({
    signed,
    order: signed.order,
    remaining: signed.order.size,
    arrivedAt,
  });

  /** Bob makes: per unit he sells one call and one put and buys half an ETH, which is most of what the pair lacks in delta. */
  beforeEach(async () => {
    market = await networkHelpers.loadFixture(deployPlimsoll);
    for (const wallet of [market.alice, market.bob, market.carol]) await open(market, wallet, 100_000n);
    const expiry = fridayAfter(await networkHelpers.time.latest(), 28);
    const terms = { expiry, strike: toWad(2000) };
    straddle = [
      { instrument: ETH, ratio: 1n },
      { instrument: call(1, terms), ratio: -2n },
      { instrument: put(1, terms), ratio: -2n },
    ];
    marks = await marksOf(straddle);
  });

  /** What Bob asks: he pays for the ETH and wants the options' marks and a spread. */
  const makersPrice = () => {
    const [eth = 0n, callMark = 0n, putMark = 0n] = marks;
    return eth - 2n * (callMark + putMark) - (2n * (callMark + putMark) * SPREAD) / WAD;
  };

  it("quotes three legs as one order, of which two takers take a part each", async () => {
    const { alice, bob, carol, contracts, venue } = market;
    const { clearinghouse, orderSettlement } = contracts;
    const terms = { legs: straddle, size: toWad(10), limitPrice: makersPrice() };
    const maker = await signOrder(makeOrder({ ...terms, account: toAccount(bob.address) }), bob, venue);
    const bidOf = async (wallet: typeof alice, size: bigint) => {
      const bid = { account: toAccount(wallet.address), legs: opposite(straddle), size, limitPrice: -makersPrice() };
      return await signOrder(makeOrder(bid), wallet, venue);
    };
    const book = [
      quoted(maker, 0),
      quoted(await bidOf(alice, toWad(3)), 1),
      quoted(await bidOf(carol, toWad("1.5")), 2),
    ];
    const now = BigInt(await networkHelpers.time.latest());
    const matches = matchOrders(book, now);
    expect(matches.map(({ size }) => size)).to.deep.equal([toWad(3), toWad("1.5")]);
    for (const match of matches) {
      const execution = executionOf(match.maker.order, match.size, marks);
      await orderSettlement.fill(match.maker.signed, match.taker.signed, execution);
    }

    expect(await orderSettlement.filled(bob.address, hashOrder(maker.order, venue))).to.equal(toWad("4.5"));
    for (const { instrument, ratio } of straddle) {
      const held = [bob, alice, carol].map(async ({ address }) => await positionOf(address, instrument));
      expect(await Promise.all(held)).to.deep.equal([ratio * toWad("4.5"), -ratio * toWad(3), -ratio * toWad("1.5")]);
    }
    const accounts = [alice, bob, carol].map(({ address }) => toAccount(address));
    const portfolios = await Promise.all(accounts.map((account) => clearinghouse.portfolio(account)));
    const total = portfolios.reduce((sum, { cash }) => sum + cash, await clearinghouse.reserve());
    expect(total).to.equal((await clearinghouse.recordedInTokens(CASH)) * 10n ** 12n);
  });

  it("has to put up less than for the legs on their own", async () => {
    const { alice, bob, contracts, venue } = market;
    const account = toAccount(bob.address);
    const terms = { legs: straddle, size: toWad(10), limitPrice: makersPrice() };
    const maker = await signOrder(makeOrder({ ...terms, account }), bob, venue);
    const bid = { ...terms, account: toAccount(alice.address), legs: opposite(straddle), limitPrice: -makersPrice() };
    const taker = await signOrder(makeOrder(bid), alice, venue);
    await contracts.orderSettlement.fill(maker, taker, executionOf(maker.order, toWad(10), marks));
    const { positions, cash } = await contracts.clearinghouse.portfolio(account);
    const whole = (await contracts.marginEngine.evaluate([{ cash, positions: [...positions] }]))[0];
    const parts = await contracts.marginEngine.evaluate(positions.map((leg) => ({ cash, positions: [leg] })));
    const sum = parts.reduce((total, { initial }) => total + initial, 0n);
    expect(whole?.initial ?? 0n).to.be.greaterThan(0n);
    expect(whole?.initial ?? sum).to.be.lessThan(sum);
  });

  it("is filled at its net price only, and takes all its quotes back at once", async () => {
    const { alice, bob, contracts, venue } = market;
    const { orderSettlement } = contracts;
    const terms = { legs: straddle, size: toWad(10), limitPrice: makersPrice() };
    const maker = await signOrder(makeOrder({ ...terms, account: toAccount(bob.address) }), bob, venue);
    const bid = { ...terms, account: toAccount(alice.address), legs: opposite(straddle), limitPrice: -makersPrice() };
    const taker = await signOrder(makeOrder(bid), alice, venue);
    const execution = executionOf(maker.order, WAD, marks);
    const [first = 0n, ...others] = execution.legPrices;
    const cheaper = { ...execution, legPrices: [first + 1n, ...others] };
    const error = await refusal(orderSettlement.fill(maker, taker, cheaper));
    expect(error.errorName).to.equal("LegPricesDoNotAddUp");
    expect(error.integer("sum")).to.equal(makersPrice() + 1n);

    const dearer = await signOrder(makeOrder({ ...bid, limitPrice: -makersPrice() - 1n }), alice, venue);
    expect((await refusal(orderSettlement.fill(maker, dearer, execution))).errorName).to.equal("PricesDoNotCross");

    await orderSettlement.connect(bob).cancelBelow(maker.order.salt + 1n);
    expect((await refusal(orderSettlement.fill(maker, taker, execution))).errorName).to.equal("SaltBelowMinimum");
  });
});
