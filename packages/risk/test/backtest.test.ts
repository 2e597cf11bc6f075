import { expect } from "chai";
import fc from "fast-check";
import {
  BacktestError,
  clopperPearson,
  coverageOf,
  deltaOneLosses,
  impulseResponseOf,
  independenceStatistic,
  kupiecStatistic,
  missTests,
  powersAt,
  procyclicalityOf,
  proportion,
  scoreOf,
  sliceSeries,
  transitionsOf,
  type MarginSeries,
} from "../src/index.ts";
import { probability } from "../src/backtest/missTests.ts";
import { randomFrom } from "../../../test/helpers/kernel.ts";
import { isNear } from "../../../test/helpers/near.ts";

const HOUR = 3600;

interface Columns {
  readonly margin?: number[];
  readonly loss: number[];
  readonly worstLoss?: number[];
  readonly volatility?: number[];
  readonly horizonSteps?: number;
  readonly stepSeconds?: number;
}

/** Columns that a test says nothing of: a margin of 0.1, no worse loss inside, volatilities that rise. */
function seriesOf({ loss, horizonSteps = 1, stepSeconds = HOUR, ...rest }: Columns): MarginSeries {
  const { margin = loss.map(() => 0.1), worstLoss = loss, volatility = [...loss.keys()] } = rest;
  return {
    times: Float64Array.from(loss.keys(), (i) => i * stepSeconds),
    stepSeconds,
    horizonSteps,
    margin: Float64Array.from(margin),
    loss: Float64Array.from(loss),
    worstLoss: Float64Array.from(worstLoss),
    volatility: Float64Array.from(volatility),
  };
}

function missesAt(places: readonly number[], count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => places.includes(i));
}

describe("Clopper and Pearson's interval", () => {
  it("is that of the tables", () => {
    // The closed form of no hits, and Newcombe's (1998) example of 81 of 263 and 15 of 148.
    expect(clopperPearson(0, 10).high).to.satisfy(isNear(1 - 0.025 ** 0.1, 1e-10));
    expect(clopperPearson(10, 10)).to.satisfy(({ low, high }: { low: number; high: number }) => {
      return high === 1 && isNear(0.025 ** 0.1, 1e-10)(low);
    });
    expect(clopperPearson(81, 263).low).to.satisfy(isNear(0.2527, 5e-5));
    expect(clopperPearson(81, 263).high).to.satisfy(isNear(0.3676, 5e-5));
    expect(clopperPearson(15, 148).low).to.satisfy(isNear(0.0578, 5e-5));
    expect(clopperPearson(15, 148).high).to.satisfy(isNear(0.1617, 5e-5));
  });

  it("inverts the binomial tail for small shares, as of one miss in a hundred", () => {
    const { low, high } = clopperPearson(1, 100);
    const none = (p: number) => (1 - p) ** 100;
    const one = (p: number) => 100 * p * (1 - p) ** 99;
    expect(1 - none(low)).to.satisfy(isNear(0.025, 1e-9));
    expect(none(high) + one(high)).to.satisfy(isNear(0.025, 1e-9));
  });
});

describe("A share of overlapping samples", () => {
  const hits = (places: ReadonlySet<number>, length: number) => ({
    length,
    isCounted: () => true,
    isHit: (i: number) => places.has(i),
  });

  it("counts windows that do not overlap, not samples", () => {
    const found = proportion(hits(new Set(), 24_000), 24);
    expect(found.effectiveCount).to.equal(1_000);
    expect(found.high).to.satisfy(isNear(1 - 0.025 ** (1 / 1_000), 1e-10));
  });

  it("counts fewer where hits cluster, and no more where they are spread evenly", () => {
    const even = proportion(hits(new Set(Array.from({ length: 100 }, (_, i) => i * 100)), 10_000), 10);
    const clustered = proportion(hits(new Set(Array.from({ length: 100 }, (_, i) => 5_000 + i)), 10_000), 10);
    expect(even.effectiveCount).to.equal(1_000);
    expect(clustered.effectiveCount).to.be.below(150);
    expect(clustered.high).to.be.above(even.high);
  });

  it("holds the true share in at least 95 % of simulated histories with windows of a day", () => {
    const random = randomFrom(7);
    const [histories, days, rate, horizon] = [400, 400, 0.03, 24];
    let held = 0;
    for (let history = 0; history < histories; history++) {
      // A sample misses when the shock that falls into its window is rare enough: neighbours share most of their window.
      const shocks = Array.from({ length: days * horizon }, () => random() < 1 - (1 - rate) ** (1 / horizon));
      let inside = shocks.slice(0, horizon).filter(Boolean).length;
      const misses = shocks.map((_, i) => {
        const isHit = inside > 0;
        inside += Number(shocks[i + horizon] ?? false) - Number(shocks[i]);
        return isHit;
      });
      const length = misses.length - horizon;
      const { low, high } = proportion({ length, isCounted: () => true, isHit: (i) => misses[i] === true }, horizon);
      if (low <= rate && rate <= high) held++;
    }
    expect(held / histories).to.be.at.least(0.95);
  });
});

