import { SIDES, YEAR_SECONDS, type ControllerParameters, type RiskParameters } from "@plimsoll/risk";
import type { Tier } from "../observations.ts";
import { MIN_FLOOR, MIN_RANGE, MIN_Z, requireBounds } from "./bounds.ts";
import type { Candidate } from "./candidate.ts";
import { maskOf, type CalibrationData } from "./data.ts";
import { GOALS, TRAINING_LIMITS } from "./limits.ts";
import { roundDown, roundUp, type AssetParameters } from "./parameters.ts";
import { coveringZ, leastZ } from "./quantile.ts";
import { requirements } from "./requirements.ts";
import { walkVolatilities, type VolatilityColumns } from "./volatilities.ts";

const HOUR = 3600;
/** Half-lives of the way down that are tried, and what the longest may cost over the shortest: calm is worth half a per cent. */
export const INITIAL_HALF_LIVES_HOURS = [24, 72, 168] as const;
const CALM_SURCHARGE = 0.005;
/**
 * Speeds of the maintenance volatility that are tried, slowest first, and how much a speed may add to what the losses of the
 * training exceed margin by. History hardly tells speeds apart: the starting one is kept while it adds no more.
 */
export const RISES_PER_HOUR = [0.005, 0.01, 0.02, 0.03, 0.05] as const;
const FASTEST_RISE = 0.1;
const NOTICE_SURCHARGE = 0.005;
/** How exactly parameters are written. */
const Z_STEP = 0.01;
const VOLATILITY_STEP = 0.01;
const RANGE_STEP = 0.005;

export interface Trial {
  readonly value: number;
  /** Mean initial volatility, or mean shortfall. */
  readonly measure: number;
}

export interface Refined {
  readonly parameters: AssetParameters;
  readonly initialHalfLives: readonly Trial[];
  readonly rises: readonly Trial[];
}

/** Completes the selected candidate: floor, ranges, speeds, and the maintenance tier. @throws NoSolutionError */
export function refine(data: CalibrationData, selected: Candidate, starting: AssetParameters): Refined {
  const { stressed } = selected.walked;
  const floor = floorOf(selected);
  const walk = (controller: ControllerParameters) =>
    walkVolatilities(data, controller, { stressed, withImplied: false });
  const floored = { ...selected.walked.controller, floor };
  const { controller: slowDown, trials: initialHalfLives } = slowestFall(data, floored, walk);
  const maintenance = riseAndZ(data, { controller: slowDown, risk: starting.risk }, walk);
  const z = { initial: selected.risk.initial.z, maintenance: maintenance.z };
  const ranged = withRanges(starting.risk, z, { floor, columns: maintenance.columns, data });
  const found = {
    controller: maintenance.controller,
    risk: ranged,
    stressed: roundUp(stressed, VOLATILITY_STEP),
  };
  requireBounds(data.asset, found);
  return {
    parameters: found,
    initialHalfLives,
    rises: maintenance.trials,
  };
}

/**
 * The least volatility from which margin would have to rise by no more than the goal for peak-to-trough, to be where it was
 * highest in the training. So the goal holds by construction until something worse happens.
 */
function floorOf({ highest, risk: { initial } }: Candidate): number {
  const long = -Math.log1p(-highest.long / GOALS.peakToTrough);
  const short = Math.log1p(highest.short / GOALS.peakToTrough);
  const scale = initial.z * Math.sqrt(initial.horizonSeconds / YEAR_SECONDS);
  return Math.max(roundUp(Math.max(long, short) / scale, VOLATILITY_STEP), MIN_FLOOR);
}

type Walk = (controller: ControllerParameters) => VolatilityColumns;

/** The longest half-life that costs hardly more than the shortest. */
function slowestFall(data: CalibrationData, controller: ControllerParameters, walk: Walk) {
  const { first, end } = data.training;
  const trials = INITIAL_HALF_LIVES_HOURS.map((value): Trial => {
    const { initial } = walk({ ...controller, initialHalfLifeSeconds: value * HOUR });
    const inside = initial.subarray(first, end);
    return { value, measure: inside.reduce((sum, one) => sum + one, 0) / inside.length };
  });
  const least = Math.min(...trials.map(({ measure }) => measure));
  const cheap = trials.filter(({ measure }) => measure <= least * (1 + CALM_SURCHARGE));
  const hours = Math.max(...cheap.map(({ value }) => value));
  return { controller: { ...controller, initialHalfLifeSeconds: hours * HOUR }, trials };
}

