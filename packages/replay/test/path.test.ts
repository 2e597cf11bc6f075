import { expect } from "chai";
import { isNear } from "../../../test/helpers/near.ts";
import fc from "fast-check";
import { simulateCrash } from "../src/crash.ts";
import { pathVolatility, volatilityHistory } from "../src/history.ts";
import { MINUTE, type Noise, type PricePath, bridgeBar, bridgeBars, pathOfRounds, priceAt } from "../src/path.ts";
import type { Bar } from "../src/prices/series.ts";
import { Random } from "../src/random.ts";
import { roundsOf } from "../src/rounds.ts";

const HOUR = 3600;
const noise = (seed: string): Noise => {
  const random = new Random(seed);
  return { common: random.fork("common"), own: random.fork("own"), correlation: 0.9 };
};

/** Any bar that an exchange may report, flat ones and ones that open at their low included. */
const anyBar = fc
  .tuple(
    fc.double({ min: 1, max: 1e5, noNaN: true }),
    fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: 4, maxLength: 4 }),
  )
  .map(([base, [a = 0, b = 0, c = 0, d = 0]]): Bar => {
    const [open, close] = [base * (1 + a), base * (1 + b)];
    return { time: 0, open, close, low: Math.min(open, close) / (1 + c), high: Math.max(open, close) * (1 + d) };
  });

describe("Inside of a bar", () => {
  it("starts at the open, touches low and high exactly, stays between them and ends at the close", () => {
    fc.assert(
      fc.property(anyBar, fc.string(), fc.integer({ min: 4, max: 120 }), (bar, seed, points) => {
        const prices = [...bridgeBar(bar, points, noise(seed))];
        expect(prices[0]).to.equal(bar.open);
        expect(prices.at(-1)).to.equal(bar.close);
        expect(Math.min(...prices)).to.equal(bar.low);
        expect(Math.max(...prices)).to.equal(bar.high);
      }),
    );
  });

  it("is the same for the same seed and another for another", () => {
    const bar: Bar = { time: 0, open: 100, high: 110, low: 90, close: 105 };
    expect(bridgeBar(bar, 60, noise("1"))).to.deep.equal(bridgeBar(bar, 60, noise("1")));
    expect(bridgeBar(bar, 60, noise("1"))).not.to.deep.equal(bridgeBar(bar, 60, noise("2")));
  });

  it("visits the low first about as often as the high", () => {
    const bar: Bar = { time: 0, open: 100, high: 110, low: 90, close: 100 };
    const lowFirst = Array.from({ length: 400 }, (_, i) => bridgeBar(bar, 60, noise(String(i)))).filter(
      (prices) => prices.indexOf(bar.low) < prices.indexOf(bar.high),
    );
    expect(lowFirst.length).to.be.within(150, 250);
  });

  it("is no straight line, nor wilder than the walk that the bars are of: by the minute and by the rounds of a feed", () => {
    const { bars, path } = randomBars(24 * 120, 0.6);
    const bridged = bridgeBars(bars, HOUR, noise("1"));
    // Of a walk by the minute the range misses what lies between minutes: Parkinson's volatility is 11 % less.
    expect(pathVolatility(bridged) / pathVolatility(path)).to.be.within(0.8, 1);
    expect(roundVolatility(bridged) / roundVolatility(path)).to.be.within(0.93, 1.07);
  });

  it("visits the low first where the bar rises far, mostly", () => {
    const bar: Bar = { time: 0, open: 91, high: 110, low: 90, close: 109 };
    const lowFirst = Array.from({ length: 100 }, (_, i) => bridgeBar(bar, 60, noise(String(i)))).filter(
      (prices) => prices.indexOf(bar.low) < prices.indexOf(bar.high),
    );
    expect(lowFirst.length).to.be.above(90);
  });

  it("stands still where bars are missing", () => {
    const bar = (time: number, price: number): Bar => ({ time, open: price, high: price, low: price, close: price });
    const path = bridgeBars([bar(0, 100), bar(3 * HOUR, 50)], HOUR, noise("1"));
    expect(priceAt(path, 2 * HOUR)).to.equal(100);
    expect(priceAt(path, 3 * HOUR)).to.equal(50);
    expect(path.prices.length).to.equal(240);
  });

  it("moves two assets together", () => {
    const { bars } = randomBars(24 * 10, 0.8);
    const random = new Random("pair");
    const [one, other] = ["ETH", "BTC"].map((asset) =>
      bridgeBars(bars, HOUR, { common: random.fork("bars"), own: random.fork(asset), correlation: 0.9 }),
    );
    expect(correlation(returnsOf(one?.prices), returnsOf(other?.prices))).to.be.within(0.75, 0.99);
  });
});