describe("Kupiec's test", () => {
  it("rejects where the table of 1995 does", () => {
    const isRejected = (misses: number, windows: number) => kupiecStatistic(misses, windows, 0.01) > 3.841;
    // Nonrejection at 99 %: below 7 of 255, 2 to 10 of 510, 5 to 16 of 1,000.
    expect([0, 1, 6, 7].map((misses) => isRejected(misses, 255))).to.deep.equal([true, false, false, true]);
    expect([1, 2, 10, 11].map((misses) => isRejected(misses, 510))).to.deep.equal([true, false, false, true]);
    expect([4, 5, 16, 17].map((misses) => isRejected(misses, 1_000))).to.deep.equal([true, false, false, true]);
  });

  it("gives the likelihood ratio by hand, with and without misses", () => {
    expect(kupiecStatistic(0, 250, 0.01)).to.satisfy(isNear(-500 * Math.log(0.99), 1e-10));
    expect(kupiecStatistic(250, 250, 0.01)).to.satisfy(isNear(-500 * Math.log(0.01), 1e-9));
    const byHand = -2 * (Math.log(0.99) * 243 + Math.log(0.01) * 7 - Math.log(243 / 250) * 243 - Math.log(7 / 250) * 7);
    expect(kupiecStatistic(7, 250, 0.01)).to.satisfy(isNear(byHand, 1e-9));
  });

  it("has the power that adding up the binomial gives", () => {
    const windows = 250;
    let power = 0;
    let chance = 0.98 ** windows;
    for (let misses = 0; misses <= windows; misses++) {
      if (kupiecStatistic(misses, windows, 0.01) > 3.8414588) power += chance;
      chance *= ((windows - misses) / (misses + 1)) * (0.02 / 0.98);
    }
    expect(powersAt(windows, 0.01).kupiec).to.satisfy(isNear(power, 1e-9));
    expect(powersAt(2_000, 0.01).kupiec).to.be.above(0.9);
  });
});

describe("Christoffersen's tests", () => {
  it("give Jorion's example: 20 misses of 252 days, 6 of them after a miss", () => {
    const transitions = { n00: 218, n01: 14, n10: 14, n11: 6 };
    expect(independenceStatistic(transitions)).to.satisfy(isNear(9.53, 0.005));
  });

  it("count transitions, and see nothing where a state is missing", () => {
    expect(transitionsOf(missesAt([1, 2, 5], 7))).to.deep.equal({ n00: 1, n01: 2, n10: 2, n11: 1 });
    expect(missTests(missesAt([], 100), 0.01).independence).to.include({ statistic: 0, isRejected: false });
    expect(missTests(missesAt([...Array(100).keys()], 100), 0.01).independence.statistic).to.equal(0);
  });

  it("reject misses that follow each other, which Kupiec's accepts", () => {
    const together = missTests(missesAt([100, 101, 102, 103, 104], 500), 0.01);
    expect(together).to.include({ windows: 500, misses: 5 });
    expect(together.kupiec).to.include({ isRejected: false });
    expect(together.independence).to.include({ isRejected: true });
    expect(together.conditionalCoverage).to.include({ isRejected: true });
    expect(together.conditionalCoverage.statistic).to.be.above(together.independence.statistic - 1e-12);
    expect(missTests(missesAt([50, 150, 250, 350, 450], 500), 0.01).conditionalCoverage.isRejected).to.equal(false);
  });

  it("have the power that adding up every sequence gives", () => {
    const windows = 12;
    const chain = { miss: 0.1, repeat: 0.4 };
    const rate = chain.miss / (1 + chain.miss - chain.repeat);
    let expected = 0;
    for (let bits = 0; bits < 2 ** windows; bits++) {
      const misses = Array.from({ length: windows }, (_, i) => (bits & (1 << i)) !== 0);
      const { n00, n01, n10, n11 } = transitionsOf(misses);
      if (independenceStatistic({ n00, n01, n10, n11 }) <= 2) continue;
      const first = misses[0] === true ? rate : 1 - rate;
      expected += first * 0.9 ** n00 * 0.1 ** n01 * 0.6 ** n10 * 0.4 ** n11;
    }
    const found = probability(windows, chain, ({ transitions }) => independenceStatistic(transitions) > 2);
    expect(expected).to.be.above(0.1);
    expect(found).to.satisfy(isNear(expected, 1e-10));
    expect(probability(700, { miss: 0.01, repeat: 0.2 }, () => true)).to.satisfy(isNear(1, 1e-8));
  });
});

