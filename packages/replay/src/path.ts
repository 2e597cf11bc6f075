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
 * Fills the inside of bars with random paths. Each bar starts at its open, touches its low and its high exactly, in
 * random order at random minutes, ends at its close, and in between follows Brownian bridges in the logarithm, reflected
 * at low and high, with the volatility that its range implies (Parkinson 1980). Straight lines would fake a calm: on
 * 12 March 2020 they show ETH with about half of the volatility. Where bars are missing the last price stands still.
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
  // Parkinson: the variance of a driftless path is its squared log range / (4·ln 2).
  const deviation = Math.log(bar.high / bar.low) / Math.sqrt(4 * Math.LN2 * points);
  const prices = new Float64Array(points).fill(bar.close);

  knots.forEach((knot, i) => {
    const next = knots[i + 1];
    if (next !== undefined) bridge({ from: knot, to: next, deviation, bar }, shocks, prices);
  });
  // Exactly, whatever rounding the logarithm brought.
  for (const { index, price } of knots) prices[index] = price;
  return prices;
}

/** Open, both extremes in random order, close. An extreme that is the open or the close needs no place of its own. */
function knotsOf(bar: Bar, points: number, random: Random): Knot[] {
  const inner = points - 2;
  const one = 1 + random.integer(inner);
  const other = 1 + ((one + random.integer(inner - 1)) % inner);
  const [early, late] = [Math.min(one, other), Math.max(one, other)];
  const isLowFirst = random.chance(0.5);
  const isEnd = (price: number) => price === bar.open || price === bar.close;
  const extremes = [
    { index: early, price: isLowFirst ? bar.low : bar.high },
    { index: late, price: isLowFirst ? bar.high : bar.low },
  ].filter(({ price }) => !isEnd(price));
  return [{ index: 0, price: bar.open }, ...extremes, { index: points - 1, price: bar.close }];
}

interface Segment {
  readonly from: Knot;
  readonly to: Knot;
  /** Standard deviation of one step, in the logarithm. */
  readonly deviation: number;
  readonly bar: Pick<Bar, "low" | "high">;
}

function shocksOf(count: number, { common, own, correlation }: Noise): Float64Array {
  const [commonWeight, ownWeight] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
  return Float64Array.from({ length: count }, () => commonWeight * common.normal() + ownWeight * own.normal());
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
