import {
  call,
  executionOf,
  legPricesOf,
  makeOrder,
  makeSingleOrder,
  MalformedOrderError,
  netPrice,
  NetPriceError,
  OutOfRangeError,
  perpetual,
  put,
  toAccount,
  toWad,
  type Instrument,
  type Leg,
} from "@plimsoll/client";
import { expect } from "chai";
import fc from "fast-check";

const ACCOUNT = toAccount(`0x${"a".repeat(40)}`);
const ETH = perpetual(1);
const EXPIRY = 1_800_000_000;
const CALL = call(1, { expiry: EXPIRY, strike: toWad(2200) });
const PUT = put(1, { expiry: EXPIRY, strike: toWad(1800) });
/** Ascending. */
const INSTRUMENTS: readonly Instrument[] = [ETH, CALL, PUT];

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

const terms = (legs: Leg[], limitPrice = 0n) => ({ account: ACCOUNT, legs, size: toWad(1), limitPrice });

describe("an order", () => {
  it("has its legs in the order that the contract wants", () => {
    const { legs } = makeOrder(terms([PUT, ETH, CALL].map((instrument) => ({ instrument, ratio: 1n }))));
    expect(legs.map(({ instrument }) => instrument)).to.deep.equal([ETH, CALL, PUT]);
  });

  it("for one instrument buys at most, and sells at least, at its price", () => {
    const one = { account: ACCOUNT, instrument: ETH, price: toWad(2000) };
    const bought = makeSingleOrder({ ...one, size: 5n });
    const sold = makeSingleOrder({ ...one, size: -5n });
    expect([bought.legs[0]?.ratio, bought.size, bought.limitPrice]).to.deep.equal([1n, 5n, toWad(2000)]);
    expect([sold.legs[0]?.ratio, sold.size, sold.limitPrice]).to.deep.equal([-1n, 5n, toWad(-2000)]);
  });

  it("is refused where no contract could fill it, with the value that is wrong", () => {
    const leg = { instrument: ETH, ratio: 1n };
    const many = Array.from({ length: 9 }, (_, i) => ({ instrument: ETH + BigInt(i), ratio: 1n }));
    const cases = [
      [() => makeOrder(terms([])), "legs", 0n],
      [() => makeOrder(terms(many)), "legs", 9n],
      [() => makeOrder(terms([{ ...leg, ratio: 0n }])), "ratio", 0n],
      [() => makeOrder(terms([{ ...leg, ratio: 2n ** 63n }])), "ratio", 2n ** 63n],
      [() => makeOrder(terms([leg, leg])), "instrument twice", ETH],
      [() => makeOrder({ ...terms([leg]), size: 0n }), "size", 0n],
      [() => makeOrder({ ...terms([leg]), size: 2n ** 128n }), "size", 2n ** 128n],
      [() => makeSingleOrder({ account: ACCOUNT, instrument: ETH, size: 1n, price: -1n }), "price", -1n],
    ] as const;
    for (const [action, malformation, value] of cases) {
      const error = thrownBy(action);
      expect(error).to.be.instanceOf(MalformedOrderError);
      expect(error).to.include({ malformation, value });
    }
    expect(thrownBy(() => makeOrder(terms([leg], 2n ** 127n)))).to.be.instanceOf(OutOfRangeError);
  });
});

describe("the prices of an order's legs", () => {
  it("are the limit price where there is one leg", () => {
    const sold = makeSingleOrder({ account: ACCOUNT, instrument: CALL, size: -5n, price: toWad(90) });
    expect(executionOf(sold, 3n)).to.deep.equal({ size: 3n, legPrices: [toWad(90)] });
  });

  it("are the marks, with what the net price leaves on what is paid in cash", () => {
    const legs = [
      { instrument: ETH, ratio: 1n },
      { instrument: CALL, ratio: -1n },
    ];
    const order = makeOrder(terms(legs, toWad(1905)));
    expect(legPricesOf(order, [toWad(2000), toWad(100)])).to.deep.equal([toWad(2000), toWad(95)]);
  });

  it("move a perpetual from its mark only where the options cannot", () => {
    const legs = [
      { instrument: ETH, ratio: 1n },
      { instrument: CALL, ratio: -1n },
    ];
    const order = makeOrder(terms(legs, toWad(2010)));
    expect(legPricesOf(order, [toWad(2000), toWad(5)])).to.deep.equal([toWad(2010), 0n]);
  });

  it("come to the limit price to the wei, and none is negative", () => {
    const leg = fc.record({ ratio: fc.bigInt({ min: -50n, max: 50n }).filter((ratio) => ratio !== 0n) });
    const cents = fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n });
    fc.assert(
      fc.property(
        fc.tuple(leg, leg, leg),
        cents,
        fc.constantFrom([90, 75], [90, 0], [0, 0]),
        (ratios, off, options) => {
          const legs = ratios.map(({ ratio }, i) => ({ instrument: INSTRUMENTS[i] ?? 0n, ratio }));
          const marks = [2000, ...options].map(toWad);
          const divisor = legs.reduce((common, { ratio }) => gcd(common, ratio), 0n);
          const limitPrice = netPrice(legs, marks) + off * divisor;
          const prices = legPricesOf(makeOrder(terms(legs, limitPrice)), marks);
          expect(netPrice(legs, prices)).to.equal(limitPrice);
          expect(prices.every((price) => price >= 0n)).to.equal(true);
        },
      ),
    );
  });

  it("are refused where there are none", () => {
    const bought = makeOrder(terms([{ instrument: CALL, ratio: 1n }], -1n));
    expect(thrownBy(() => legPricesOf(bought)))
      .to.be.instanceOf(NetPriceError)
      .and.include({ rest: -1n });
    const even = [
      { instrument: CALL, ratio: 2n },
      { instrument: PUT, ratio: -4n },
    ];
    const odd = thrownBy(() => legPricesOf(makeOrder(terms(even, 3n)), [toWad(10), toWad(10)]));
    expect(odd).to.be.instanceOf(NetPriceError);
  });
});

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b);
}
