import { readFileSync } from "node:fs";
import { expect } from "chai";
import { atTheMoneyVariance, normalCdf, optionPrice, totalVolatility, type Surface } from "../src/index.ts";
import { isNear } from "../../../test/helpers/near.ts";

const DAY = 86_400;
/** Of the larger of forward and strike. */
const PRICE_TOLERANCE = 1e-15;
const CDF_TOLERANCE = 1e-15;

/** Columns of WAD, as numbers. */
function columns(name: string): Record<string, number[]> {
  const text = readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), "utf8");
  const parsed = JSON.parse(text) as Record<string, string[]>;
  return Object.fromEntries(Object.entries(parsed).map(([field, values]) => [field, values.map(fromWad)]));
}

function fromWad(text: string): number {
  return Number(text) / 1e18;
}

function at(values: readonly number[] | undefined, i: number): number {
  return values?.[i] ?? NaN;
}

describe("Normal distribution", () => {
  it("is within 1e-15 of the reference", () => {
    const { x = [], cdf = [] } = columns("normal");
    expect(x.length).to.be.greaterThan(300);
    x.forEach((value, i) => {
      expect(Math.abs(normalCdf(value) - at(cdf, i)), `N(${value})`).to.be.lessThan(CDF_TOLERANCE);
    });
  });

  it("ends at 0 and 1", () => {
    expect(normalCdf(-Infinity)).to.equal(0);
    expect(normalCdf(Infinity)).to.equal(1);
    expect(normalCdf(-20)).to.be.greaterThan(0);
  });
});

describe("Black-76", () => {
  it("is within 1e-15 of forward and strike of the reference, calls and puts", () => {
    const { forward = [], strike, totalVolatility: volatility, call, put } = columns("black76");
    expect(forward.length).to.be.greaterThan(300);
    forward.forEach((price, i) => {
      const terms = { strike: at(strike, i), logMoneyness: Math.log(price / at(strike, i)) };
      for (const [isCall, expected] of [[true, call] as const, [false, put] as const]) {
        const found = optionPrice({ ...terms, isCall }, { price, move: 0 }, at(volatility, i));
        const error = Math.abs(found - at(expected, i)) / Math.max(price, terms.strike);
        expect(error, `row ${i}`).to.be.lessThan(PRICE_TOLERANCE);
      }
    });
  });

  it("is never negative, however far a put is from its strike", () => {
    for (let i = 1; i <= 1_000; i++) {
      const [price, strike] = [490.8855 + i / 7, 100 + i / 3];
      const terms = { isCall: false, strike, logMoneyness: Math.log(price / strike) };
      expect(optionPrice(terms, { price, move: 0 }, 0.01)).to.be.at.least(0);
    }
  });

  it("is the intrinsic value without volatility, and lies inside its bounds with any", () => {
    const call = { isCall: true, strike: 90, logMoneyness: Math.log(100 / 90) };
    expect(optionPrice(call, { price: 100, move: 0 }, 0)).to.equal(10);
    expect(optionPrice({ ...call, isCall: false }, { price: 100, move: 0 }, 0)).to.equal(0);
    for (const volatility of [1e-9, 1e-3, 1, 1e3, 1e9]) {
      const price = optionPrice(call, { price: 100, move: 0 }, volatility);
      expect(price).to.be.within(10, 100);
    }
  });
});

describe("Volatility surface", () => {
  const surface: Surface = {
    tenors: [
      { seconds: 10 * DAY, totalVariance: 0.01 },
      { seconds: 30 * DAY, totalVariance: 0.05 },
    ],
    rho: -0.3,
    eta: 0.8,
    rate: 0,
  };

  it("agrees with the reference on slices", () => {
    const { theta = [], rho, eta, k, totalVolatility: expected } = columns("ssvi");
    expect(theta.length).to.be.greaterThan(40);
    theta.forEach((variance, i) => {
      const slice = { tenors: [], rho: at(rho, i), eta: at(eta, i), rate: 0 };
      // The reference takes θ in WAD: where w is nearly nothing, its last digit shows.
      const found = totalVolatility(slice, variance, at(k, i));
      expect(Math.abs(found / at(expected, i) - 1), `row ${i}`).to.be.lessThan(1e-12);
    });
  });

  it("is linear in time between tenors and flat beyond them", () => {
    expect(atTheMoneyVariance(surface, 5 * DAY)).to.equal(0.005);
    expect(atTheMoneyVariance(surface, 10 * DAY)).to.equal(0.01);
    expect(atTheMoneyVariance(surface, 20 * DAY)).to.satisfy(isNear(0.03, 1e-15));
    expect(atTheMoneyVariance(surface, 60 * DAY)).to.satisfy(isNear(0.1, 1e-15));
    expect(atTheMoneyVariance(surface, 0)).to.equal(0);
    expect(atTheMoneyVariance({ ...surface, tenors: [] }, 5 * DAY)).to.equal(0);
  });
});