describe("Coverage", () => {
  it("counts losses beyond the margin, their sizes, and those inside the horizon", () => {
    const { coverage, insideMisses, exceedances, samples } = coverageOf(
      seriesOf({ loss: [0.05, 0.1, 0.12, 0.16, -0.3], worstLoss: [0.11, 0.1, 0.12, 0.2, 0] }),
    );
    expect(samples).to.equal(5);
    expect(coverage.value).to.equal(0.6);
    expect(insideMisses.value).to.equal(0.6);
    expect(exceedances.count).to.equal(2);
    expect(exceedances.mean).to.satisfy(isNear(0.04, 1e-12));
    expect(exceedances.max).to.satisfy(isNear(0.06, 1e-12));
    expect(exceedances.maxOfMargin).to.satisfy(isNear(0.6, 1e-12));
  });

  it("leaves out the end of the data, where the horizon is not over", () => {
    const { samples, coverage, tests } = coverageOf(seriesOf({ loss: [0.2, 0, NaN, NaN], horizonSteps: 2 }));
    expect([samples, coverage.value, tests.windows]).to.deep.equal([2, 0.5, 1]);
  });

  it("is 1 without a miss and 0 with nothing else, with intervals on one side", () => {
    const none = coverageOf(seriesOf({ loss: Array.from({ length: 500 }, () => 0) }));
    expect(none.coverage).to.include({ value: 1, high: 1 });
    expect(none.coverage.low).to.be.above(0.99);
    expect(none.exceedances).to.deep.equal({ count: 0, mean: 0, max: 0, meanOfMargin: 0, maxOfMargin: 0 });
    const all = coverageOf(seriesOf({ loss: Array.from({ length: 500 }, () => 1) }));
    expect(all.coverage).to.include({ value: 0, low: 0 });
    expect(all.tests.kupiec.isRejected).to.equal(true);
  });

  it("sorts misses by observed volatility, and tells luck from too many", () => {
    // 1,000 samples in five fifths: 2 % of the calmest miss, which may be luck, and 20 % of the wildest.
    const loss = Array.from({ length: 1_000 }, (_, i) =>
      (i % 50 === 0 && i < 200) || (i >= 800 && i % 5 === 0) ? 1 : 0,
    );
    const { quintiles } = coverageOf(seriesOf({ loss }));
    expect(quintiles.map(({ samples }) => samples)).to.deep.equal([200, 200, 200, 200, 200]);
    expect(quintiles.map(({ misses }) => misses.value)).to.deep.equal([0.02, 0, 0, 0, 0.2]);
    expect(quintiles.map(({ isLuck }) => isLuck)).to.deep.equal([true, false, false, false, false]);
    expect(quintiles[4]).to.include({ from: 800, to: 999 });
  });

  it("never falls when margins rise", () => {
    const column = fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 30, maxLength: 80 });
    fc.assert(
      fc.property(column, fc.double({ min: 1, max: 3, noNaN: true }), (loss, factor) => {
        const margin = loss.map((value, i) => 0.05 + Math.abs(loss[(i + 7) % loss.length] ?? value) / 2);
        const plain = coverageOf(seriesOf({ loss, margin }));
        const scaled = coverageOf(seriesOf({ loss, margin: margin.map((value) => value * factor) }));
        expect(scaled.coverage.value).to.be.at.least(plain.coverage.value);
        expect(scaled.exceedances.max).to.be.at.most(plain.exceedances.max);
        expect(plain.coverage.low).to.be.at.most(plain.coverage.value);
        expect(plain.coverage.high).to.be.at.least(plain.coverage.value);
      }),
    );
  });

  it("refuses what nothing can be said of", () => {
    const refuses = (columns: Columns) =>
      expect(() => coverageOf(seriesOf(columns)))
        .to.throw(BacktestError)
        .with.property("what");
    refuses({ loss: [] }).that.equals("series");
    refuses({ loss: [NaN, NaN] }).that.equals("loss");
    refuses({ loss: [0, 0], margin: [1, NaN] }).that.equals("margin");
    refuses({ loss: [0, 0], volatility: [1] }).that.equals("volatility");
    refuses({ loss: [0], horizonSteps: 0.5 }).that.equals("horizonSteps");
  });
});

