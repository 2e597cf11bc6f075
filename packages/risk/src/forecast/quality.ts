import { HistoryTooShortError } from "../errors.ts";
import { normalCdf } from "../normalDistribution.ts";
import type { Forecaster, VolatilityModel } from "./model.ts";
import { YEAR_DAYS, mean, type Day } from "./realisedVariance.ts";

/** What forecasts are judged on. */
export interface Trial {
  readonly days: readonly Day[];
  /** How many of the days are known when the first forecast is made. */
  readonly trainingDays: number;
  /** The first is the benchmark. */
  readonly models: readonly VolatilityModel[];
  /** Days. */
  readonly horizons: readonly number[];
  /** Days between two fits, each on all days known by then. */
  readonly refitDays?: number;
}

/** How well one model forecast one horizon. */
export interface ForecastQuality {
  readonly model: string;
  readonly horizon: number;
  readonly forecasts: number;
  /** Mean of y/f − log(y/f) − 1, y realised and f forecast variance; 0 is perfect. */
  readonly qlike: number;
  /** Mean of (y − f)², in variance a year. */
  readonly mse: number;
  /** Of "no worse and no better than the benchmark, by QLIKE" (Diebold and Mariano); undefined for the benchmark itself. */
  readonly pValue: number | undefined;
}

const DEFAULT_REFIT_DAYS = 30;

/** y/f − log(y/f) − 1: robust to noise in the realised variance, and hard on forecasts that are too low (A. Patton, 2011). */
export function qlike(realised: number, forecast: number): number {
  const ratio = realised / forecast;
  return ratio - Math.log(ratio) - 1;
}

/**
 * Forecasts every day of the trial after its training, with what was known then, and compares with what came.
 * @throws HistoryTooShortError
 */
export function forecastQuality(trial: Trial): ForecastQuality[] {
  const longest = Math.max(...trial.horizons);
  const needed = trial.trainingDays + longest + 1;
  if (trial.days.length < needed) throw new HistoryTooShortError(trial.days.length, needed);
  const losses = trial.models.map((model) => lossesOf(model, trial));
  return trial.horizons.flatMap((horizon, h) =>
    trial.models.map(({ name }, m) => {
      const found = losses[m]?.[h] ?? [];
      const benchmark = losses[0]?.[h] ?? [];
      const differences = found.map(({ qlike }, i) => qlike - (benchmark[i]?.qlike ?? NaN));
      return {
        model: name,
        horizon,
        forecasts: found.length,
        qlike: mean(found.map((loss) => loss.qlike)),
        mse: mean(found.map((loss) => loss.squaredError)),
        pValue: m === 0 ? undefined : dieboldMariano(differences, horizon),
      };
    }),
  );
}

/**
 * Two-sided p-value of the hypothesis that two forecasts are equally good (F. Diebold, R. Mariano, 1995), with the
 * correction for small samples of D. Harvey, S. Leybourne, P. Newbold (1997). Overlapping horizons correlate neighbouring
 * losses: the variance of their mean is estimated after W. Newey and K. West (1987), whose weights keep it positive.
 * @param differences - Loss of one less loss of the other, in order of time.
 */
export function dieboldMariano(differences: readonly number[], horizon: number): number {
  const n = differences.length;
  const average = mean(differences);
  const deviations = differences.map((difference) => difference - average);
  const lags = Math.max(horizon - 1, Math.floor(Math.cbrt(n)));
  let variance = covariance(deviations, 0);
  for (let lag = 1; lag <= lags; lag++) variance += 2 * (1 - lag / (lags + 1)) * covariance(deviations, lag);
  if (variance === 0) return average === 0 ? 1 : 0;
  const correction = Math.sqrt(Math.max(n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n, 0) / n);
  const statistic = (correction * average) / Math.sqrt(variance / n);
  return 2 * normalCdf(-Math.abs(statistic));
}

interface Loss {
  readonly qlike: number;
  readonly squaredError: number;
}

/** By horizon, then by day. */
function lossesOf(model: VolatilityModel, trial: Trial): Loss[][] {
  const { days, trainingDays, horizons, refitDays = DEFAULT_REFIT_DAYS } = trial;
  const losses: Loss[][] = horizons.map(() => []);
  let forecaster: Forecaster | undefined;
  for (let known = trainingDays; known < days.length; known++) {
    const history = days.slice(0, known);
    if (forecaster === undefined || (known - trainingDays) % refitDays === 0) forecaster = model.fit(history);
    for (const [h, horizon] of horizons.entries()) {
      if (known + horizon > days.length) continue;
      const realised = mean(days.slice(known, known + horizon).map(({ variance }) => variance));
      losses[h]?.push(lossOf(realised, forecaster.forecast(history, horizon)));
    }
  }
  return losses;
}

function lossOf(realised: number, forecast: number): Loss {
  return { qlike: qlike(realised, forecast), squaredError: ((realised - forecast) * YEAR_DAYS) ** 2 };
}

function covariance(deviations: readonly number[], lag: number): number {
  return mean(deviations.map((deviation, i) => deviation * (deviations[i - lag] ?? 0)));
}
