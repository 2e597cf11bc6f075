import { MINUTE, type PricePath } from "./path.ts";
import type { Asset } from "./prices/arguments.ts";
import type { Random } from "./random.ts";

/**
 * A crash of our own: a seeded jump-diffusion of ETH and BTC, minute by minute. Its shape follows published statistics of
 * 12–13 March 2020 (24 hours: ETH −48 %, BTC −46 %; worst hour about −21 % and −18 %; correlation of returns 0.92); no
 * price of that day is used. A calm day comes first, a partial recovery follows.
 */
interface Stage {
  /** Minutes that the stage lasts. */
  readonly minutes: number;
  /** Return over the stage, which the path meets exactly. */
  readonly returns: Readonly<Record<Asset, number>>;
  /** Diffusion volatility per year, the jumps not included. */
  readonly volatility: number;
  /** Jumps an hour, and the standard deviation of one. */
  readonly jumpsPerHour: number;
  readonly jumpDeviation: number;
}

const HOUR = 60;
const STAGES: readonly Stage[] = [
  { minutes: 24 * HOUR, returns: { ETH: 0.01, BTC: 0.008 }, volatility: 0.6, jumpsPerHour: 0.02, jumpDeviation: 0.01 },
  // The 24 hours of the crash: a slide, the worst hour, a pause, a second slide to the low, a bounce.
  { minutes: 6 * HOUR, returns: { ETH: -0.085, BTC: -0.075 }, volatility: 1.2, jumpsPerHour: 0.3, jumpDeviation: 0.01 },
  { minutes: HOUR, returns: { ETH: -0.205, BTC: -0.178 }, volatility: 4, jumpsPerHour: 5, jumpDeviation: 0.012 },
  { minutes: 6 * HOUR, returns: { ETH: 0.035, BTC: 0.03 }, volatility: 2.6, jumpsPerHour: 1, jumpDeviation: 0.012 },
  { minutes: 5 * HOUR, returns: { ETH: -0.06, BTC: -0.055 }, volatility: 1.8, jumpsPerHour: 0.5, jumpDeviation: 0.01 },
  { minutes: 3 * HOUR, returns: { ETH: -0.318, BTC: -0.324 }, volatility: 4, jumpsPerHour: 4, jumpDeviation: 0.015 },
  { minutes: 3 * HOUR, returns: { ETH: 0.077, BTC: 0.079 }, volatility: 3.2, jumpsPerHour: 2, jumpDeviation: 0.015 },
  { minutes: 6 * HOUR, returns: { ETH: 0.06, BTC: 0.05 }, volatility: 1.8, jumpsPerHour: 0.3, jumpDeviation: 0.012 },
];

const START_PRICES: Readonly<Record<Asset, number>> = { ETH: 2_000, BTC: 50_000 };
/** Of the noise of the two assets. With the shape that they share it makes hourly returns correlate by about 0.92. */
const CORRELATION = 0.6;
const STEPS_PER_YEAR = 365 * 24 * HOUR;
/** Midnight before the calm day, Unix seconds; any would do. */
export const CRASH_START = Date.UTC(2030, 0, 7) / 1000;

/** The crash, for both assets. */
export function simulateCrash(random: Random): ReadonlyMap<Asset, PricePath> {
  const common = random.fork("common");
  const own: Record<Asset, Random> = { ETH: random.fork("ETH"), BTC: random.fork("BTC") };
  const levels: Record<Asset, number[]> = { ETH: [Math.log(START_PRICES.ETH)], BTC: [Math.log(START_PRICES.BTC)] };
  for (const stage of STAGES) {
    const shared = shocks(stage, common);
    for (const asset of ["ETH", "BTC"] as const) {
      const mixed = mix(shared, shocks(stage, own[asset]));
      append(levels[asset], mixed, Math.log1p(stage.returns[asset]));
    }
  }
  const toPath = (asset: Asset): [Asset, PricePath] => [
    asset,
    { start: CRASH_START, stepSeconds: MINUTE, prices: Float64Array.from(levels[asset], Math.exp) },
  ];
  return new Map([toPath("ETH"), toPath("BTC")]);
}

/** The random part of the log returns of a stage: diffusion and jumps. */
function shocks(stage: Stage, random: Random): Float64Array {
  const deviation = stage.volatility / Math.sqrt(STEPS_PER_YEAR);
  return Float64Array.from({ length: stage.minutes }, () => {
    let shock = deviation * random.normal();
    for (let jumps = random.poisson(stage.jumpsPerHour / HOUR); jumps > 0; jumps--) {
      shock += stage.jumpDeviation * random.normal();
    }
    return shock;
  });
}

function mix(common: Float64Array, own: Float64Array): Float64Array {
  return common.map((shock, i) => Math.sqrt(CORRELATION) * shock + Math.sqrt(1 - CORRELATION) * (own[i] ?? 0));
}

/** Continues the log prices by these shocks, bridged so that the stage's return is met exactly. */
function append(levels: number[], shocks: Float64Array, totalReturn: number): void {
  const excess = totalReturn - shocks.reduce((sum, shock) => sum + shock, 0);
  let level = levels.at(-1) ?? 0;
  for (const shock of shocks) levels.push((level += shock + excess / shocks.length));
}
