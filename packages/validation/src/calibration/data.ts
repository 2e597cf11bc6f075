import { type Asset, endOf, formatTime, fromAnswer, priceAt } from "@plimsoll/replay";
import { RealisedVolatility, type HorizonLosses, type Side } from "@plimsoll/risk";
import { type AssetHistory, closesOf } from "../marketHistory.ts";
import { lossesFrom } from "../series.ts";
import { SpanError } from "./errors.ts";

export const STEP_SECONDS = 3600;
const DAY = 86_400;
/** Prices from which the first volatility is taken. */
export const WARM_UP_DAYS = 90;
/** Less says nothing of regimes. */
const MIN_TRAINING_DAYS = 365;

/** From `from` to before `to`, Unix seconds, and as indices of samples. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

/** One asset as calibration looks at it: hourly samples after the warm-up, what is lost from each, and the rounds behind. */
export interface CalibrationData {
  readonly asset: Asset;
  readonly history: AssetHistory;
  /** Of the samples, Unix seconds. */
  readonly times: Float64Array;
  readonly training: Span;
  /** Undefined where the prices end with the training. */
  readonly test: Span | undefined;
  /** Rounds after the first sample. */
  readonly roundTimes: Float64Array;
  readonly roundPrices: Float64Array;
  /** Last price before the first sample. */
  readonly startPrice: number;
  /** Losses of one unit by horizon, found when first asked for. */
  readonly losses: (side: Side, horizonSeconds: number) => HorizonLosses;
  /** Realised volatility that the warm-up shows. */
  readonly warmVolatility: (halfLifeSeconds: number) => number;
}

/** @throws SpanError if there is too little before `until`, or nothing. @param until End of the training, Unix seconds. */
export function prepare(history: AssetHistory, until: number, to = Infinity): CalibrationData {
  const start = Math.ceil(history.path.start / STEP_SECONDS) * STEP_SECONDS + WARM_UP_DAYS * DAY;
  const end = Math.min(endOf(history.path), to);
  requireTraining(history, start, Math.min(until, end));
  const count = Math.floor((end - start) / STEP_SECONDS);
  const times = Float64Array.from({ length: count }, (_, i) => start + i * STEP_SECONDS);
  const indexOf = (time: number) => Math.min(Math.max(Math.round((time - start) / STEP_SECONDS), 0), count);
  const spanOf = (from: number, before: number): Span => ({
    from,
    to: before,
    first: indexOf(from),
    end: indexOf(before),
  });
  const rounds = history.rounds.filter(({ time }) => time > start && time <= end);
  const startPrice = priceAt(history.path, start);
  const openings = openingsAt(times, rounds, startPrice);
  const known = new Map<string, HorizonLosses>();
  return {
    asset: history.asset,
    history,
    times,
    training: spanOf(start, Math.min(until, end)),
    test: end - until > DAY ? spanOf(until, end) : undefined,
    roundTimes: Float64Array.from(rounds, ({ time }) => time),
    roundPrices: Float64Array.from(rounds, ({ answer }) => fromAnswer(answer)),
    startPrice,
    losses(side, horizonSeconds) {
      const key = `${side}/${horizonSeconds}`;
      const losses = known.get(key) ?? lossesFrom(openings, history.path, { side, horizonSeconds });
      known.set(key, losses);
      return losses;
    },
    warmVolatility: (halfLifeSeconds) => warmVolatility(history, start, halfLifeSeconds),
  };
}

function requireTraining({ asset, path }: AssetHistory, start: number, until: number): void {
  if (until - start >= MIN_TRAINING_DAYS * DAY) return;
  throw new SpanError(`training of ${asset}`, {
    problem: `prices from ${formatTime(path.start)}, the first ${WARM_UP_DAYS} days for warm-up, to ${formatTime(until)}`,
    expected: `at least ${MIN_TRAINING_DAYS + WARM_UP_DAYS} days`,
  });
}

interface PricedRound {
  readonly time: number;
  readonly answer: bigint;
}

/** Positions are opened at the mark, which is the last answer. */
function openingsAt(times: Float64Array, rounds: readonly PricedRound[], startPrice: number): Opening[] {
  let next = 0;
  let mark = startPrice;
  return Array.from(times, (time) => {
    for (let round = rounds[next]; round !== undefined && round.time <= time; round = rounds[++next]) {
      mark = fromAnswer(round.answer);
    }
    return { time, mark };
  });
}

interface Opening {
  readonly time: number;
  readonly mark: number;
}

function warmVolatility({ path }: AssetHistory, until: number, halfLifeSeconds: number): number {
  const closes = closesOf(path, STEP_SECONDS).filter(({ time }) => time <= until);
  const [first] = closes;
  if (first === undefined) throw new RangeError("a warm-up without prices");
  const realised = new RealisedVolatility(first, 0, halfLifeSeconds);
  for (const { price, time } of closes.slice(1)) realised.observe(price, time);
  // The average began at nothing: what has been seen so far has this much of the whole weight.
  const weight = 1 - 2 ** (-(realised.updatedAt - first.time) / halfLifeSeconds);
  return Math.sqrt(realised.newestVariance() / weight);
}

/** Whether each sample lies in a span, and not in a part that is left out. */
export function maskOf(data: CalibrationData, span: Span, leftOut?: Span): Uint8Array {
  const mask = new Uint8Array(data.times.length).fill(1, span.first, span.end);
  if (leftOut !== undefined) mask.fill(0, leftOut.first, leftOut.end);
  return mask;
}

/** The calendar years of a span of which it holds at least a half. */
export function yearsOf({ training, times }: CalibrationData): { readonly year: number; readonly span: Span }[] {
  const [first, last] = [training.from, training.to - 1].map((time) => new Date(time * 1000).getUTCFullYear());
  const years: { year: number; span: Span }[] = [];
  for (let year = first ?? 0; year <= (last ?? 0); year++) {
    const from = Math.max(Date.UTC(year, 0, 1) / 1000, training.from);
    const to = Math.min(Date.UTC(year + 1, 0, 1) / 1000, training.to);
    const indexOf = (time: number) => Math.round((time - (times[0] ?? 0)) / STEP_SECONDS);
    if (to - from >= 182 * DAY) years.push({ year, span: { from, to, first: indexOf(from), end: indexOf(to) } });
  }
  return years;
}
