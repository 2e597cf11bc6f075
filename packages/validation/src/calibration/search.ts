import type { ControllerParameters, RiskParameters } from "@plimsoll/risk";
import { MIN_FLOOR } from "./bounds.ts";
import { holdsInQuintiles, isWithin, measure, type Candidate, type Measured, type Walked } from "./candidate.ts";
import { maskOf, yearsOf, type CalibrationData, type Span } from "./data.ts";
import { NoSolutionError } from "./errors.ts";
import { TRAINING_LIMITS, type Limits } from "./limits.ts";
import type { AssetParameters } from "./parameters.ts";
import { refine, type Refined } from "./refine.ts";
import { walkVolatilities } from "./volatilities.ts";

/**
 * Half-lives and weights that are tried. A half-life of more than two months is longer than the turmoils are that it is to show; EMIR RTS
 * 153/2013 art. 28(1)(b) asks for a weight of at least a quarter.
 */
export const HALF_LIVES_DAYS = [20, 30, 45, 60] as const;
export const STRESSED_WEIGHTS = [0.25, 0.3, 0.35, 0.4, 0.5, 0.6] as const;
/** Of equally cheap candidates the calmest is taken: within so much the optimum is flat. */
const FLAT = 0.005;
const DAY = 86_400;

/** What happens in a year that the search has not seen. */
export interface Fold {
  readonly year: number;
  readonly span: Span;
  readonly chosen: Candidate;
}

export interface SearchResult {
  readonly chosen: AssetParameters;
  readonly refined: Refined;
  /** All, at the asked coverage. */
  readonly candidates: readonly Candidate[];
  readonly selected: Candidate;
  readonly folds: readonly Fold[];
}

/** Told what is done and how much of it. */
export type Report = (activity: string, share: number) => void;

/**
 * Finds the parameters of one asset on its training span. A grid over half-life and stressed weight, because cost and limits are
 * flat and kinked in both; for each point the least z is exact, an order statistic. Nothing is drawn at random.
 * @throws NoSolutionError
 */
export function search(data: CalibrationData, starting: AssetParameters, report: Report): SearchResult {
  const activity = `searching for ${data.asset}`;
  const controllers = HALF_LIVES_DAYS.flatMap((days) =>
    STRESSED_WEIGHTS.map((stressedWeight) => ({ ...starting.controller, ...free(days), stressedWeight })),
  );
  const walks = controllers.map((controller, i): Walked => {
    report(activity, i / controllers.length / 2);
    const columns = walkVolatilities(data, controller, { stressed: starting.stressed, withImplied: false });
    return { controller, columns, stressed: columns.trainedPeak };
  });
  const measured = { data, mask: maskOf(data, data.training), coverage: TRAINING_LIMITS.coverage };
  const candidates = walks.map((walked, i) => {
    report(activity, 0.5 + i / walks.length / 4);
    return measure(walked, starting.risk, measured);
  });
  const selected = select(candidates, measured, TRAINING_LIMITS);
  const years = yearsOf(data);
  const folds =
    years.length < 2
      ? []
      : years.map(({ year, span }, i) => {
          report(activity, 0.75 + i / years.length / 8);
          return { year, span, chosen: without(span, walks, { data, risk: starting.risk }) };
        });
  const refined = refine(data, selected, starting);
  report(activity, 1);
  return { chosen: refined.parameters, refined, candidates, selected, folds };
}

/** The floor out of the way: it is set when the rest is known. */
function free(days: number): Pick<ControllerParameters, "realisedHalfLifeSeconds" | "floor"> {
  return { realisedHalfLifeSeconds: days * DAY, floor: MIN_FLOOR };
}

interface Base {
  readonly data: CalibrationData;
  readonly risk: RiskParameters;
}

function without(span: Span, walks: readonly Walked[], { data, risk }: Base): Candidate {
  const measured = { data, mask: maskOf(data, data.training, span), coverage: TRAINING_LIMITS.coverage };
  const candidates = walks.map((walked) => measure(walked, risk, measured));
  return select(candidates, measured, TRAINING_LIMITS);
}

/** The cheapest that is within the limits; of all that cost hardly more, the one that rises least in five days. */
export function select(candidates: readonly Candidate[], measured: Measured, limits: Limits): Candidate {
  const { asset } = measured.data;
  const within = candidates.filter((candidate) => isWithin(candidate, limits));
  if (within.length === 0) {
    const least = Math.min(...candidates.map(({ peakToTrough }) => peakToTrough)).toFixed(2);
    const problem = `no candidate stays within peak-to-trough ${limits.peakToTrough} and a 5-day rise of ${limits.rise5d}`;
    throw new NoSolutionError(asset, `${problem}; the least peak-to-trough is ${least}`);
  }
  const holding = cheapestFirst(within).filter((candidate, _, sorted) => {
    const isNear = candidate.cost <= (sorted[0]?.cost ?? 0) * (1 + FLAT);
    return isNear && holdsInQuintiles(candidate, measured, limits);
  });
  const found = holding.sort((a, b) => a.rise5d - b.rise5d)[0] ?? firstHolding(within, measured, limits);
  if (found !== undefined) return found;
  throw new NoSolutionError(
    asset,
    `every candidate misses more than ${limits.quintileMissRate} of an extreme quintile`,
  );
}

function firstHolding(candidates: readonly Candidate[], measured: Measured, limits: Limits): Candidate | undefined {
  return cheapestFirst(candidates).find((candidate) => holdsInQuintiles(candidate, measured, limits));
}

function cheapestFirst(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((a, b) => a.cost - b.cost);
}
