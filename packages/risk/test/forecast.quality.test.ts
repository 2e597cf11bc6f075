import { existsSync } from "node:fs";
import { readPrices } from "@plimsoll/replay";
import { expect } from "chai";
import {
  dieboldMariano,
  ewma,
  forecastQuality,
  har,
  HistoryTooShortError,
  qlike,
  realisedDays,
  type VolatilityModel,
} from "../src/index.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { daysOf, normals } from "./simulated.ts";

const HOURLY = "../shared/data/eth_usdt_1h_2018_2023.csv.gz";

/** Forecasts what it is told. */
function oracle(name: string, forecast: (known: number) => number): VolatilityModel {
  return { name, fit: () => ({ forecast: ({ length }) => forecast(length) }) };
}

describe("Forecast quality", () => {
  const variances = Array.from({ length: 40 }, (_, i) => 1 + (i % 3));

  it("is 0 of a forecast that knows the future, and has known values", () => {
    const [perfect] = forecastQuality({
      days: daysOf(variances),
      trainingDays: 30,
      models: [oracle("perfect", (known) => variances[known] ?? NaN)],
      horizons: [1],
    });
    expect(perfect).to.deep.equal({ model: "perfect", horizon: 1, forecasts: 10, qlike: 0, mse: 0, pValue: undefined });
    expect(qlike(2, 1)).to.satisfy(isNear(1 - Math.log(2), 1e-15));
    expect(qlike(1, 2)).to.be.lessThan(qlike(2, 1));
  });

  it("compares with the mean over the horizon, in variance a year", () => {
    const [, quality] = forecastQuality({
      days: daysOf(variances),
      trainingDays: 30,
      models: [oracle("benchmark", () => 1), oracle("two", () => 2)],
      horizons: [3],
    });
    expect(quality?.forecasts).to.equal(8);
    expect(quality?.mse).to.satisfy((mse: number) => Math.abs(mse) < 1e-20);
    expect(quality?.pValue).to.be.lessThan(1e-6);
  });

  it("lets no forecast see its future", () => {
    const seen: number[] = [];
    forecastQuality({
      days: daysOf(variances),
      trainingDays: 30,
      refitDays: 4,
      models: [{ name: "spy", fit: ({ length }) => (seen.push(length), { forecast: () => 1 }) }],
      horizons: [2],
    });
    expect(seen).to.deep.equal([30, 34, 38]);
  });

  it("finds no difference where there is none, and one where there is", () => {
    const normal = normals(11);
    const noise = Array.from({ length: 500 }, () => normal());
    expect(dieboldMariano(noise, 1)).to.be.greaterThan(0.05);
    expect(
      dieboldMariano(
        noise.map((value) => value + 0.3),
        1,
      ),
    ).to.be.lessThan(0.001);
    expect(dieboldMariano([0, 0, 0], 1)).to.equal(1);
  });

  it("is not misled by overlapping horizons", () => {
    const normal = normals(5);
    let rejections = 0;
    for (let trial = 0; trial < 200; trial++) {
      const shocks = Array.from({ length: 529 }, () => normal());
      const overlapping = shocks
        .slice(29)
        .map((_, i) => shocks.slice(i, i + 30).reduce((sum, shock) => sum + shock, 0));
      if (dieboldMariano(overlapping, 30) < 0.05) rejections++;
    }
    // With independent losses assumed, eight in ten of these would be called different.
    expect(rejections / 200).to.be.lessThan(0.25);
  });

  it("needs days to forecast", () => {
    const trial = { days: daysOf(variances), trainingDays: 39, models: [ewma(0.94)], horizons: [7] };
    expect(() => forecastQuality(trial)).to.throw(HistoryTooShortError, "at least 47");
  });

  it("shows HAR ahead of EWMA a day ahead, on ETH in 2022 and 2023", function () {
    if (!existsSync(HOURLY)) {
      console.log(`      skipped: no ${HOURLY}`);
      this.skip();
    }
    const series = readPrices(HOURLY);
    if (series.kind !== "bars") throw new TypeError("not bars");
    const days = realisedDays(series.bars.map(({ time, close }) => ({ time: time + 3_600, price: close })));
    const trainingDays = days.findIndex(({ end }) => end > Date.UTC(2022, 0) / 1000);
    const [benchmark, better] = forecastQuality({ days, trainingDays, models: [ewma(0.94), har()], horizons: [1] });
    expect(better?.qlike).to.be.lessThan(0.9 * (benchmark?.qlike ?? NaN));
    expect(better?.pValue).to.be.lessThan(0.05);
  });
});
