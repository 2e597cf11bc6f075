import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { InvalidNumberError } from "../errors.ts";
import { requireDays, type Forecaster, type VolatilityModel } from "./model.ts";
import { mean } from "./realisedVariance.ts";

/** σ²(t+1) = ω + α·r(t)² + β·σ²(t), r a daily log return with mean 0 (T. Bollerslev, 1986). */
export interface GarchParameters {
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
}

export interface GarchFit extends GarchParameters {
  /** Variance a day that forecasts return to: ω / (1 − α − β). */
  readonly longRunVariance: number;
  /** α + β, below 1. */
  readonly persistence: number;
  readonly logLikelihood: number;
}

const MIN_DAYS = 250;
/** Closer to 1 the half-life of a shock passes two decades, which no history tells from a random walk. */
const MAX_PERSISTENCE = 0.9999;
/** Persistence and share of α in it. The likelihood is flat in places: the best of three ways up is kept. */
const STARTS = [
  [0.97, 0.08],
  [0.9, 0.2],
  [0.6, 0.5],
] as const;
const LEAST_SQUARED_MOVE = 1e-12;

/**
 * Gaussian quasi maximum likelihood with variance targeting: the long-run variance is the mean of the squared moves, the
 * other two parameters are fitted (C. Francq, L. Horváth, J.-M. Zakoïan, 2011). Stationary by construction.
 *
 * Per day −2·log-likelihood = log σ² + r²/σ² + constant, and log σ² + r²/σ² = x − log x − 1 + (log r² + 1), x = r²/σ². The last
 * bracket does not depend on the parameters and the rest is never negative: its root is a residual, so that nonlinear
 * least squares find the maximum.
 * @throws HistoryTooShortError, InvalidNumberError for moves that are all 0
 */
export function fitGarch(moves: readonly number[]): GarchFit {
  requireDays(moves, MIN_DAYS);
  const squares = moves.map((move) => move * move);
  const longRunVariance = mean(squares);
  if (longRunVariance === 0) throw new InvalidNumberError("longRunVariance", 0);
  const fits = STARTS.map((start) => fitFrom(start, squares, longRunVariance));
  return fits.reduce((best, fit) => (fit.logLikelihood > best.logLikelihood ? fit : best));
}

/** σ² of the day after the last move. */
export function garchVariance(moves: readonly number[], fit: GarchParameters, first: number): number {
  return moves.reduce((variance, move) => fit.omega + fit.alpha * move * move + fit.beta * variance, first);
}

/** Variance a day, on average over the horizon, given that of the first day. */
export function meanRevertingVariance(first: number, horizon: number, fit: RevertingVariance): number {
  const { longRunVariance, persistence } = fit;
  const weight = (1 - persistence ** horizon) / (1 - persistence) / horizon;
  return longRunVariance + (first - longRunVariance) * weight;
}

export type RevertingVariance = Pick<GarchFit, "longRunVariance" | "persistence">;

export function garch(): VolatilityModel {
  return {
    name: "GARCH(1,1)",
    fit(history): Forecaster {
      const fit = fitGarch(history.map(({ move }) => move));
      return {
        forecast(days, horizon) {
          const moves = days.map(({ move }) => move);
          return meanRevertingVariance(garchVariance(moves, fit, fit.longRunVariance), horizon, fit);
        },
      };
    },
  };
}

function fitFrom(start: readonly [number, number], squares: readonly number[], longRunVariance: number): GarchFit {
  const parametersAt = (coordinates: readonly number[]) => toParameters(coordinates, longRunVariance);
  const { parameterValues } = levenbergMarquardt(
    { x: squares.map((_, i) => i), y: squares.map(() => 0) },
    (coordinates) => {
      const residuals = residualsOf(squares, parametersAt(coordinates), longRunVariance);
      return (day) => residuals[day] ?? NaN;
    },
    {
      initialValues: [logit(start[0] / MAX_PERSISTENCE), logit(start[1])],
      damping: 1,
      errorTolerance: 1e-10,
      centralDifference: true,
      gradientDifference: 1e-4,
      maxIterations: 60,
    },
  );
  const parameters = parametersAt(parameterValues);
  const persistence = parameters.alpha + parameters.beta;
  return { ...parameters, longRunVariance, persistence, logLikelihood: garchLogLikelihood(squares, parameters) };
}

/** Of squared moves, Gaussian, σ² of the first day at its long-run value. */
export function garchLogLikelihood(squares: readonly number[], parameters: GarchParameters): number {
  let variance = parameters.omega / (1 - parameters.alpha - parameters.beta);
  let sum = 0;
  for (const square of squares) {
    sum -= (Math.log(2 * Math.PI * variance) + square / variance) / 2;
    variance = parameters.omega + parameters.alpha * square + parameters.beta * variance;
  }
  return sum;
}

function residualsOf(squares: readonly number[], parameters: GarchParameters, first: number): Float64Array {
  const residuals = new Float64Array(squares.length);
  let variance = first;
  squares.forEach((square, i) => {
    // A price that ends a day where it began would have an infinite, but constant, term.
    const x = Math.max(square / variance, LEAST_SQUARED_MOVE);
    residuals[i] = Math.sign(x - 1) * Math.sqrt(2 * Math.max(x - Math.log(x) - 1, 0));
    variance = parameters.omega + parameters.alpha * square + parameters.beta * variance;
  });
  return residuals;
}

function toParameters([a = 0, b = 0]: readonly number[], longRunVariance: number): GarchParameters {
  const persistence = MAX_PERSISTENCE * logistic(a);
  const alpha = persistence * logistic(b);
  return { omega: longRunVariance * (1 - persistence), alpha, beta: persistence - alpha };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}
