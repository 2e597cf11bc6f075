import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { requireNumber } from "../validation.ts";
import { requireDays, type Forecaster, type VolatilityModel } from "./model.ts";
import { mean, type Day } from "./realisedVariance.ts";

const WEEK = 7;
const MONTH = 30;
/** Regressions over fewer days would follow a single episode. */
const MIN_EQUATIONS = 120;
/** Ratio of singular values from which the regressors are one and the same: variances that never change. */
const MAX_CONDITION = 1e8;

/** log of the mean variance over the horizon = constant + daily·log D + weekly·log W + monthly·log M + error. */
export interface HarFit {
  readonly constant: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly errorVariance: number;
}

/**
 * Heterogeneous autoregression of realised variance (F. Corsi, 2009), direct for a horizon, by ordinary least squares, in
 * logarithms: never negative, and one crash does not set the coefficients. Weeks have 7 and months 30 days, as crypto
 * markets do not close.
 * @throws HistoryTooShortError, InvalidNumberError for variances that never change
 */
export function fitHar(history: readonly Pick<Day, "variance">[], horizon: number): HarFit {
  requireDays(history, MONTH + horizon + MIN_EQUATIONS - 1);
  const sums = cumulated(history);
  const rows: number[][] = [];
  const outcomes: number[][] = [];
  for (let known = MONTH; known + horizon <= history.length; known++) {
    rows.push(regressors(sums, known));
    outcomes.push([Math.log(meanOf(sums, known, known + horizon))]);
  }
  const equations = new Matrix(rows);
  const decomposition = new SingularValueDecomposition(equations);
  requireNumber("variance", history[0]?.variance ?? NaN, decomposition.condition < MAX_CONDITION);
  const solution = decomposition.solve(new Matrix(outcomes));
  const errors = Matrix.sub(new Matrix(outcomes), equations.mmul(solution)).getColumn(0);
  const [constant = 0, daily = 0, weekly = 0, monthly = 0] = solution.getColumn(0);
  return { constant, daily, weekly, monthly, errorVariance: mean(errors.map((error) => error * error)) };
}

/** Variance a day, on average over the horizon of the fit: the mean of a lognormal. */
export function harVariance(history: readonly Pick<Day, "variance">[], fit: HarFit): number {
  requireDays(history, MONTH);
  const [one = 1, day = 0, week = 0, month = 0] = regressors(cumulated(history.slice(-MONTH)), MONTH);
  const level = fit.constant * one + fit.daily * day + fit.weekly * week + fit.monthly * month;
  return Math.exp(level + fit.errorVariance / 2);
}

export function har(): VolatilityModel {
  return {
    name: "HAR",
    fit(history): Forecaster {
      requireDays(history, MONTH + MIN_EQUATIONS);
      const fits = new Map<number, HarFit>();
      return {
        forecast(days, horizon) {
          const fit = fits.get(horizon) ?? fitHar(history, horizon);
          fits.set(horizon, fit);
          return harVariance(days, fit);
        },
      };
    },
  };
}

function regressors(sums: readonly number[], known: number): number[] {
  return [1, ...[1, WEEK, MONTH].map((days) => Math.log(meanOf(sums, known - days, known)))];
}

function meanOf(sums: readonly number[], from: number, to: number): number {
  return ((sums[to] ?? NaN) - (sums[from] ?? NaN)) / (to - from);
}

/** Sums of the first 0, 1, 2 … variances. */
function cumulated(history: readonly Pick<Day, "variance">[]): number[] {
  let sum = 0;
  return [0, ...history.map(({ variance }) => (sum += variance))];
}
