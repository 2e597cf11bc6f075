import {
  cross,
  makeOrder,
  MalformedOrderError,
  matchOrders,
  perpetual,
  toAccount,
  toWad,
  type Leg,
  type Match,
  type OpenOrder,
  type Order,
} from "@plimsoll/client";
import { expect } from "chai";
import fc from "fast-check";

const ETH = perpetual(1);
const BTC = perpetual(2);
const NOW = 1_700_000_000n;
/** Combinations in lowest terms, which orders trade in units of their own. */
const COMBINATIONS: readonly Leg[][] = [
  [{ instrument: ETH, ratio: 1n }],
  [{ instrument: BTC, ratio: 1n }],
  [
    { instrument: ETH, ratio: 20n },
    { instrument: BTC, ratio: -1n },
  ],
  [
    { instrument: ETH, ratio: 3n },
    { instrument: BTC, ratio: 2n },
  ],
];

const accountOf = (trader: number) => toAccount(`0x${(trader + 1).toString(16).padStart(40, "0")}`);

const times = (legs: readonly Leg[], factor: bigint) =>
  legs.map(({ instrument, ratio }) => ({ instrument, ratio: ratio * factor }));

interface Sketch {
  readonly trader: number;
  readonly combination: number;
  readonly isBuy: boolean;
  readonly factor: bigint;
  readonly size: bigint;
  readonly filled: bigint;
  readonly price: bigint;
  readonly arrivedAt: number;
}

const sketch: fc.Arbitrary<Sketch> = fc.record({
  trader: fc.integer({ min: 0, max: 5 }),
  combination: fc.integer({ min: 0, max: COMBINATIONS.length - 1 }),
  isBuy: fc.boolean(),
  factor: fc.bigInt({ min: 1n, max: 6n }),
  size: fc.bigInt({ min: 1n, max: 60n }),
  filled: fc.bigInt({ min: 0n, max: 30n }),
  price: fc.bigInt({ min: -20n, max: 20n }),
  arrivedAt: fc.integer({ min: 0, max: 1_000_000 }),
});

/** Orders that arrived one after the other. */
const market = fc.uniqueArray(sketch, { maxLength: 24, selector: ({ arrivedAt }) => arrivedAt });

function opened({ trader, combination, isBuy, factor, size, filled, price, arrivedAt }: Sketch): OpenOrder {
  const order = makeOrder({
    account: accountOf(trader),
    legs: times(COMBINATIONS[combination] ?? [], isBuy ? factor : -factor),
    size,
    limitPrice: (isBuy ? price : -price) * factor,
    salt: BigInt(arrivedAt),
  });
  return { order, remaining: size > filled ? size - filled : 0n, arrivedAt };
}

const matchesOf = (sketches: readonly Sketch[]) => matchOrders(sketches.map(opened), NOW);

/** Units of every instrument that the order has traded. */
const unitsOf = ({ legs }: Order, size: bigint) => legs.map(({ instrument, ratio }) => `${instrument}:${ratio * size}`);

const opposite = (units: string) => units.replace(/:(-?)/, (_, sign: string) => (sign === "-" ? ":" : ":-"));

function filledOf(open: OpenOrder, matches: readonly Match<OpenOrder>[]): bigint {
  return matches.reduce(
    (sum, { maker, taker, size, takerSize }) => sum + (maker === open ? size : 0n) + (taker === open ? takerSize : 0n),
    0n,
  );
}

