import { BacktestError } from "./errors.ts";
import { requireSeries, slidingExtreme, type MarginSeries } from "./marginSeries.ts";

const DAY = 86_400;
const RISE_DAYS = [1, 5, 30] as const;
/** An impulse is over when the margin is this near to where it came from. */
const BACK_WITHIN = 0.05;

/** How a margin moves in the course of time (Murphy, Vasios and Vause, 2014). */
export interface Procyclicality {
  /** The highest margin over the lowest. */
  readonly peakToTrough: number;
  readonly rises: readonly Rise[];
  /** As a fraction of notional. */
  readonly mean: number;
}

/** The worst rise over so many days; 0.5 is a margin half as high again. NaN where the series is shorter. */
export interface Rise {
  readonly days: number;
  /** max over t of margin(t + days)/margin(t) − 1: against the margin exactly so many days before. */
  readonly exact: number;
  /** The same against the highest margin of the days after t: no less than `exact`. */
  readonly within: number;
}

export function procyclicalityOf(series: MarginSeries): Procyclicality {
  requireSeries(series);
  const { margin, stepSeconds } = series;
  return {
    peakToTrough: peakToTrough(margin),
    rises: RISE_DAYS.map((days) => worstRise(margin, { days, steps: Math.round((days * DAY) / stepSeconds) })),
    mean: margin.reduce((total, value) => total + value, 0) / margin.length,
  };
}

export function peakToTrough(margin: Float64Array): number {
  const highest = margin.reduce((a, b) => Math.max(a, b), -Infinity);
  return highest / margin.reduce((a, b) => Math.min(a, b), Infinity);
}

function worstRise(margin: Float64Array, { days, steps }: { days: number; steps: number }): Rise {
  if (steps < 1 || margin.length <= steps) return { days, exact: NaN, within: NaN };
  const highest = slidingExtreme(margin, steps, Math.max);
  let exact = -Infinity;
  let within = -Infinity;
  for (let i = 0; i + steps < margin.length; i++) {
    const from = margin[i] ?? NaN;
    exact = Math.max(exact, (margin[i + steps] ?? NaN) / from);
    within = Math.max(within, (highest[i] ?? NaN) / from);
  }
  return { days, exact: exact - 1, within: within - 1 };
}

/** What one shock does to a margin. Times in seconds from the shock; undefined if the path ends before. */
export interface ImpulseResponse {
  /** Rise from the last margin before the shock to the first after it. */
  readonly immediate: number;
  readonly highest: number;
  /** Until half of the highest rise is left, from then on. */
  readonly halfSeconds: number | undefined;
  /** Until the margin is within 5 % of what it was before, from then on. */
  readonly backSeconds: number | undefined;
}

/**
 * @param margin - At equal steps; the first is the last one before the shock.
 * @throws BacktestError for fewer than two margins.
 */
export function impulseResponseOf(margin: Float64Array, stepSeconds: number): ImpulseResponse {
  const [before, first] = margin;
  if (before === undefined || first === undefined)
    throw new BacktestError("margin", "an impulse needs a before and an after");
  const rises = margin.map((value) => value / before - 1);
  const highest = rises.reduce((a, b) => Math.max(a, b), 0);
  return {
    immediate: first / before - 1,
    highest,
    halfSeconds: settledAfter(rises, highest / 2, stepSeconds),
    backSeconds: settledAfter(rises, BACK_WITHIN, stepSeconds),
  };
}

/** When the last rise above the level is past. */
function settledAfter(rises: Float64Array, level: number, stepSeconds: number): number | undefined {
  const last = rises.findLastIndex((rise) => rise > level);
  if (last === rises.length - 1) return undefined;
  return (last + 1) * stepSeconds;
}
