import { requireNumber } from "../validation.ts";
import { requireDays, type VolatilityModel } from "./model.ts";
import type { Day } from "./realisedVariance.ts";

const MIN_DAYS = 30;

/**
 * Exponentially weighted mean of realised variance, the same for every horizon (J.P. Morgan, RiskMetrics Technical
 * Document, 1996, with realised variance in place of the squared daily return).
 * @param decay - Weight of a day relative to the next: λ.
 */
export function ewma(decay: number, name = `EWMA ${decay}`): VolatilityModel {
  requireNumber("decay", decay, decay > 0 && decay < 1);
  return {
    name,
    fit(history) {
      requireDays(history, MIN_DAYS);
      return { forecast: (days) => ewmaVariance(days, decay) };
    },
  };
}

/** λ with which a day counts half after so many days. */
export function decayOfHalfLife(days: number): number {
  return 0.5 ** (1 / days);
}

/** Σ λ^i·variance / Σ λ^i, i the age in days: no first value has to be invented. */
export function ewmaVariance(days: readonly Pick<Day, "variance">[], decay: number): number {
  let sum = 0;
  let weights = 0;
  for (const { variance } of days) {
    sum = sum * decay + variance;
    weights = weights * decay + 1;
  }
  return sum / weights;
}
