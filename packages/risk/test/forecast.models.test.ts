import { expect } from "chai";
import {
  decayOfHalfLife,
  ewma,
  fitGarch,
  fitHar,
  forecastSurface,
  garch,
  har,
  HistoryTooShortError,
  InvalidNumberError,
  levelsOf,
  requireAdmissible,
  blend,
  type Day,
} from "../src/index.ts";
import { garchLogLikelihood } from "../src/forecast/garch.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { daysOf, normals } from "./simulated.ts";

const VARIANCE = 0.0016;

/** Moves of a GARCH(1,1) process whose long-run variance is `VARIANCE`. */
function garchMoves(count: number, { alpha, beta }: { alpha: number; beta: number }): number[] {
  const normal = normals(7);
  let variance = VARIANCE;
  return Array.from({ length: count }, () => {
    const move = Math.sqrt(variance) * normal();
    variance = VARIANCE * (1 - alpha - beta) + alpha * move * move + beta * variance;
    return move;
  });
}

/** Realised variances of a heterogeneous autoregression in logarithms. */
function harDays(count: number, weights: { daily: number; weekly: number; monthly: number; error: number }): Day[] {
  const normal = normals(3);
  const variances = Array.from({ length: 30 }, () => VARIANCE);
  const level = (1 - weights.daily - weights.weekly - weights.monthly) * Math.log(VARIANCE);
  const logMean = (days: number) => Math.log(variances.slice(-days).reduce((sum, value) => sum + value, 0) / days);
  while (variances.length < count) {
    const expected = weights.daily * logMean(1) + weights.weekly * logMean(7) + weights.monthly * logMean(30);
    variances.push(Math.exp(level + expected + weights.error * normal()));
  }
  return daysOf(variances);
}

describe("EWMA", () => {
  it("is the weighted mean by age", () => {
    const days = daysOf([...Array.from({ length: 29 }, () => 1), 4]);
    const forecaster = ewma(0.5).fit(days);
    const weights = 2 * (1 - 0.5 ** 30);
    expect(forecaster.forecast(days, 1)).to.satisfy(isNear((4 + weights - 1) / weights, 1e-14));
    expect(forecaster.forecast(days, 30)).to.equal(forecaster.forecast(days, 1));
  });

  it("halves a weight in its half-life", () => {
    expect(decayOfHalfLife(30) ** 30).to.satisfy(isNear(0.5, 1e-14));
  });

  it("refuses a decay that is none, and a history that is too short", () => {
    expect(() => ewma(1)).to.throw(InvalidNumberError);
    expect(() => ewma(0.94).fit(daysOf([1, 2]))).to.throw(HistoryTooShortError);
  });
});

describe("GARCH(1,1)", () => {
  const truth = { alpha: 0.1, beta: 0.85 };

  it("recovers the parameters of a simulated process", () => {
    const fit = fitGarch(garchMoves(8_000, truth));
    expect(fit.alpha).to.be.within(0.08, 0.12);
    expect(fit.beta).to.be.within(0.81, 0.88);
    expect(fit.longRunVariance / VARIANCE).to.be.within(0.8, 1.25);
  });

  it("finds the top of the likelihood", () => {
    const moves = garchMoves(2_000, truth);
    const { longRunVariance, alpha, beta, logLikelihood } = fitGarch(moves);
    const squares = moves.map((move) => move ** 2);
    for (const da of [-0.01, 0, 0.01]) {
      for (const db of [-0.01, 0, 0.01]) {
        if (da === 0 && db === 0) continue;
        const [a, b] = [alpha + da, beta + db];
        const beside = garchLogLikelihood(squares, { omega: longRunVariance * (1 - a - b), alpha: a, beta: b });
        expect(beside, `α ${a}, β ${b}`).to.be.lessThan(logLikelihood);
      }
    }
  });

  it("has the known likelihood of two days", () => {
    const parameters = { omega: 0.1, alpha: 0.2, beta: 0.3 };
    const second = 0.1 + 0.2 * 4 + 0.3 * 0.2;
    const expected = -(2 * Math.log(2 * Math.PI) + Math.log(0.2) + 4 / 0.2 + Math.log(second) + 1 / second) / 2;
    expect(garchLogLikelihood([4, 1], parameters)).to.satisfy(isNear(expected, 1e-14));
  });

  it("is stationary even where moves explode", () => {
    const moves = Array.from({ length: 300 }, (_, i) => 0.001 * 1.02 ** i * (i % 2 === 0 ? 1 : -1));
    const { persistence, omega } = fitGarch(moves);
    expect(persistence).to.be.lessThan(1);
    expect(omega).to.be.greaterThan(0);
  });

  it("forecasts back towards the long-run variance", () => {
    const moves = garchMoves(1_000, truth);
    moves.push(0.4);
    const days = daysOf(
      moves.map((move) => move ** 2),
      moves,
    );
    const forecaster = garch().fit(days);
    const [day, week, decade] = [1, 7, 3_650].map((horizon) => forecaster.forecast(days, horizon)) as [
      number,
      number,
      number,
    ];
    const { longRunVariance } = fitGarch(moves);
    expect(day).to.be.greaterThan(week);
    expect(week).to.be.greaterThan(decade);
    expect(decade).to.satisfy(isNear(longRunVariance, 0.05));
  });

  it("refuses moves that are too few or none", () => {
    expect(() => fitGarch([0.1])).to.throw(HistoryTooShortError, "at least 250");
    expect(() => fitGarch(Array.from({ length: 300 }, () => 0))).to.throw(InvalidNumberError);
  });
});