/** The starting speed, or the slowest that adds hardly anything to the shortfall, and the z that the maintenance tier needs with it. */
function riseAndZ(
  data: CalibrationData,
  { controller, risk }: { readonly controller: ControllerParameters; readonly risk: RiskParameters },
  walk: Walk,
) {
  const walkAt = (maintenanceRisePerHour: number) => {
    const set = { ...controller, maintenanceRisePerHour };
    return { controller: set, columns: walk(set) };
  };
  const fastest = walkAt(FASTEST_RISE);
  const z = roundUp(leastMaintenanceZ(data, fastest.columns.maintenance, risk), Z_STEP);
  const wide = { ...risk, maintenance: { ...risk.maintenance, z, rangeMin: MIN_RANGE, rangeMax: 1 } };
  const tried = [...RISES_PER_HOUR.map(walkAt), fastest].map((one) => ({
    ...one,
    shortfall: shortfallOf(data, wide, one.columns),
  }));
  const least = tried.at(-1)?.shortfall ?? NaN;
  const cheap = tried.filter(({ shortfall }) => shortfall <= least * (1 + NOTICE_SURCHARGE));
  const isStarting = (one: (typeof tried)[number]) =>
    one.controller.maintenanceRisePerHour === controller.maintenanceRisePerHour;
  const found = cheap.find(isStarting) ?? cheap[0] ?? fastest;
  return {
    controller: found.controller,
    columns: found.columns,
    z: roundUp(leastMaintenanceZ(data, found.columns.maintenance, risk), Z_STEP),
    trials: tried.map((one): Trial => ({ value: one.controller.maintenanceRisePerHour, measure: one.shortfall })),
  };
}

/** What the losses of both sides exceed maintenance by, on average over the samples of the training. */
function shortfallOf(data: CalibrationData, risk: RiskParameters, columns: VolatilityColumns): number {
  const { first, end } = data.training;
  let sum = 0;
  for (const side of SIDES) {
    const { loss } = data.losses(side, risk.maintenance.horizonSeconds);
    const margin = requirements(risk, columns, { tier: "maintenance", side });
    for (let i = first; i < end; i++) sum += Math.max((loss[i] ?? NaN) - (margin[i] ?? NaN), 0) || 0;
  }
  return sum / (end - first);
}

function leastMaintenanceZ(data: CalibrationData, volatility: Float64Array, risk: RiskParameters): number {
  const mask = maskOf(data, data.training);
  const needed = SIDES.map((side) => {
    const { loss } = data.losses(side, risk.maintenance.horizonSeconds);
    return leastZ(coveringZ({ volatility, loss, mask }, risk, { tier: "maintenance", side }), TRAINING_LIMITS.coverage);
  });
  return Math.max(...needed, MIN_Z);
}

interface RangeInputs {
  readonly floor: number;
  readonly columns: VolatilityColumns;
  readonly data: CalibrationData;
}

/** Ranges end where the floor of the volatility puts them, and above, where no training day reached. */
function withRanges(
  risk: RiskParameters,
  z: Readonly<Record<Tier, number>>,
  { floor, columns, data: { training } }: RangeInputs,
): RiskParameters {
  const tierOf = (tier: Tier) => {
    const scale = z[tier] * Math.sqrt(risk[tier].horizonSeconds / YEAR_SECONDS);
    const inside = columns[tier].subarray(training.first, training.end);
    const highest = inside.reduce((a, b) => Math.max(a, b), 0);
    return {
      ...risk[tier],
      z: z[tier],
      rangeMin: Math.max(roundDown(scale * floor, RANGE_STEP), MIN_RANGE),
      rangeMax: Math.max(risk[tier].rangeMax, roundUp(scale * highest, RANGE_STEP)),
    };
  };
  return { ...risk, initial: tierOf("initial"), maintenance: tierOf("maintenance") };
}
