import { HistoryTooShortError } from "../errors.ts";
import type { Day } from "./realisedVariance.ts";

/** A way to forecast variance. */
export interface VolatilityModel {
  readonly name: string;
  /** @throws HistoryTooShortError */
  fit(history: readonly Day[]): Forecaster;
}

/** A model with its parameters, which may be asked again as days are added. */
export interface Forecaster {
  /**
   * Variance a day, on average over the `horizon` days that follow.
   * @param history - All days known by then, oldest first; more may have come since the fit.
   */
  forecast(history: readonly Day[], horizon: number): number;
}

export function requireDays(history: readonly unknown[], needed: number): void {
  if (history.length < needed) throw new HistoryTooShortError(history.length, needed);
}
