import { expect } from "chai";
import fc from "fast-check";
import {
  FrozenPriceError,
  HistoryGapError,
  HistoryTooShortError,
  InvalidNumberError,
  realisedDays,
} from "../src/index.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { DAY } from "./simulated.ts";

const HOUR = 3_600;

/** Prices an hour apart from log prices. */
function hourly(logs: readonly number[]) {
  return logs.map((log, i) => ({ time: i * HOUR, price: Math.exp(log) }));
}

describe("Realised variance", () => {
  it("sums the squared returns of each day, counted back from the last price", () => {
    const alternating = Array.from({ length: 50 }, (_, i) => (i % 2) * 0.01);
    const days = realisedDays(hourly(alternating));
    expect(days.map(({ end }) => end)).to.deep.equal([25 * HOUR, 49 * HOUR]);
    for (const { variance, move } of days) {
      expect(variance).to.satisfy(isNear(24 * 0.01 ** 2, 1e-12));
      expect(move).to.satisfy((value: number) => Math.abs(value) < 1e-12);
    }
  });

  it("ends where it is told to", () => {
    const [day, ...others] = realisedDays(hourly(Array.from({ length: 50 }, (_, i) => i * 0.01)), { end: 30 * HOUR });
    expect([day?.end, others.length]).to.deep.equal([30 * HOUR, 0]);
    expect(day?.move).to.satisfy(isNear(0.24, 1e-12));
  });

  it("shares the return over an outage among the days that it lasted", () => {
    const days = realisedDays([
      { time: 0, price: 1 },
      { time: DAY / 2, price: Math.exp(0.1) },
      { time: (DAY * 3) / 2, price: Math.exp(0.3) },
      { time: 2 * DAY, price: Math.exp(0.4) },
    ]);
    expect(days.map(({ variance }) => variance)).to.satisfy(([first, second]: number[]) => {
      return [first, second].every(isNear(0.1 ** 2 + 0.2 ** 2 / 2, 1e-12));
    });
  });

  it("loses nothing: whole days have the variance and the move of all returns in them", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(-0.1, -0.02, 0.003, 0.05)), {
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (list) => {
        let [time, log] = [0, 0];
        const path = [{ time, price: 1 }];
        for (const [seconds, step] of list) path.push({ time: (time += seconds), price: Math.exp((log += step)) });
        path.push({ time: Math.ceil((time + 1) / DAY) * DAY, price: Math.exp(log + 0.01) });
        const days = realisedDays(path);
        const total = days.reduce((sum, { move }) => sum + move, 0);
        expect(Math.abs(total - log - 0.01)).to.be.lessThan(1e-9);
        const squares = path.slice(1).map(({ price }, i) => Math.log(price / (path[i]?.price ?? NaN)) ** 2);
        const variance = days.reduce((sum, day) => sum + day.variance, 0);
        expect(Math.abs(variance - squares.reduce((sum, square) => sum + square, 0))).to.be.lessThan(1e-9);
      }),
      { seed: 4 },
    );
  });

  it("says what is wrong with a history", () => {
    expect(() => realisedDays([])).to.throw(HistoryTooShortError, "0 whole days");
    expect(() => realisedDays(hourly([0, 0.1]))).to.throw(HistoryTooShortError);
    const gap = [...hourly([0, 0.1]), { time: 4 * DAY, price: 1 }];
    expect(() => realisedDays(gap)).to.throw(HistoryGapError, "no price between 1970-01-01T01:00:00Z and 1970-01-05");
    expect(() => realisedDays(hourly(Array.from({ length: 25 }, () => 1)))).to.throw(FrozenPriceError);
    expect(() => realisedDays([...hourly([0, 0.1]), { time: DAY, price: 0 }])).to.throw(InvalidNumberError, "price");
    expect(() => realisedDays([...hourly([0, 0.1]), { time: 0, price: 1 }])).to.throw(InvalidNumberError, "time");
  });
});
