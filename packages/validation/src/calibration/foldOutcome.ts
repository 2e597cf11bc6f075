import { SIDES, type Side } from "@plimsoll/risk";
import type { CalibrationData } from "./data.ts";
import { requirements } from "./requirements.ts";
import type { Fold } from "./search.ts";

/** A year, and what parameters that were found without it do in it. */
export interface FoldOutcome {
  readonly year: number;
  readonly halfLifeDays: number;
  readonly stressedWeight: number;
  readonly z: number;
  readonly coverage: Readonly<Record<Side, number>>;
  /** Of both sides, fraction of notional. */
  readonly mean: number;
}

export function outcomeOf({ year, span, chosen }: Fold, data: CalibrationData): FoldOutcome {
  const { walked, risk } = chosen;
  const sides = SIDES.map((side) => {
    const { loss } = data.losses(side, risk.initial.horizonSeconds);
    const margin = requirements(risk, walked.columns, { tier: "initial", side });
    let [misses, sum] = [0, 0];
    for (let i = span.first; i < span.end; i++) {
      sum += margin[i] ?? NaN;
      if ((loss[i] ?? NaN) > (margin[i] ?? NaN)) misses++;
    }
    const samples = span.end - span.first;
    return { side, coverage: 1 - misses / samples, mean: sum / samples };
  });
  return {
    year,
    halfLifeDays: walked.controller.realisedHalfLifeSeconds / 86_400,
    stressedWeight: walked.controller.stressedWeight,
    z: risk.initial.z,
    coverage: Object.fromEntries(sides.map(({ side, coverage }) => [side, coverage])) as Record<Side, number>,
    mean: sides.reduce((sum, { mean }) => sum + mean, 0) / sides.length,
  };
}
