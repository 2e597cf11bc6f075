import type { Side } from "../deltaOne.ts";
import { BacktestError } from "./errors.ts";

/** One tier of one book, sampled at equal steps of time. Margin and losses as fractions of the notional at the sample. */
export interface MarginSeries {
  /** Unix seconds, rising by `stepSeconds`. */
  readonly times: Float64Array;
  readonly stepSeconds: number;
  /** Horizon of the tier. */
  readonly horizonSteps: number;
  /** Required at the sample. */
  readonly margin: Float64Array;
  /** At the end of the horizon; negative is a gain, NaN where the data ends before. */
  readonly loss: Float64Array;
  /** Worst inside the horizon; NaN where the data ends before. */
  readonly worstLoss: Float64Array;
  /** Observed at the sample, for quintiles. */
  readonly volatility: Float64Array;
}

/** Losses of a book over the horizon from each sample on, as fractions of the notional there. */
export interface HorizonLosses {
  readonly loss: Float64Array;
  readonly worstLoss: Float64Array;
}

/** Prices at equal steps. `low` and `high` since the step before, where they are known. */
export interface StepPrices {
  readonly close: Float64Array;
  readonly low?: Float64Array;
  readonly high?: Float64Array;
}

const COLUMNS = ["margin", "loss", "worstLoss", "volatility"] as const;

/** @throws BacktestError for a series without samples, of unequal columns, or with a margin that is no number. */
export function requireSeries(series: MarginSeries): void {
  const { times, stepSeconds, horizonSteps, margin } = series;
  if (times.length === 0) throw new BacktestError("series", "there is no sample");
  if (!(stepSeconds > 0)) throw new BacktestError("stepSeconds", `${stepSeconds} is no step`);
  if (!(Number.isInteger(horizonSteps) && horizonSteps > 0)) {
    throw new BacktestError("horizonSteps", `${horizonSteps} is no positive whole number`);
  }
  for (const column of COLUMNS) {
    const { length } = series[column];
    if (length !== times.length) throw new BacktestError(column, `${length} values for ${times.length} samples`);
  }
  if (!margin.every(Number.isFinite)) throw new BacktestError("margin", "a sample has none");
}

/** The samples from `from` to before `to`, Unix seconds. Losses keep what they know of the time after. */
export function sliceSeries(series: MarginSeries, from: number, to: number): MarginSeries {
  const start = indexAt(series.times, from);
  const end = indexAt(series.times, to);
  const cut = (values: Float64Array) => values.subarray(start, end);
  return {
    ...series,
    times: cut(series.times),
    margin: cut(series.margin),
    loss: cut(series.loss),
    worstLoss: cut(series.worstLoss),
    volatility: cut(series.volatility),
  };
}

/** The first index whose time is not before `time`. */
function indexAt(times: Float64Array, time: number): number {
  const index = times.findIndex((sample) => sample >= time);
  return index < 0 ? times.length : index;
}

/** Losses of one unit of the underlying. The worst one inside looks at lows or highs where they are given. */
export function deltaOneLosses(prices: StepPrices, horizonSteps: number, side: Side): HorizonLosses {
  const { close, low = close, high = close } = prices;
  const isLong = side === "long";
  const sign = isLong ? 1 : -1;
  const extreme = slidingExtreme(isLong ? low : high, horizonSteps, isLong ? Math.min : Math.max);
  const lossAt = (from: number, price: number | undefined) => sign * (1 - (price ?? NaN) / (close[from] ?? NaN));
  return {
    loss: close.map((_, i) => lossAt(i, close[i + horizonSteps])),
    worstLoss: close.map((_, i) => lossAt(i, extreme[i])),
  };
}

/**
 * Of each index, the extreme of the `steps` values after it; NaN where there are fewer. By blocks of `steps` (van Herk
 * 1992), in time that does not depend on `steps`.
 */
export function slidingExtreme(
  values: Float64Array,
  steps: number,
  choose: (a: number, b: number) => number,
): Float64Array {
  const count = values.length;
  const fromBlockStart = Float64Array.from(values);
  for (let i = 1; i < count; i++) {
    if (i % steps !== 0) fromBlockStart[i] = choose(values[i] ?? NaN, fromBlockStart[i - 1] ?? NaN);
  }
  const toBlockEnd = Float64Array.from(values);
  for (let i = count - 2; i >= 0; i--) {
    if ((i + 1) % steps !== 0) toBlockEnd[i] = choose(values[i] ?? NaN, toBlockEnd[i + 1] ?? NaN);
  }
  return values.map((_, i) => choose(toBlockEnd[i + 1] ?? NaN, fromBlockStart[i + steps] ?? NaN));
}
