import { MINUTE, type PricePath } from "../path.ts";
import { ASSETS, type Asset, perAsset } from "../prices/arguments.ts";
import type { Random } from "../random.ts";
import { roundsOf } from "../rounds.ts";
import type { Scenario } from "../scenario.ts";

/** A fall of all prices. */
export interface Shock {
  /** Share of the price that is lost. */
  readonly fall: number;
  /** How long it takes. */
  readonly minutes: number;
}

/** Before the fall. */
const CALM_MINUTES = 60;
/** From the beginning of the fall to the end: as long as forced flow is put down to a shock. */
const EPISODE_MINUTES = 12 * 60;
/** Of the noise, a year, before, during and after the fall: that of a nervous market. */
const VOLATILITY = 0.8;
const CORRELATION = 0.8;
const MINUTES_PER_YEAR = 365 * 24 * 60;
const START_PRICES: Readonly<Record<Asset, number>> = { ETH: 2_000, BTC: 40_000 };
/** A Monday, Unix seconds; any would do. */
const START = Date.UTC(2030, 0, 7) / 1000;

/** When the fall begins, Unix seconds. */
export const SHOCK_START = START + CALM_MINUTES * MINUTE;

/** An hour of calm, the fall in a straight line of the logarithm, and hours without a recovery; noise all the while, the same for every fall. */
export function shockScenario(shock: Shock, random: Random): Scenario {
  const common = noiseOf(random.fork("common"));
  const feeds = perAsset((asset) => {
    const path = pathOf(shock, START_PRICES[asset], mix(common, noiseOf(random.fork(asset))));
    return { path, rounds: roundsOf(path), history: () => undefined, isTraded: true };
  });
  const end = START + (CALM_MINUTES + EPISODE_MINUTES) * MINUTE;
  return { title: `A fall of ${ASSETS.join(" and ")} in ${shock.minutes} minutes`, start: START, end, feeds };
}

/** ln(price) after the fall, less before it. */
export function moveOf({ fall }: Shock): number {
  return Math.log1p(-fall);
}

function pathOf(shock: Shock, price: number, noise: Float64Array): PricePath {
  let walk = 0;
  const prices = noise.map((step, minute) => {
    walk += minute === 0 ? 0 : step;
    const share = Math.min(Math.max(minute - CALM_MINUTES, 0) / shock.minutes, 1);
    return price * Math.exp(walk + share * moveOf(shock));
  });
  return { start: START, stepSeconds: MINUTE, prices };
}

function noiseOf(random: Random): Float64Array {
  const deviation = VOLATILITY / Math.sqrt(MINUTES_PER_YEAR);
  return Float64Array.from({ length: CALM_MINUTES + EPISODE_MINUTES + 1 }, () => deviation * random.normal());
}

function mix(common: Float64Array, own: Float64Array): Float64Array {
  return common.map((step, i) => Math.sqrt(CORRELATION) * step + Math.sqrt(1 - CORRELATION) * (own[i] ?? 0));
}
