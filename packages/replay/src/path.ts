import type { Bar, Round } from "./prices/series.ts";
import { fromAnswer } from "./prices/series.ts";
import type { Random } from "./random.ts";

/** A price at every step. `start` in Unix seconds; `prices[i]` in USD holds from `start + i·stepSeconds` on. */
export interface PricePath {
  readonly start: number;
  readonly stepSeconds: number;
  readonly prices: Float64Array;
}

export const MINUTE = 60;
/** With fewer points a bar has no room for open, low, high and close. */
const MIN_POINTS_PER_BAR = 4;

export function priceAt(path: PricePath, time: number): number {
  const index = Math.floor((time - path.start) / path.stepSeconds);
  const price = path.prices[Math.max(0, Math.min(index, path.prices.length - 1))];
  if (price === undefined) throw new RangeError("the price path is empty");
  return price;
}

/** The last moment of the path, Unix seconds. */
export function endOf(path: PricePath): number {
  return path.start + (path.prices.length - 1) * path.stepSeconds;
}

/**
 * Two sources of chance for the inside of bars. Assets that are replayed together share `common`, so that their lows and
 * highs come at the same minutes and their paths between them move together; `own` is the rest. Both are forked for each
 * bar by its time: what happens in one bar does not depend on which others are replayed.
 */
export interface Noise {
  readonly common: Random;
  readonly own: Random;
  /** Correlation of the steps of two assets with the same `common`. */
  readonly correlation: number;
}

/**
 * Fills the inside of bars with random paths. Each bar starts at its open, touches its low and its high exactly, ends at
 * its close, and in between follows Brownian bridges in the logarithm, reflected at low and high. The whole has the
 * volatility that the range of the bar implies (Parkinson 1980). Straight lines would fake a calm: on 12 March 2020 they
 * show ETH with about half of the volatility. Where bars are missing the last price stands still.
 */
export function bridgeBars(bars: readonly Bar[], intervalSeconds: number, noise: Noise): PricePath {
  const first = bars[0];
  const last = bars.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("no bars to bridge");
  const stepSeconds = Math.min(MINUTE, Math.floor(intervalSeconds / MIN_POINTS_PER_BAR));
  const pointsPerBar = Math.floor(intervalSeconds / stepSeconds);
  const prices = new Float64Array(Math.round((last.time - first.time) / stepSeconds) + pointsPerBar);
  let end = 0;
  for (const bar of bars) {
    const start = Math.round((bar.time - first.time) / stepSeconds);
    if (start > end) prices.fill(prices[end - 1] ?? bar.open, end, start);
    prices.set(bridgeBar(bar, pointsPerBar, noise), start);
    end = start + pointsPerBar;
  }
  return { start: first.time, stepSeconds, prices };
}

interface Knot {
  readonly index: number;
  readonly price: number;
}

/** The prices inside one bar at `points` equal steps. */
export function bridgeBar(bar: Bar, points: number, noise: Noise): Float64Array {
  const common = noise.common.fork(String(bar.time));
  const knots = knotsOf(bar, points, common);
  const shocks = shocksOf(points, { ...noise, common, own: noise.own.fork(String(bar.time)) });
  // What the way from knot to knot carries already is not added once more.
  const deviation = Math.sqrt(Math.max(varianceOf(bar) - carriedBy(knots), 0) / points);
  const prices = new Float64Array(points).fill(bar.close);

  knots.forEach((knot, i) => {
    const next = knots[i + 1];
    if (next !== undefined) bridge({ from: knot, to: next, deviation, bar }, shocks, prices);
  });
  // Exactly, whatever rounding the logarithm brought.
  for (const { index, price } of knots) prices[index] = price;
  return prices;
}

/** Parkinson: the variance of a driftless path is its squared log range / (4·ln 2). */
function varianceOf({ low, high }: Pick<Bar, "low" | "high">): number {
  return Math.log(high / low) ** 2 / (4 * Math.LN2);
}

/** Squared steps of straight lines through the knots. */
function carriedBy(knots: readonly Knot[]): number {
  return knots.slice(1).reduce((sum, knot, i) => {
    const last = knots[i] ?? knot;
    return sum + Math.log(knot.price / last.price) ** 2 / (knot.index - last.index);
  }, 0);
}

