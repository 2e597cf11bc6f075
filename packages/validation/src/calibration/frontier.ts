import type { RiskParameters } from "@plimsoll/risk";
import { measure, type Candidate } from "./candidate.ts";
import { maskOf, type CalibrationData } from "./data.ts";
import type { SearchResult } from "./search.ts";

/** Coverages in training that the frontier is drawn for. */
export const FRONTIER_COVERAGES = [0.985, 0.991, 0.995] as const;

/** What one stressed weight costs at one coverage. */
export interface FrontierPoint {
  readonly coverage: number;
  readonly stressedWeight: number;
  readonly z: number;
  readonly cost: number;
  readonly peakToTrough: number;
  readonly rise5d: number;
}

/** Coverage against procyclicality against cost, over the stressed weight, at the chosen half-life. */
export function frontierOf(
  data: CalibrationData,
  { candidates, selected }: SearchResult,
  risk: RiskParameters,
): FrontierPoint[] {
  const halfLife = selected.walked.controller.realisedHalfLifeSeconds;
  const own = candidates.filter(({ walked }) => walked.controller.realisedHalfLifeSeconds === halfLife);
  const mask = maskOf(data, data.training);
  return FRONTIER_COVERAGES.flatMap((coverage) =>
    own.map(({ walked }) => pointOf(coverage, measure(walked, risk, { data, mask, coverage }))),
  );
}

function pointOf(coverage: number, { walked, risk, cost, peakToTrough, rise5d }: Candidate): FrontierPoint {
  return {
    coverage,
    stressedWeight: walked.controller.stressedWeight,
    z: risk.initial.z,
    cost,
    peakToTrough,
    rise5d,
  };
}
