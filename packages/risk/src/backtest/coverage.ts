import { BacktestError } from "./errors.ts";
import { requireSeries, type MarginSeries } from "./marginSeries.ts";
import { missTests, type MissTests } from "./missTests.ts";
import { proportion, type Proportion } from "./proportion.ts";

/** What a margin is held against. */
export interface CoverageGoals {
  /** Share of samples whose loss at the end of the horizon the margin covers. */
  readonly coverage: number;
  /** Largest share of misses in the calmest and in the wildest fifth of the time. */
  readonly quintileMissRate: number;
}

export const COVERAGE_GOALS: CoverageGoals = { coverage: 0.99, quintileMissRate: 0.013 };

/** Losses beyond the margin at the end of the horizon. */
export interface Exceedances {
  /** Of the samples, which overlap. */
  readonly count: number;
  /** Of what is missing, as fractions of notional; 0 without any. */
  readonly mean: number;
  readonly max: number;
  /** The same as shares of the margin. */
  readonly meanOfMargin: number;
  readonly maxOfMargin: number;
}

/** One fifth of the samples by observed volatility, from the calmest. */
export interface QuintileMisses {
  readonly samples: number;
  /** Volatilities it reaches from and to. */
  readonly from: number;
  readonly to: number;
  readonly misses: Proportion;
  /** Whether the misses are more than the goal, but the goal is inside the interval. */
  readonly isLuck: boolean;
}

export interface Coverage {
  /** With a loss: the end of the data has none. */
  readonly samples: number;
  readonly coverage: Proportion;
  /** Share of samples whose worst loss inside the horizon is beyond the margin. */
  readonly insideMisses: Proportion;
  readonly exceedances: Exceedances;
  readonly tests: MissTests;
  readonly quintiles: readonly QuintileMisses[];
}

const QUINTILES = 5;

/** Whether a margin was enough. @throws BacktestError for a series without any loss. */
export function coverageOf(series: MarginSeries, goals: CoverageGoals = COVERAGE_GOALS): Coverage {
  requireSeries(series);
  const { margin, loss, worstLoss, horizonSteps } = series;
  const isCounted = (i: number) => !Number.isNaN(loss[i]);
  const samples = loss.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  if (samples === 0) throw new BacktestError("loss", "no sample has one: the data ends inside the first horizon");
  const sample = { length: margin.length, isCounted };
  const isAbove = (losses: Float64Array) => (i: number) => (losses[i] ?? NaN) > (margin[i] ?? NaN);
  return {
    samples,
    coverage: complement(proportion({ ...sample, isHit: isAbove(loss) }, horizonSteps)),
    insideMisses: proportion({ ...sample, isHit: isAbove(worstLoss) }, horizonSteps),
    exceedances: exceedancesOf(series),
    tests: missTests(windowMisses(series), 1 - goals.coverage),
    quintiles: quintilesOf(series, goals.quintileMissRate),
  };
}

function complement({ value, low, high, effectiveCount }: Proportion): Proportion {
  return { value: 1 - value, low: 1 - high, high: 1 - low, effectiveCount };
}

/** Whether each window missed, of windows that follow each other from the first sample on without overlap. */
export function windowMisses({ margin, loss, horizonSteps }: MarginSeries): boolean[] {
  const misses: boolean[] = [];
  for (let i = 0; i < margin.length; i += horizonSteps) {
    const value = loss[i] ?? NaN;
    if (!Number.isNaN(value)) misses.push(value > (margin[i] ?? NaN));
  }
  return misses;
}

function exceedancesOf({ margin, loss }: MarginSeries): Exceedances {
  const found = { count: 0, sum: 0, max: 0, sumOfMargin: 0, maxOfMargin: 0 };
  margin.forEach((required, i) => {
    const excess = (loss[i] ?? NaN) - required;
    if (!(excess > 0)) return;
    found.count++;
    found.sum += excess;
    found.max = Math.max(found.max, excess);
    found.sumOfMargin += excess / required;
    found.maxOfMargin = Math.max(found.maxOfMargin, excess / required);
  });
  const { count, max, maxOfMargin } = found;
  const divisor = Math.max(count, 1);
  return { count, mean: found.sum / divisor, max, meanOfMargin: found.sumOfMargin / divisor, maxOfMargin };
}

function quintilesOf({ margin, loss, volatility, horizonSteps }: MarginSeries, goal: number): QuintileMisses[] {
  const counted = [...volatility.keys()].filter((i) => !Number.isNaN(loss[i]));
  const volatilityAt = (i: number | undefined) => volatility[i ?? -1] ?? NaN;
  const ranked = Uint32Array.from(counted).sort((a, b) => volatilityAt(a) - volatilityAt(b) || a - b);
  const quintiles = new Uint8Array(margin.length).fill(QUINTILES);
  ranked.forEach((index, rank) => (quintiles[index] = Math.floor((rank * QUINTILES) / ranked.length)));
  const isHit = (i: number) => (loss[i] ?? NaN) > (margin[i] ?? NaN);
  return Array.from({ length: Math.min(QUINTILES, ranked.length) }, (_, quintile) => {
    const own = ranked.filter((index) => quintiles[index] === quintile);
    const isCounted = (i: number) => quintiles[i] === quintile;
    const misses = proportion({ length: margin.length, isCounted, isHit }, horizonSteps);
    const isLuck = misses.value > goal && misses.low <= goal;
    return { samples: own.length, from: volatilityAt(own[0]), to: volatilityAt(own.at(-1)), misses, isLuck };
  });
}
