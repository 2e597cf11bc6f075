import { expect } from "chai";
import {
  deltaOneRequirement,
  InvalidNumberError,
  MarginModel,
  MarginVolatilityModel,
  RealisedVolatility,
  stressRequirement,
  type ControllerParameters,
} from "../src/index.ts";
import { randomFrom } from "../../../test/helpers/kernel.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { DAY, etherPerpetual, held, marketOf, parameters as risk } from "./fixture.ts";

const HOUR = 3600;
const YEAR = 365 * DAY;
const settings: ControllerParameters = {
  realisedHalfLifeSeconds: 30 * DAY,
  initialHalfLifeSeconds: 3 * DAY,
  floor: 0.3,
  stressedWeight: 0.4,
  maintenanceRisePerHour: 0.02,
};
const start = { price: 2_000, time: 1_000_000, realised: 0.5, stressed: 1 };

describe("Realised volatility", () => {
  it("finds the volatility of a steady walk, however often it looks", () => {
    for (const step of [600, HOUR, 6 * HOUR]) {
      const realised = new RealisedVolatility({ price: 1, time: 0 }, 0.01, 30 * DAY);
      const move = 0.8 * Math.sqrt(step / YEAR);
      for (let i = 1; i * step < YEAR; i++) realised.observe(i % 2 === 0 ? 1 : Math.exp(move), i * step);
      expect(Math.sqrt(realised.newestVariance())).to.satisfy(isNear(0.8, 0.01));
    }
  });

  it("counts n equal steps within the hour by their net move", () => {
    const realised = new RealisedVolatility({ price: 1, time: 0 }, 0, 30 * DAY);
    const weight = (Math.LN2 * 365) / 30;
    for (let i = 1; i <= 10; i++) realised.observe(Math.exp(0.01 * i), i * 60);
    expect(realised.newestVariance()).to.satisfy(isNear(0.1 ** 2 * weight, 1e-4));
    expect(realised.varianceAt(600 + 30 * DAY)).to.satisfy(isNear(realised.newestVariance() / 2, 1e-12));
  });
});

describe("Margin volatility", () => {
  it("starts at the target, raises initial at once and maintenance at its speed", () => {
    const model = new MarginVolatilityModel(settings, start);
    expect(model.at(start.time).initial).to.satisfy(isNear(0.6 * 0.5 + 0.4, 1e-12));
    const shocked = model.observe(2_600, start.time + 1);
    expect(shocked.initial).to.equal(shocked.target).and.to.be.above(0.9);
    expect(shocked.maintenance).to.satisfy(isNear(0.7, 1e-4));
    const later = model.at(start.time + 1 + 5 * HOUR);
    expect(later.maintenance).to.satisfy(isNear(0.7 * 1.02 ** 5, 1e-4));
    expect(model.at(start.time + 1 + 5 * HOUR)).to.deep.equal(later);
  });

  it("takes a pending price as one more round and forgets it again", () => {
    const model = new MarginVolatilityModel(settings, start);
    const before = model.at(start.time + HOUR);
    const pending = { price: 2_300, time: start.time + 60 };
    const read = model.at(start.time + HOUR, pending);
    expect(model.at(start.time + HOUR)).to.deep.equal(before);
    model.observe(pending.price, pending.time);
    expect(model.at(start.time + HOUR)).to.deep.equal(read);
    expect(model.at(start.time + HOUR, { price: 1, time: start.time })).to.deep.equal(read);
  });

  it("counts an implied volatility up to twice the realised and twenty points, until it is out of date", () => {
    const model = new MarginVolatilityModel(settings, start);
    const until = start.time + 6 * HOUR;
    expect(model.setImplied({ level: 0.8, until }, start.time).observed).to.equal(0.8);
    expect(model.setImplied({ level: 3, until }, start.time).observed).to.satisfy(isNear(1.2, 1e-12));
    expect(model.at(until).observed).to.be.above(1.19);
    expect(model.at(until + 1).observed).to.be.below(0.5);
    expect(model.at(until + 1).stressed).to.satisfy(isNear(1.2, 1e-12));
  });

  it("refuses what cannot be", () => {
    expect(() => new MarginVolatilityModel(settings, { ...start, price: 0 })).to.throw(InvalidNumberError);
    expect(() => new MarginVolatilityModel({ ...settings, floor: NaN }, start)).to.throw(InvalidNumberError);
    expect(() => new MarginVolatilityModel({ ...settings, stressedWeight: 2 }, start)).to.throw(InvalidNumberError);
  });

  it("walks a hundred thousand rounds in a fraction of a second", () => {
    const random = randomFrom(1);
    const model = new MarginVolatilityModel(settings, start);
    let { price } = start;
    const began = performance.now();
    for (let i = 1; i <= 100_000; i++) {
      price *= 1 + (random() - 0.5) / 100;
      model.observe(price, start.time + i * 1_800);
    }
    // Far above the 20 ms that it takes, for machines that are busy.
    expect(performance.now() - began).to.be.below(1_000);
  });
});

describe("The requirement of one unit", () => {
  it("is what the margin model asks of a perpetual that is large enough to be above the floor", () => {
    const random = randomFrom(3);
    const parameters = { ...risk, concentration: 0 };
    for (let i = 0; i < 200; i++) {
      const volatilities = { initial: 0.2 + 3 * random(), maintenance: 0.2 + 3 * random() };
      const { initial: initialVolatility, maintenance: maintenanceVolatility } = volatilities;
      const market = marketOf({ parameters, initialVolatility, maintenanceVolatility });
      for (const side of ["long", "short"] as const) {
        const size = side === "long" ? 10 : -10;
        const expected = new MarginModel(market).evaluate({ cash: 0, legs: [held(etherPerpetual, size)] });
        const found = deltaOneRequirement(parameters, volatilities, side);
        expect(found.initial * 20_000).to.satisfy(isNear(expected.initial, 1e-7));
        expect(found.maintenance * 20_000).to.satisfy(isNear(expected.maintenance, 1e-7));
      }
    }
  });

  it("does not fall below the stress scenarios", () => {
    const calm = deltaOneRequirement(risk, { initial: 0.01, maintenance: 0.01 }, "long");
    expect(calm).to.deep.equal(stressRequirement(risk, "long"));
    expect(calm.initial).to.satisfy(isNear(0.55 * 0.18, 1e-12));
    expect(stressRequirement(risk, "short").maintenance).to.satisfy(isNear(0.45 * 0.09, 1e-12));
  });
});