/** A driftless random walk by the minute, and its hourly bars. */
function randomBars(count: number, volatility: number): { bars: Bar[]; path: PricePath } {
  const random = new Random("bars");
  const step = volatility / Math.sqrt(365 * 24 * 60);
  let price = 1000;
  const prices = Float64Array.from({ length: count * 60 }, () => (price *= Math.exp(step * random.normal())));
  const bars = Array.from({ length: count }, (_, i) => {
    const inside = prices.subarray(i * 60, (i + 1) * 60);
    const [open = 0, close = 0] = [inside[0], inside.at(-1)];
    return { time: i * HOUR, open, high: Math.max(...inside), low: Math.min(...inside), close };
  });
  return { bars, path: { start: 0, stepSeconds: MINUTE, prices } };
}

/** Of the rounds that a feed makes of a path, up to a factor. */
function roundVolatility(path: PricePath): number {
  return Math.hypot(...returnsOf(Float64Array.from(roundsOf(path), ({ answer }) => Number(answer))));
}

function returnsOf(prices: Float64Array = new Float64Array()): number[] {
  return [...prices].slice(1).map((price, i) => Math.log(price / (prices[i] ?? price)));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: readonly number[], y: readonly number[], [mx, my]: readonly [number, number]) =>
    x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? my) - my), 0);
  return product(a, b, [meanA, meanB]) / Math.sqrt(product(a, a, [meanA, meanA]) * product(b, b, [meanB, meanB]));
}

describe("Rounds of a feed", () => {
  const path = (prices: readonly number[]) => ({ start: 0, stepSeconds: MINUTE, prices: Float64Array.from(prices) });

  it("begin at once, then come when the price has left the last answer by the deviation", () => {
    const rounds = roundsOf(path([100, 100.49, 100.5, 100.9, 100.0, 99.49]));
    expect(rounds).to.deep.equal([
      { time: 0, answer: 10000000000n },
      { time: 120, answer: 10050000000n },
      { time: 300, answer: 9949000000n },
    ]);
  });

  it("come after the heartbeat when nothing happens", () => {
    const times = roundsOf(path(Array.from({ length: 121 }, () => 100))).map(({ time }) => time);
    expect(times).to.deep.equal([0, 3600, 7200]);
  });

  it("describe a path of their own, each answer holding until the next", () => {
    const fed = pathOfRounds([
      { time: 30, answer: 100_00000000n },
      { time: 200, answer: 90_00000000n },
      { time: 200, answer: 80_00000000n },
    ]);
    expect([priceAt(fed, 30), priceAt(fed, 149), priceAt(fed, 1e9)]).to.deep.equal([100, 100, 100]);
    expect(fed.prices.length).to.equal(3);
  });
});

describe("Built-in crash", () => {
  const worst = (prices: Float64Array, minutes: number) =>
    Math.min(...prices.slice(minutes).map((price, i) => price / (prices[i] ?? price) - 1));

  for (const seed of ["1", "2", "3"]) {
    it(`has the published shape of March 2020 with seed ${seed}`, () => {
      const paths = simulateCrash(new Random(seed));
      const [eth, btc] = [paths.get("ETH")?.prices, paths.get("BTC")?.prices];
      if (eth === undefined || btc === undefined) throw new Error("an asset is missing");
      const [dawn, dusk] = [24 * 60, 48 * 60];
      expect((eth[dusk] ?? 0) / (eth[dawn] ?? 1) - 1).to.satisfy(isNear(-0.48, 0.005));
      expect((btc[dusk] ?? 0) / (btc[dawn] ?? 1) - 1).to.satisfy(isNear(-0.46, 0.005));
      expect(worst(eth, 60)).to.be.within(-0.25, -0.19);
      expect(worst(btc, 60)).to.be.within(-0.24, -0.16);
      const hourly = (prices: Float64Array) => returnsOf(prices.filter((_, i) => i % 60 === 0));
      expect(correlation(hourly(eth), hourly(btc))).to.be.within(0.88, 0.96);
    });
  }

  it("is the same for the same seed", () => {
    expect(simulateCrash(new Random("1"))).to.deep.equal(simulateCrash(new Random("1")));
    expect(simulateCrash(new Random("1"))).not.to.deep.equal(simulateCrash(new Random("2")));
  });
});

describe("Volatility before a replay", () => {
  const HALF_LIFE = 30 * 24 * HOUR;
  const closes = (days: number, deviation: number) => {
    const random = new Random("closes");
    let price = 100;
    return Array.from({ length: days * 24 }, (_, i) => ({
      time: i * HOUR,
      price: (price *= Math.exp(deviation * random.normal())),
    }));
  };

  it("is that of the returns, with its peak so far", () => {
    const history = volatilityHistory(closes(200, 0.8 / Math.sqrt(365 * 24)), HALF_LIFE);
    expect(history?.realised).to.satisfy(isNear(0.8, 0.08));
    expect(history?.stressed).to.be.at.least(history?.realised ?? Infinity);
  });

  it("is unknown after less than 90 days", () => {
    expect(volatilityHistory(closes(89, 0.01), HALF_LIFE)).to.equal(undefined);
  });
});
