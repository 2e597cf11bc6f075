import { perpetual, spot, toAccount } from "@plimsoll/client";
import { toNumber } from "@plimsoll/risk";
import { expect } from "chai";
import { isNear } from "../../../test/helpers/near.ts";
import { tally } from "../src/market/events.ts";
import { toWad } from "../src/market/wad.ts";
import { Budgets } from "../src/model/budgets.ts";
import { addressOf } from "../src/model/exchange.ts";
import { type Bench, CAPITAL, benchAt } from "./marketFixture.ts";

const [ETH, BTC] = [perpetual(1), perpetual(2)];
const [ACCOUNT, STARTER, FINISHER, A, B, C] = [3n, 4n, 5n, 6n, 7n, 8n].map((owner) => toAccount(addressOf(owner))) as [
  bigint,
  bigint,
  bigint,
  bigint,
  bigint,
  bigint,
];
const OTHER_CASH = 10_000;
const DAY = 86_400;

const cashOf = ({ books }: Bench, account: bigint) => toNumber(books.cash(account));

/** Somebody else sells the account units of a perpetual, or buys where they are negative. */
function trade({ books }: Bench, other: bigint, terms: { instrument: bigint; size: number; price: number }): void {
  const [size, value] = [toWad(terms.size), toWad(terms.size * terms.price)];
  books.trade(ACCOUNT, { instrument: terms.instrument, size }, -value);
  books.trade(other, { instrument: terms.instrument, size: -size }, value);
}

/** Bought 6 ETH of A and 4 of B at 1,200, worth 1,000 each by now, and is 100 USD short of that. */
async function benchWithDebtor(funds: { reserve: number; backstop: number }): Promise<Bench> {
  const bench = await benchAt([1_000], funds);
  for (const account of [A, B, C]) bench.books.payIn(account, toWad(OTHER_CASH));
  bench.books.payIn(ACCOUNT, toWad(1_900));
  trade(bench, A, { instrument: ETH, size: 6, price: 1_200 });
  trade(bench, B, { instrument: ETH, size: 4, price: 1_200 });
  return bench;
}

function absorb({ liquidator }: Bench): void {
  liquidator.startAuction(ACCOUNT, STARTER)();
  liquidator.absorb(ACCOUNT, FINISHER)();
}