describe("matching of orders", () => {
  it("never fills more of an order than is left of it", () => {
    fc.assert(
      fc.property(market, (sketches) => {
        const orders = sketches.map(opened);
        const matches = matchOrders(orders, NOW);
        for (const open of orders) {
          expect(filledOf(open, matches) <= open.remaining).to.equal(true);
        }
        for (const { size, takerSize } of matches) expect(size > 0n && takerSize > 0n).to.equal(true);
      }),
    );
  });

  it("moves the same units of every instrument out of one account and into the other", () => {
    fc.assert(
      fc.property(market, (sketches) => {
        for (const { maker, taker, size, takerSize } of matchesOf(sketches)) {
          expect(unitsOf(maker.order, size)).to.deep.equal(unitsOf(taker.order, takerSize).map(opposite));
        }
      }),
    );
  });

  it("fills at the maker's price inside the taker's limit, and not with the same account", () => {
    fc.assert(
      fc.property(market, (sketches) => {
        for (const { maker, taker, size, takerSize } of matchesOf(sketches)) {
          // What the maker pays the taker receives, which is at least what he asks.
          expect(maker.order.limitPrice * size + taker.order.limitPrice * takerSize >= 0n).to.equal(true);
          expect(maker.order.account).not.to.equal(taker.order.account);
          expect(maker.arrivedAt).to.be.lessThan(taker.arrivedAt);
        }
      }),
    );
  });

  it("leaves no two orders that could still trade a whole unit of both", () => {
    fc.assert(
      fc.property(market, (sketches) => {
        const unit = sketches.map((one) => ({ ...one, factor: 1n }));
        const orders = unit.map(opened);
        const matches = matchOrders(orders, NOW);
        const left = orders.filter((open) => filledOf(open, matches) < open.remaining);
        for (const [i, first] of left.entries()) {
          for (const second of left.slice(i + 1)) expect(cross(first.order, second.order)).to.equal(false);
        }
      }),
    );
  });

  it("gives the same result for every sequence of its input", () => {
    fc.assert(
      fc.property(market, fc.array(fc.nat(), { minLength: 24, maxLength: 24 }), (sketches, keys) => {
        const shuffled = sketches
          .map((one, i) => ({ one, key: keys[i] ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ one }) => one);
        expect(matchesOf(shuffled)).to.deep.equal(matchesOf(sketches));
      }),
    );
  });

  it("takes the best price first, and of one price the earliest", () => {
    const terms = { combination: 0, factor: 1n, filled: 0n, size: 10n };
    const asks = [11n, 10n, 10n, 9n].map((price, i) => ({ ...terms, trader: i, isBuy: false, price, arrivedAt: i }));
    const matches = matchesOf([...asks, { ...terms, trader: 5, isBuy: true, price: 10n, size: 25n, arrivedAt: 9 }]);
    expect(matches.map(({ maker, size }) => [maker.arrivedAt, size])).to.deep.equal([
      [3, 10n],
      [1, 10n],
      [2, 5n],
    ]);
  });

  it("compares prices of the same legs in other units", () => {
    const terms = { combination: 2, filled: 0n, size: 12n };
    const asks = [
      { ...terms, trader: 0, isBuy: false, factor: 3n, price: 7n, arrivedAt: 0 },
      { ...terms, trader: 1, isBuy: false, factor: 2n, price: 6n, arrivedAt: 1 },
    ];
    const bid = { ...terms, trader: 2, isBuy: true, factor: 1n, price: 7n, size: 30n, arrivedAt: 2 };
    const matches = matchesOf([...asks, bid]);
    expect(matches.map(({ maker, size, takerSize }) => [maker.arrivedAt, size, takerSize])).to.deep.equal([
      [1, 12n, 24n],
      [0, 2n, 6n],
    ]);
  });

  it("passes over what has expired or is filled", () => {
    const terms = { combination: 0, factor: 1n, size: 10n, price: 10n };
    const bid = opened({ ...terms, trader: 0, isBuy: true, filled: 0n, arrivedAt: 0 });
    const filled = opened({ ...terms, trader: 1, isBuy: false, filled: 10n, arrivedAt: 1 });
    const ask = opened({ ...terms, trader: 2, isBuy: false, filled: 0n, arrivedAt: 2 });
    const expired = { ...ask, order: { ...ask.order, expiry: NOW - 1n } };
    const ending = { ...ask, order: { ...ask.order, expiry: NOW } };
    expect(matchOrders([bid, filled, expired], NOW)).to.deep.equal([]);
    expect(matchOrders([bid, filled, ending], NOW)).to.have.length(1);
  });

  it("refuses an order that no contract could fill", () => {
    const good = makeOrder({
      account: accountOf(0),
      legs: [{ instrument: ETH, ratio: 1n }],
      size: toWad(1),
      limitPrice: 0n,
    });
    const bad = { ...good, legs: [{ instrument: ETH, ratio: 0n }] };
    expect(() => matchOrders([{ order: bad, remaining: 1n, arrivedAt: 0 }], NOW)).to.throw(
      MalformedOrderError,
      "malformed order: ratio 0",
    );
  });
});