describe("HAR", () => {
  const truth = { daily: 0.4, weekly: 0.3, monthly: 0.2, error: 0.4 };

  it("recovers the coefficients of a simulated process", () => {
    const fit = fitHar(harDays(12_000, truth), 1);
    expect(fit.daily).to.be.within(0.37, 0.43);
    expect(fit.weekly).to.be.within(0.24, 0.36);
    expect(fit.monthly).to.be.within(0.13, 0.27);
    expect(Math.sqrt(fit.errorVariance)).to.be.within(0.39, 0.41);
  });

  it("forecasts the mean, not the median, of what it has learnt", () => {
    const days = harDays(6_000, truth);
    const forecaster = har().fit(days.slice(0, 3_000));
    let ratio = 0;
    for (let known = 3_000; known < 6_000; known++) {
      ratio += (days[known]?.variance ?? NaN) / forecaster.forecast(days.slice(0, known), 1) / 3_000;
    }
    expect(ratio).to.be.within(0.97, 1.03);
  });

  it("refuses a history that is too short, or that never changes", () => {
    expect(() => har().fit(daysOf([1]))).to.throw(HistoryTooShortError);
    const constant = daysOf(Array.from({ length: 300 }, () => VARIANCE));
    expect(() => fitHar(constant, 1)).to.throw(InvalidNumberError, "variance");
  });
});

describe("Surface of a forecast", () => {
  const days = harDays(1_000, { daily: 0.4, weekly: 0.3, monthly: 0.2, error: 0.5 });
  const smile = { rho: -0.2, eta: 0.7, rate: 0.03, premium: 1 };

  it("is HAR for a week, and between HAR and the average of a month from then on", () => {
    const { tenors } = forecastSurface(days, blend(), smile);
    const week = 7 * har().fit(days).forecast(days, 7);
    const average = ewma(decayOfHalfLife(30)).fit(days).forecast(days, 1);
    const later = Math.sqrt(har().fit(days).forecast(days, 30) * average);
    tenors.forEach(({ seconds, totalVariance }) => {
      expect(totalVariance).to.satisfy(isNear(week + (seconds / 86_400 - 7) * later, 1e-12));
    });
  });

  it("is admissible with any model, also after a crash", () => {
    const crash = [...days, ...daysOf([0.2, 0.3])];
    for (const model of [ewma(0.94), har(), blend()]) {
      requireAdmissible(forecastSurface(crash, model, { ...smile, rho: -2, eta: 9, rate: 3 }));
    }
  });

  it("scales the volatility by the premium", () => {
    const [plain] = levelsOf(forecastSurface(days, blend(), smile));
    const [dearer] = levelsOf(forecastSurface(days, blend(), { ...smile, premium: 1.2 }));
    expect(dearer).to.satisfy(isNear(1.2 * (plain ?? NaN), 1e-12));
    expect(() => forecastSurface(days, blend(), { ...smile, premium: 0 })).to.throw(InvalidNumberError, "premium");
  });
});
