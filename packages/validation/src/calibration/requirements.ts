import { deltaOneRequirement, type MarginSeries, type RiskParameters, type Side } from "@plimsoll/risk";
import type { Tier } from "../observations.ts";
import { STEP_SECONDS, type CalibrationData } from "./data.ts";
import type { VolatilityColumns } from "./volatilities.ts";

/** One tier of one unit, held or owed. */
export interface Row {
  readonly tier: Tier;
  readonly side: Side;
}

/** What one unit requires at each sample, as a fraction of its value. */
export function requirements(risk: RiskParameters, columns: VolatilityColumns, { tier, side }: Row): Float64Array {
  return columns.initial.map((initial, i) => {
    const maintenance = columns.maintenance[i] ?? NaN;
    return deltaOneRequirement(risk, { initial, maintenance }, side)[tier];
  });
}

/** Some of the samples, for statistics. @param cut Takes the same ones out of each column. */
export function seriesOf(
  data: CalibrationData,
  { risk, columns, row }: { readonly risk: RiskParameters; readonly columns: VolatilityColumns; readonly row: Row },
  cut: (values: Float64Array) => Float64Array,
): MarginSeries {
  const { horizonSeconds } = risk[row.tier];
  const { loss, worstLoss } = data.losses(row.side, horizonSeconds);
  return {
    times: cut(data.times),
    stepSeconds: STEP_SECONDS,
    horizonSteps: Math.round(horizonSeconds / STEP_SECONDS),
    margin: cut(requirements(risk, columns, row)),
    loss: cut(loss),
    worstLoss: cut(worstLoss),
    volatility: cut(columns.observed),
  };
}