/** Open, both extremes, close. An extreme that is the open or the close needs no place of its own. */
function knotsOf(bar: Bar, points: number, random: Random): Knot[] {
  const isLowFirst = random.chance(chanceOfLowFirst(bar));
  const [one, other] = isLowFirst ? [bar.low, bar.high] : [bar.high, bar.low];
  const [early, late] = placesOf([bar.open, one, other, bar.close], points, random);
  const isEnd = (price: number) => price === bar.open || price === bar.close;
  const extremes = [
    { index: early, price: one },
    { index: late, price: other },
  ].filter(({ price }) => !isEnd(price));
  return [{ index: 0, price: bar.open }, ...extremes, { index: points - 1, price: bar.close }];
}

/**
 * By the reflection principle a driftless path goes open, low, high, close in proportion to the normal density of that
 * way's whole length. A coin would send every second rising bar to its high first: a way that costs variance which the
 * market did not have.
 */
function chanceOfLowFirst(bar: Bar): number {
  const [open, low, high, close] = [bar.open, bar.low, bar.high, bar.close].map(Math.log) as Four;
  const range = high - low;
  if (range === 0) return 1;
  const lowFirst = open - low + range + high - close;
  const highFirst = high - open + range + close - low;
  return 1 / (1 + Math.exp((lowFirst ** 2 - highFirst ** 2) / (2 * varianceOf(bar))));
}

type Four = [number, number, number, number];

/** Where the second and the third of four prices come: after times in proportion to the ways, give or take a half. */
function placesOf(prices: Four, points: number, random: Random): [number, number] {
  const [first, second, third] = [1, 2, 3].map((i) => {
    const way = Math.abs(Math.log((prices[i] ?? 1) / (prices[i - 1] ?? 1)));
    return way * random.between(0.5, 1.5);
  }) as [number, number, number];
  const scale = (points - 1) / Math.max(first + second + third, Number.MIN_VALUE);
  const early = Math.min(Math.max(Math.round(first * scale), 1), points - 3);
  const late = Math.min(Math.max(Math.round((first + second) * scale), early + 1), points - 2);
  return [early, late];
}

function shocksOf(count: number, { common, own, correlation }: Noise): Float64Array {
  const [commonWeight, ownWeight] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
  return Float64Array.from({ length: count }, () => commonWeight * common.normal() + ownWeight * own.normal());
}

interface Segment {
  readonly from: Knot;
  readonly to: Knot;
  /** Standard deviation of one step, in the logarithm. */
  readonly deviation: number;
  readonly bar: Pick<Bar, "low" | "high">;
}

function bridge({ from, to, deviation, bar }: Segment, shocks: Float64Array, prices: Float64Array): void {
  const target = Math.log(to.price);
  const bounds = { low: Math.log(bar.low), high: Math.log(bar.high) };
  let level = Math.log(from.price);
  for (let i = from.index + 1; i < to.index; i++) {
    const left = to.index - i + 1;
    const drift = (target - level) / left;
    level = reflect(level + drift + deviation * Math.sqrt((left - 1) / left) * (shocks[i] ?? 0), bounds);
    prices[i] = Math.min(bar.high, Math.max(bar.low, Math.exp(level)));
  }
}

function reflect(level: number, { low, high }: { readonly low: number; readonly high: number }): number {
  const mirrored = level < low ? 2 * low - level : level > high ? 2 * high - level : level;
  return Math.min(high, Math.max(low, mirrored));
}

/** The path that the answers of a feed describe: each holds until the next. */
export function pathOfRounds(rounds: readonly Round[]): PricePath {
  const first = rounds[0];
  const last = rounds.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("no rounds to follow");
  const prices = new Float64Array(Math.floor((last.time - first.time) / MINUTE) + 1);
  let index = 0;
  for (let i = 0; i < prices.length; i++) {
    const time = first.time + i * MINUTE;
    while ((rounds[index + 1]?.time ?? Infinity) <= time) index++;
    prices[i] = fromAnswer(rounds[index]?.answer ?? first.answer);
  }
  return { start: first.time, stepSeconds: MINUTE, prices };
}