describe("The model of deleveraging", () => {
  it("closes the other side in proportion, for less by what the account lacks", async () => {
    const bench = await benchWithDebtor({ reserve: 0, backstop: 0 });
    absorb(bench);
    expect(bench.books.exact(ACCOUNT)).to.deep.equal({ cash: 0n, legs: [] });
    for (const account of [A, B, C]) expect(bench.books.exact(account).legs).to.deep.equal([]);
    // What it lacks is 100 and the hundredth part of that for who started the auction: 60 % of 101 less for A, 40 % for B.
    expect(cashOf(bench, A)).to.satisfy(isNear(OTHER_CASH + 1_200 - 60.6, 1e-9));
    expect(cashOf(bench, B)).to.satisfy(isNear(OTHER_CASH + 800 - 40.4, 1e-9));
    expect(cashOf(bench, C)).to.equal(OTHER_CASH);
    expect([STARTER, FINISHER].map((account) => cashOf(bench, account))).to.deep.equal([1, 0]);
    expect(tally(bench.liquidator.events).waterfall).to.deep.equal({
      ...{ account: 0, reserve: 0, backstop: 0, deleveraged: 101, shared: 0 },
    });
    expect(bench.liquidator.auction(ACCOUNT)).to.equal(undefined);
    expect(bench.books.conservation().total).to.equal(0n);
  });

  it("takes the reserve and half of the backstop first", async () => {
    const bench = await benchWithDebtor({ reserve: 30, backstop: 40 });
    absorb(bench);
    expect(tally(bench.liquidator.events).waterfall).to.deep.equal({
      ...{ account: 0, reserve: 30, backstop: 20, deleveraged: 50.5, shared: 0 },
    });
    expect(cashOf(bench, A)).to.satisfy(isNear(OTHER_CASH + 1_200 - 0.6 * 50.5, 1e-9));
    expect(cashOf(bench, bench.backstop.treasury)).to.equal(20);
    expect(bench.books.conservation().total).to.equal(0n);
  });

  it("takes over while a quarter of the backstop suffices, and else pays the deficit before the other side", async () => {
    const taken = await benchWithDebtor({ reserve: 0, backstop: 20_000 });
    absorb(taken);
    expect(taken.liquidator.tornUpNotional).to.equal(0);
    expect(toNumber(taken.books.sizeOf(toAccount(addressOf(0xbac5n), 1n), ETH))).to.equal(10);

    const closed = await benchWithDebtor({ reserve: 0, backstop: 4_000 });
    absorb(closed);
    expect(closed.liquidator.tornUpNotional).to.equal(10_000);
    // The deficit of 100 and two rewards of 25.
    expect(tally(closed.liquidator.events).waterfall).to.include({ backstop: 150, deleveraged: 0 });
    expect(cashOf(closed, A)).to.satisfy(isNear(OTHER_CASH + 1_200, 1e-9));
  });

  it("charges nobody who owes the account, and leaves a part of what others hold", async () => {
    const bench = await benchWithDebtor({ reserve: 0, backstop: 0 });
    // 0.1 BTC sold at 45,000 brings 500 by now; the 500 less in cash leave the equity where it was.
    bench.books.payIn(ACCOUNT, toWad(-500));
    trade(bench, C, { instrument: BTC, size: -0.1, price: 45_000 });
    bench.books.trade(C, { instrument: BTC, size: toWad(0.3) }, toWad(-0.3 * 45_000));
    bench.books.trade(bench.maker, { instrument: BTC, size: toWad(-0.3) }, toWad(0.3 * 45_000));
    absorb(bench);
    expect(cashOf(bench, C)).to.satisfy(isNear(OTHER_CASH - 500, 1e-9));
    expect(toNumber(bench.books.sizeOf(C, BTC))).to.equal(0.3);
    expect(toNumber(bench.books.entryValueOf(C, BTC))).to.satisfy(isNear(-0.3 * 45_000, 1e-9));
    expect(cashOf(bench, A)).to.satisfy(isNear(OTHER_CASH + 1_200 - 60.6, 1e-9));
    expect(bench.books.conservation().total).to.equal(0n);
  });

  it("shares a debt against collateral among all positive cash", async () => {
    const bench = await benchAt([1_000], { reserve: 0, backstop: 0 });
    bench.books.payInToken(ACCOUNT, spot(1), toWad(1));
    bench.books.payIn(ACCOUNT, toWad(-1_150));
    absorb(bench);
    expect(tally(bench.liquidator.events).waterfall).to.deep.equal({
      ...{ account: 0, reserve: 0, backstop: 0, deleveraged: 0, shared: 151.5 },
    });
    expect(cashOf(bench, ACCOUNT)).to.equal(-1_000);
    // Taker, maker, and the 1.5 that the starter has just had.
    const share = 151.5 / (2 * CAPITAL + 1.5);
    expect(cashOf(bench, bench.maker)).to.satisfy(isNear(CAPITAL * (1 - share), 1e-6));
    expect(cashOf(bench, STARTER)).to.satisfy(isNear(1.5 * (1 - share), 1e-9));
    expect(bench.books.conservation().total).to.equal(0n);
  });

  it("pays a deficit out of the reserve, and refuses an account that lacks nothing and has nothing to close", async () => {
    const bench = await benchAt([1_000], { reserve: 100, backstop: 0 });
    bench.books.payInToken(ACCOUNT, spot(1), toWad(1));
    bench.books.payIn(ACCOUNT, toWad(-1_090));
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(bench.market.now + 900);
    bench.liquidator.absorb(ACCOUNT, FINISHER)();
    expect(cashOf(bench, ACCOUNT)).to.equal(-1_000);
    expect(cashOf(bench, STARTER)).to.equal(10);
    expect(tally(bench.liquidator.events).waterfall).to.include({ reserve: 100, shared: 0 });
    expect(() => bench.liquidator.absorb(ACCOUNT, FINISHER)).to.throw("NothingToShare");
  });
});

describe("The model of the backstop's budgets", () => {
  it("lets half of the vault stand for one underlying, and forgets losses in a month", () => {
    let now = 1_000;
    const budgets = new Budgets(() => now);
    budgets.commit([1], 300n);
    expect([budgets.left([1], 700n), budgets.left([2], 700n), budgets.left([1, 2], 700n)]).to.deep.equal([
      200n,
      500n,
      200n,
    ]);
    budgets.release([1], 300n, 200n);
    // Of a vault of 900 that was one of 1,000, half less the loss of 100.
    expect([budgets.left([1], 900n), budgets.left([2], 900n)]).to.deep.equal([400n, 450n]);
    now += 15 * DAY;
    expect(budgets.left([1], 900n)).to.equal(425n);
    now += 15 * DAY;
    expect(budgets.left([1], 900n)).to.equal(450n);
  });

  it("leaves as much free for deficits as stands as margin, of each budget and of the vault", () => {
    const budgets = new Budgets(() => 1_000);
    expect([budgets.leftForMargin([1], 1_000n), budgets.left([1], 1_000n)]).to.deep.equal([250n, 500n]);
    budgets.commit([1], 250n);
    expect([budgets.leftForMargin([1], 750n), budgets.left([1], 750n)]).to.deep.equal([0n, 250n]);
    budgets.commit([2], 200n);
    // 50 of the 500 of the vault, which is all that is left to the second budget, and less than to the third.
    expect([1, 2, 3].map((underlying) => budgets.leftForMargin([underlying], 550n))).to.deep.equal([0n, 50n, 50n]);
    budgets.release([2], 200n, 200n);
    budgets.lose([3], 100n);
    // Of a budget of 500 less the loss of 100; of the vault of 900 that is left 200 are free for margin.
    expect(budgets.leftForMargin([3], 650n)).to.equal(200n);
  });

  it("lets the whole of a budget be margin where that is asked", () => {
    const budgets = new Budgets(() => 1_000, 1);
    budgets.commit([1], 300n);
    expect(budgets.leftForMargin([1], 700n)).to.equal(budgets.left([1], 700n));
  });
});
