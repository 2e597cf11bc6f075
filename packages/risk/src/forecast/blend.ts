import { decayOfHalfLife, ewma } from "./ewma.ts";
import { har } from "./har.ts";
import type { VolatilityModel } from "./model.ts";

const WEEK = 7;
const MONTH = 30;
const HALF_LIFE_DAYS = 30;

/**
 * HAR for the next week. For every day after it the geometric mean of what HAR says of a month, which returns to the level of
 * all history, and of an EWMA with a half-life of 30 days, which stays where it is: each was right in one of two regimes
 * (docs/publisher.md), and none is known beforehand. Total variance rises with the horizon, whatever the two say.
 */
export function blend(): VolatilityModel {
  const reverting = har();
  const persisting = ewma(decayOfHalfLife(HALF_LIFE_DAYS));
  return {
    name: "Blend",
    fit(history) {
      const [first, second] = [reverting.fit(history), persisting.fit(history)];
      return {
        forecast(days, horizon) {
          const nearDays = Math.min(horizon, WEEK);
          const near = first.forecast(days, nearDays) * nearDays;
          if (horizon <= WEEK) return near / horizon;
          const far = Math.sqrt(first.forecast(days, MONTH) * second.forecast(days, MONTH));
          return (near + far * (horizon - nearDays)) / horizon;
        },
      };
    },
  };
}
