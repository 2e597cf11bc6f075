import {
  type ControllerParameters,
  type RiskParameters,
  SIDES,
  type Side,
  coverageOf,
  deltaOneRequirement,
  slidingExtreme,
  targetOf,
} from "@plimsoll/risk";
import { MIN_RANGE, MIN_Z } from "./bounds.ts";
import { STEP_SECONDS, type CalibrationData } from "./data.ts";
import { holdInExtremes, type Limits } from "./limits.ts";
import { roundUp } from "./parameters.ts";
import { coveringZ, leastZ, median } from "./quantile.ts";
import { requirements, seriesOf } from "./requirements.ts";
import type { VolatilityColumns } from "./volatilities.ts";

/** Quiet times are half as volatile as the median of the training, which may have seen none. */
const CALM_SHARE = 0.5;
const Z_STEP = 0.01;
const RISE_STEPS = (5 * 86_400) / STEP_SECONDS;

/** A controller of the search space, walked over all prices. */
export interface Walked {
  readonly controller: ControllerParameters;
  readonly columns: VolatilityColumns;
  readonly stressed: number;
}

/** One point of the search space, measured on the samples of a mask. Margins as fractions of notional. */
export interface Candidate {
  readonly walked: Walked;
  readonly risk: RiskParameters;
  /** Half of the mean over the samples, half of what calm requires; both sides. */
  readonly cost: number;
  readonly mean: number;
  /** Required when the observed volatility is calm; by side. */
  readonly calm: Readonly<Record<Side, number>>;
  /** The most that was required; by side. */
  readonly highest: Readonly<Record<Side, number>>;
  /** From calm to the highest of the samples, the worse side. */
  readonly peakToTrough: number;
  /** Worst rise within five days, the worse side. */
  readonly rise5d: number;
}

/** What a candidate is measured on. @param coverage To be met on each side. */
export interface Measured {
  readonly data: CalibrationData;
  readonly mask: Uint8Array;
  readonly coverage: number;
}

/** The candidate with the least initial z that covers the asked share on both sides. */
export function measure(walked: Walked, base: RiskParameters, { data, mask, coverage }: Measured): Candidate {
  const { columns, controller, stressed } = walked;
  const risk = withInitialZ(base, leastInitialZ(columns, base, { data, mask, coverage }));
  const calmObserved = CALM_SHARE * median(columns.observed, mask);
  const calmVolatility = targetOf(controller, calmObserved, stressed);
  const calmPair = { initial: calmVolatility, maintenance: calmVolatility };
  const sides = SIDES.map((side) => {
    const margin = requirements(risk, columns, { tier: "initial", side });
    const calm = deltaOneRequirement(risk, calmPair, side).initial;
    return { side, calm, mean: meanOf(margin, mask), highest: highestOf(margin, mask), rise: worstRise(margin, mask) };
  });
  const average = (pick: (one: (typeof sides)[number]) => number) =>
    sides.reduce((sum, one) => sum + pick(one), 0) / sides.length;
  const bySide = (pick: (one: (typeof sides)[number]) => number) =>
    Object.fromEntries(sides.map((one) => [one.side, pick(one)])) as Record<Side, number>;
  const [mean, calm] = [average((one) => one.mean), average((one) => one.calm)];
  return {
    walked,
    risk,
    cost: (mean + calm) / 2,
    mean,
    calm: bySide((one) => one.calm),
    highest: bySide((one) => one.highest),
    peakToTrough: Math.max(...sides.map((one) => one.highest / one.calm)),
    rise5d: Math.max(...sides.map((one) => one.rise)),
  };
}

function leastInitialZ(
  { initial }: VolatilityColumns,
  risk: RiskParameters,
  { data, mask, coverage }: Measured,
): number {
  const needed = SIDES.map((side) => {
    const { loss } = data.losses(side, risk.initial.horizonSeconds);
    const inputs = { volatility: initial, loss, mask };
    return leastZ(coveringZ(inputs, risk, { tier: "initial", side }), coverage);
  });
  return roundUp(Math.max(...needed, MIN_Z), Z_STEP);
}

/** The limits of the range out of the way: they are set when the rest is known. */
function withInitialZ(risk: RiskParameters, z: number): RiskParameters {
  return { ...risk, initial: { ...risk.initial, z, rangeMin: MIN_RANGE, rangeMax: 1 } };
}

function meanOf(margin: Float64Array, mask: Uint8Array): number {
  let sum = 0;
  let count = 0;
  margin.forEach((value, i) => {
    if (mask[i] !== 1) return;
    sum += value;
    count++;
  });
  return sum / count;
}

function highestOf(margin: Float64Array, mask: Uint8Array): number {
  return margin.reduce((highest, value, i) => (mask[i] === 1 ? Math.max(highest, value) : highest), 0);
}

/** Within five days, of samples that count at both ends. */
function worstRise(margin: Float64Array, mask: Uint8Array): number {
  const highest = slidingExtreme(margin, RISE_STEPS, Math.max);
  return margin.reduce((worst, value, i) => {
    const counts = mask[i] === 1 && mask[i + RISE_STEPS] === 1;
    return counts ? Math.max(worst, (highest[i] ?? NaN) / value - 1) : worst;
  }, 0);
}

export function isWithin({ peakToTrough, rise5d }: Candidate, limits: Limits): boolean {
  return peakToTrough <= limits.peakToTrough && rise5d <= limits.rise5d;
}

/** Whether neither the calmest nor the wildest fifth misses more than it may, or only by what may be luck. */
export function holdsInQuintiles({ risk, walked }: Candidate, { data, mask }: Measured, limits: Limits): boolean {
  const counted = (values: Float64Array) => values.filter((_, i) => mask[i] === 1);
  return SIDES.every((side) => {
    const series = seriesOf(data, { risk, columns: walked.columns, row: { tier: "initial", side } }, counted);
    const { quintiles } = coverageOf(series, limits);
    return holdInExtremes(quintiles, limits);
  });
}
