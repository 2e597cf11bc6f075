import { FrozenPriceError, HistoryGapError, HistoryTooShortError } from "../errors.ts";
import { requireNumber } from "../validation.ts";

export const DAY_SECONDS = 86_400;
/** Days of the year that volatilities are quoted for. */
export const YEAR_DAYS = 365;

/** A price and when it was true, Unix seconds: the close of a candle with the time at which it closed, or a round. */
export interface PriceObservation {
  readonly time: number;
  readonly price: number;
}

/** What happened within 24 hours. */
export interface Day {
  /** Unix seconds. */
  readonly end: number;
  /** Realised variance: sum of squared log returns. */
  readonly variance: number;
  /** Log return. */
  readonly move: number;
}

export interface DayOptions {
  /** When the last day ends, Unix seconds. Default: with the last price, so that nothing known is left out. */
  readonly end?: number;
  /** Longest distance between two prices. Exchanges were out of order for up to 33 hours; longer ones leave whole days unknown. */
  readonly maxGapSeconds?: number;
}

const DEFAULT_MAX_GAP_SECONDS = 2 * DAY_SECONDS;

/**
 * Whole days, counted back from `end`. A return that crosses the end of a day is shared by time, so that an outage leaves
 * the variance of its net move in the days that it lasted.
 * @throws HistoryTooShortError, HistoryGapError, FrozenPriceError, InvalidNumberError
 */
export function realisedDays(observations: readonly PriceObservation[], options: DayOptions = {}): Day[] {
  const first = observations[0];
  const last = observations.at(-1);
  if (first === undefined || last === undefined) throw new HistoryTooShortError(0, 1);
  const maxGapSeconds = options.maxGapSeconds ?? DEFAULT_MAX_GAP_SECONDS;
  observations.forEach((observation, i) => {
    requireUsable(observation, observations[i - 1] ?? first, maxGapSeconds);
  });
  const end = Math.min(options.end ?? last.time, last.time);
  const count = Math.floor((end - first.time) / DAY_SECONDS);
  if (count < 1) throw new HistoryTooShortError(Math.max(count, 0), 1);
  const sums = { start: end - count * DAY_SECONDS, variance: new Float64Array(count), move: new Float64Array(count) };
  let previous = first;
  for (const observation of observations) {
    share(sums, previous, observation);
    previous = observation;
  }
  return Array.from(sums.variance, (variance, i) => {
    const dayEnd = sums.start + (i + 1) * DAY_SECONDS;
    if (variance === 0) throw new FrozenPriceError(dayEnd);
    return { end: dayEnd, variance, move: sums.move[i] ?? 0 };
  });
}

/** Volatility per year of a variance per day. */
export function annualVolatility(dailyVariance: number): number {
  return Math.sqrt(dailyVariance * YEAR_DAYS);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function requireUsable({ time, price }: PriceObservation, previous: PriceObservation, maxGapSeconds: number): void {
  requireNumber("price", price, price > 0);
  requireNumber("time", time, time >= previous.time);
  if (time - previous.time > maxGapSeconds) throw new HistoryGapError(previous.time, time);
}

interface Sums {
  readonly start: number;
  readonly variance: Float64Array;
  readonly move: Float64Array;
}

/** Adds one return to the days that it belongs to. */
function share({ start, variance, move }: Sums, from: PriceObservation, to: PriceObservation): void {
  const logReturn = Math.log(to.price / from.price);
  const length = to.time - from.time;
  const firstDay = Math.max(Math.floor((from.time - start) / DAY_SECONDS), 0);
  const lastDay = Math.min(Math.ceil((to.time - start) / DAY_SECONDS), variance.length) - 1;
  for (let day = firstDay; day <= lastDay; day++) {
    const dayStart = start + day * DAY_SECONDS;
    const overlap = Math.min(to.time, dayStart + DAY_SECONDS) - Math.max(from.time, dayStart);
    const part = length === 0 ? 1 : overlap / length;
    variance[day] = (variance[day] ?? 0) + part * logReturn ** 2;
    move[day] = (move[day] ?? 0) + part * logReturn;
  }
}