describe("Procyclicality", () => {
  it("measures the peak over the trough, the mean and rises against so many days before", () => {
    const margin = [...Array<number>(48).fill(0.1), ...Array<number>(24).fill(0.2), ...Array<number>(72).fill(0.15)];
    const { peakToTrough, mean, rises } = procyclicalityOf(seriesOf({ loss: margin.map(() => 0), margin }));
    expect(peakToTrough).to.equal(2);
    expect(mean).to.satisfy(isNear((48 * 0.1 + 24 * 0.2 + 72 * 0.15) / 144, 1e-12));
    const [day, week, month] = rises;
    expect(day).to.include({ days: 1, exact: 1, within: 1 });
    expect(week?.exact).to.satisfy(isNear(0.5, 1e-12));
    expect(week?.within).to.satisfy(isNear(1, 1e-12));
    expect(month).to.deep.equal({ days: 30, exact: NaN, within: NaN });
  });

  it("does not change when all margins are scaled", () => {
    const margins = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 150, maxLength: 200 });
    fc.assert(
      fc.property(margins, fc.double({ min: 0.1, max: 10, noNaN: true }), (margin, factor) => {
        const loss = margin.map(() => 0);
        const plain = procyclicalityOf(seriesOf({ loss, margin }));
        const scaled = procyclicalityOf(seriesOf({ loss, margin: margin.map((value) => value * factor) }));
        expect(scaled.peakToTrough).to.satisfy(isNear(plain.peakToTrough, 1e-9 * plain.peakToTrough));
        plain.rises.forEach(({ exact, within }, i) => {
          if (Number.isNaN(exact)) return;
          expect(scaled.rises[i]?.exact).to.satisfy(isNear(exact, 1e-9 * (1 + exact)));
          expect(within).to.be.at.least(exact);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("describes an impulse: at once, half gone, back", () => {
    const margin = Float64Array.from([0.1, 0.18, 0.2, 0.16, 0.14, 0.12, 0.104, 0.1]);
    const found = impulseResponseOf(margin, HOUR);
    expect(found.immediate).to.satisfy(isNear(0.8, 1e-12));
    expect(found.highest).to.satisfy(isNear(1, 1e-12));
    expect([found.halfSeconds, found.backSeconds]).to.deep.equal([4 * HOUR, 6 * HOUR]);
    expect(impulseResponseOf(Float64Array.from([0.1, 0.2]), HOUR)).to.include({ backSeconds: undefined });
    expect(() => impulseResponseOf(Float64Array.from([0.1]), HOUR)).to.throw(BacktestError);
  });
});

describe("Losses of one unit", () => {
  const prices = { close: Float64Array.from([100, 110, 99, 121, 100]), low: Float64Array.from([1, 105, 80, 98, 95]) };

  it("end at the close of the horizon, and are worst at the lows inside", () => {
    const long = deltaOneLosses(prices, 2, "long");
    expect([...long.loss.slice(0, 3)].map((value) => value.toFixed(4))).to.deep.equal(["0.0100", "-0.1000", "-0.0101"]);
    expect([...long.worstLoss.slice(0, 3)].map((value) => value.toFixed(4))).to.deep.equal([
      "0.2000",
      "0.2727",
      "0.0404",
    ]);
    expect([...long.loss.slice(3), ...long.worstLoss.slice(3)].every(Number.isNaN)).to.equal(true);
    const short = deltaOneLosses(prices, 2, "short");
    expect(short.loss[1]).to.satisfy(isNear(0.1, 1e-12));
    expect(short.worstLoss[0]).to.satisfy(isNear(0.1, 1e-12));
  });
});

describe("A score", () => {
  it("holds everything, and of a part of the time too", () => {
    const loss = Array.from({ length: 40 * 24 }, (_, i) => (i % 400 === 0 ? 0.2 : 0));
    const series = seriesOf({ loss, horizonSteps: 24 });
    expect(scoreOf(series)).to.include.all.keys("coverage", "tests", "quintiles", "peakToTrough", "rises", "mean");
    const part = sliceSeries(series, 10 * HOUR, 500 * HOUR);
    expect([part.times[0], part.times.length]).to.deep.equal([10 * HOUR, 490]);
    expect(scoreOf(part).exceedances.count).to.equal(1);
    expect(() => scoreOf(sliceSeries(series, 1e9, 2e9))).to.throw(BacktestError);
  });
});
