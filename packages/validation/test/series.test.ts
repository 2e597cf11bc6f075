import { expect } from "chai";
import { MINUTE, type PricePath } from "@plimsoll/replay";
import { isNear } from "../../../test/helpers/near.ts";
import { noticeOf } from "../src/notice.ts";
import type { BookHistory, Sample } from "../src/observations.ts";
import { bookSeries, deltaOneSeries, lossesFrom } from "../src/series.ts";

const HOUR = 3600;

/** Minutes at 100 USD, but for those given. */
function pathWith(minutes: number, prices: Readonly<Record<number, number>>): PricePath {
  return { start: 0, stepSeconds: MINUTE, prices: Float64Array.from({ length: minutes }, (_, i) => prices[i] ?? 100) };
}

function sampleAt(time: number, mark: number, required: { initial: number; maintenance: number }): Sample {
  const volatilities = { observed: 0.5, stressed: 1, target: 0.7, initial: 0.7, maintenance: 0.7 };
  return { time, mark, volatilities, deltaOne: { long: required, short: required } };
}

describe("Losses of a perpetual", () => {
  const path = pathWith(121, { 30: 80, 60: 90, 90: 130 });

  it("are what the price differs from the mark at the end of the horizon, and at its worst minute", () => {
    const openings = [{ time: 0, mark: 100 }];
    const long = lossesFrom(openings, path, { side: "long", horizonSeconds: HOUR });
    expect(long.loss[0]).to.satisfy(isNear(0.1, 1e-12));
    expect(long.worstLoss[0]).to.satisfy(isNear(0.2, 1e-12));
    const short = lossesFrom(openings, path, { side: "short", horizonSeconds: HOUR });
    expect(short.loss[0]).to.satisfy(isNear(-0.1, 1e-12));
    expect(short.worstLoss[0]).to.equal(0);
  });

  it("begin after the sample, so what a minute before it lost does not count", () => {
    const { worstLoss } = lossesFrom([{ time: 30 * MINUTE, mark: 80 }], path, { side: "long", horizonSeconds: HOUR });
    expect(worstLoss[0]).to.satisfy(isNear(1 - 90 / 80, 1e-12));
  });

  it("are unknown where the prices end inside the horizon", () => {
    const { loss, worstLoss } = lossesFrom(
      [
        { time: HOUR, mark: 100 },
        { time: HOUR + MINUTE, mark: 100 },
      ],
      path,
      { side: "long", horizonSeconds: HOUR },
    );
    expect(loss[0]).to.equal(0);
    expect([loss[1], worstLoss[1]]).to.deep.equal([NaN, NaN]);
  });

  it("refuse a horizon that is no whole number of steps", () => {
    const observations = { samples: [sampleAt(0, 100, { initial: 0.1, maintenance: 0.05 })], stepSeconds: HOUR };
    const make = () => deltaOneSeries(observations, path, { tier: "initial", side: "long", horizonSeconds: 5_000 });
    expect(make).to.throw(RangeError, /5000/);
  });
});

describe("Books of options", () => {
  const book = (gains: readonly number[]): BookHistory => ({
    time: 0,
    observed: 0.5,
    required: { initial: 0.2, maintenance: 0.1 },
    gains,
  });
  const DAY_OF_GAINS = [-0.01, -0.3, 0.02, 0, 0.1, -0.05];

  it("lose what their equity falls by, until the end of the horizon and at the worst of its steps", () => {
    const series = bookSeries([book(DAY_OF_GAINS)], { tier: "initial", horizonSeconds: 24 * HOUR });
    expect(series.loss[0]).to.equal(0.05);
    expect(series.worstLoss[0]).to.equal(0.3);
    const short = bookSeries([book(DAY_OF_GAINS)], { tier: "maintenance", horizonSeconds: 4 * HOUR });
    expect([short.loss[0], short.worstLoss[0], short.margin[0]]).to.deep.equal([0.01, 0.01, 0.1]);
  });

  it("have no loss where the data ends before the horizon", () => {
    const series = bookSeries([book([-0.01])], { tier: "initial", horizonSeconds: 24 * HOUR });
    expect([series.loss[0], series.worstLoss[0]]).to.deep.equal([NaN, NaN]);
  });
});

describe("Notice", () => {
  const observed = (rows: readonly (readonly [mark: number, margin: number])[]) => {
    const samples = rows.map(([mark, margin], i) =>
      sampleAt(i * HOUR, mark, { initial: margin * 2, maintenance: margin }),
    );
    const books = { "short straddle": [], "short strangle": [], "random options": [] };
    return { asset: "ETH" as const, stepSeconds: HOUR, samples, books };
  };

  it("splits what a requirement rises by into what volatility and what price brought", () => {
    // By volatility 1 USD, by price 0.05 · 20 = 1 USD; the fall at the end counts for nothing.
    const rows = [[100, 0.04], [100, 0.05], [120, 0.05], [90, 0.04]] as const; // prettier-ignore
    expect(noticeOf(observed(rows), 0.02).volatilityShare.maintenance).to.satisfy(isNear(0.5, 1e-12));
  });

  it("finds the least time of a rise, wherever it began", () => {
    const margins = [0.05, 0.04, 0.041, 0.043, 0.0441, 0.06];
    const { rises } = noticeOf(observed(margins.map((margin) => [100, margin] as const)), 0.02);
    expect(rises.map(({ seconds }) => seconds)).to.deep.equal([HOUR, HOUR, 4 * HOUR]);
  });

  it("says what the published speed allows, and nothing where there was no such rise", () => {
    const [tenth] = noticeOf(observed([[100, 0.05], [100, 0.05]]), 0.02).rises; // prettier-ignore
    expect(tenth?.seconds).to.equal(undefined);
    expect((tenth?.publishedSeconds ?? 0) / HOUR).to.satisfy(isNear(4.813, 1e-3));
  });
});
