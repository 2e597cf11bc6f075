import jStat from "jstat";

/** A share with an interval that holds it with {@link CONFIDENCE}. */
export interface Proportion {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Independent observations that the samples are worth. */
  readonly effectiveCount: number;
}

export const CONFIDENCE = 0.95;
/** Length of the blocks that show whether hits cluster, in horizons: a turmoil lasts days. */
const BLOCK_HORIZONS = 10;
/** With fewer blocks their scatter says little. */
const MIN_BLOCKS = 10;

/**
 * Clopper and Pearson's (1934) exact interval for `hits` of `count`, which need not be whole numbers.
 */
export function clopperPearson(hits: number, count: number, confidence = CONFIDENCE): { low: number; high: number } {
  const tail = (1 - confidence) / 2;
  return {
    low: hits <= 0 ? 0 : jStat.beta.inv(tail, hits, count - hits + 1),
    high: hits >= count ? 1 : jStat.beta.inv(1 - tail, hits + 1, count - hits),
  };
}

/** Which samples count, and which of them are hits. */
export interface Sample {
  readonly length: number;
  readonly isCounted: (index: number) => boolean;
  readonly isHit: (index: number) => boolean;
}

/**
 * The share of hits among samples taken at every step while what is measured lasts `horizonSteps`, with its interval.
 *
 * Neighbouring samples share all but one step, so they are not independent: hourly samples of a day count for no more than
 * one observation a day. And hits cluster in turmoil. The interval is Korn and Graubard's (1998) for clustered samples:
 * Clopper and Pearson's at the effective count p(1 − p)/Var p̂, the variance taken between blocks of ten horizons, and
 * never at more than the number of windows that do not overlap.
 */
export function proportion(sample: Sample, horizonSteps: number): Proportion {
  const { hits, counts } = tally(sample, horizonSteps * BLOCK_HORIZONS);
  const count = sum(counts);
  const value = sum(hits) / count;
  const windows = Math.max(count / horizonSteps, 1);
  const effectiveCount = Math.min(windows, clusteredCount({ hits, counts }, value));
  return { value, ...clopperPearson(value * effectiveCount, effectiveCount), effectiveCount };
}

interface Blocks {
  readonly hits: readonly number[];
  readonly counts: readonly number[];
}

function tally({ length, isCounted, isHit }: Sample, blockSteps: number): Blocks {
  const hits: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < length; i++) {
    if (!isCounted(i)) continue;
    const block = Math.floor(i / blockSteps);
    counts[block] = (counts[block] ?? 0) + 1;
    hits[block] = (hits[block] ?? 0) + (isHit(i) ? 1 : 0);
  }
  const filled = Object.keys(counts).map(Number);
  return { hits: filled.map((block) => hits[block] ?? 0), counts: filled.map((block) => counts[block] ?? 0) };
}

/** p(1 − p)/Var p̂ by the ratio estimator between blocks. */
function clusteredCount({ hits, counts }: Blocks, value: number): number {
  const blocks = counts.length;
  if (blocks < MIN_BLOCKS || value === 0 || value === 1) return Infinity;
  const scatter = counts.reduce((total, count, i) => total + ((hits[i] ?? 0) - value * count) ** 2, 0);
  const variance = (scatter * blocks) / (blocks - 1) / sum(counts) ** 2;
  return Math.max((value * (1 - value)) / variance, 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
