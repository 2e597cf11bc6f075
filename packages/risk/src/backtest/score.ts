import { COVERAGE_GOALS, coverageOf, type Coverage, type CoverageGoals } from "./coverage.ts";
import type { MarginSeries } from "./marginSeries.ts";
import { procyclicalityOf, type Procyclicality } from "./procyclicality.ts";

/** Everything that is measured of one margin series. */
export interface Score extends Coverage, Procyclicality {}

/** @throws BacktestError for a series that nothing can be measured of. */
export function scoreOf(series: MarginSeries, goals: CoverageGoals = COVERAGE_GOALS): Score {
  return { ...coverageOf(series, goals), ...procyclicalityOf(series) };
}
