import { expect } from "chai";
import fc from "fast-check";
import {
  BacktestError,
  bufferedMargin,
  deltaOneLosses,
  ewmaMargin,
  historicalEs,
  historicalVar,
  limitedMargin,
  RISK_METRICS_HALF_LIFE_SECONDS,
  scaledToCoverage,
  staticMargin,
} from "../src/index.ts";
import { randomFrom } from "../../../test/helpers/kernel.ts";
import { isNear } from "../../../test/helpers/near.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

function walk(length: number, deviation: number): Float64Array {
  const random = randomFrom(11);
  let logPrice = 0;
  return Float64Array.from({ length }, () => Math.exp((logPrice += deviation * (random() < 0.5 ? 1 : -1))));
}

describe("Alternatives to the dynamic margin", () => {
  const closes = { prices: walk(2_000, 0.01), stepSeconds: HOUR };

  it("weigh exponentially: .97 a day halves in 22.8 days, and a steady walk shows its deviation", () => {
    expect(RISK_METRICS_HALF_LIFE_SECONDS / DAY).to.satisfy(isNear(22.757, 1e-3));
    const margin = ewmaMargin(closes, { halfLifeSeconds: RISK_METRICS_HALF_LIFE_SECONDS, horizonSteps: 24 });
    expect(margin.at(-1)).to.satisfy(isNear(0.01 * Math.sqrt(24), 1e-3));
    expect(staticMargin(closes, 0.1).every((value) => value === 0.1)).to.equal(true);
    expect(() =>
      ewmaMargin({ prices: new Float64Array(), stepSeconds: HOUR }, { halfLifeSeconds: 1, horizonSteps: 1 }),
    ).to.throw(BacktestError);
  });

  it("use a buffer up before they rise, and fill it before they fall", () => {
    const plain = Float64Array.from([0.1, 0.12, 0.125, 0.2, 0.18, 0.16, 0.1]);
    const buffered = [...bufferedMargin(plain)].map((value) => Number(value.toFixed(4)));
    expect(buffered).to.deep.equal([0.125, 0.125, 0.125, 0.2, 0.2, 0.2, 0.125]);
  });

  it("limit both ways by the day", () => {
    const plain = Float64Array.from([0.1, 0.2, 0.2, 0.05, 0.05]);
    const limited = limitedMargin(plain, { stepSeconds: DAY, risePerDay: 0.5, fallPerDay: 0.25 });
    expect([...limited].map((value) => Number(value.toFixed(6)))).to.deep.equal([0.1, 0.15, 0.2, 0.15, 0.1125]);
  });

  it("look back at losses that are over, sorted again at each step", () => {
    const random = randomFrom(5);
    const loss = Float64Array.from({ length: 300 }, () => Math.round((random() - 0.5) * 20) / 100);
    const tail = { horizonSteps: 3, windowSteps: 50, level: 0.9 };
    const [quantiles, shortfalls] = [historicalVar(loss, tail), historicalEs(loss, tail)];
    for (let i = 0; i < loss.length; i++) {
      const known = [...loss.subarray(Math.max(i - 52, 0), Math.max(i - 2, 0))].sort((a, b) => a - b);
      if (known.length < 50) {
        expect([quantiles[i], shortfalls[i]]).to.deep.equal([NaN, NaN]);
        continue;
      }
      expect(quantiles[i]).to.equal(known[44]);
      const beyond = known.slice(44);
      expect(shortfalls[i]).to.satisfy(isNear(beyond.reduce((a, b) => a + b, 0) / beyond.length, 1e-12));
    }
    expect(() => historicalVar(loss, { ...tail, level: 1 })).to.throw(BacktestError);
  });

  it("are scaled to the least factor that covers the fitting span", () => {
    const loss = Float64Array.from([0.1, 0.2, -0.1, 0.4, 9, NaN]);
    const path = Float64Array.from([1, 1, 1, 2, 1, 1]);
    const { factor, margin } = scaledToCoverage(path, loss, { coverage: 0.75, from: 0, to: 4 });
    expect(factor).to.satisfy(isNear(0.2, 1e-12));
    expect(margin[3]).to.satisfy(isNear(0.4, 1e-12));
    const fit = (from: number, to: number) => () => scaledToCoverage(path, loss, { coverage: 1, from, to });
    expect(fit(5, 6)).to.throw(BacktestError, /no sample/);
    expect(fit(2, 3)).to.throw(BacktestError, /no factor/);
  });

  it("cover what they were scaled to, and no smaller factor does", () => {
    const losses = fc.array(fc.double({ min: -0.2, max: 0.5, noNaN: true }), { minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(losses, fc.integer({ min: 90, max: 99 }), (values, percent) => {
        const loss = Float64Array.from([...values, ...Array<number>(20).fill(0.3)]);
        const path = loss.map((_, i) => 0.05 + (i % 7) / 50);
        const coverage = percent / 100;
        const { factor, margin } = scaledToCoverage(path, loss, { coverage, from: 0, to: loss.length });
        const covered = (scale: number) => loss.filter((value, i) => value <= (path[i] ?? 0) * scale).length;
        expect(loss.filter((value, i) => value <= (margin[i] ?? 0)).length).to.be.at.least(
          coverage * loss.length - 1e-6,
        );
        expect(covered(factor * (1 - 1e-9))).to.be.below(coverage * loss.length);
      }),
    );
  });

  it("work on losses of prices", () => {
    const { loss } = deltaOneLosses({ close: closes.prices }, 24, "long");
    const path = ewmaMargin(closes, { halfLifeSeconds: 30 * DAY, horizonSteps: 24 });
    const { factor } = scaledToCoverage(path, loss, { coverage: 0.99, from: 0, to: loss.length });
    expect(factor).to.be.above(1.8).and.below(3.5);
  });
});
