import { type Asset, MINUTE, type Random, roundsOf } from "@plimsoll/replay";
import type { AssetHistory } from "./marketHistory.ts";

/** A history of no real market: diffusion with a volatility that wanders, and jumps. 90 days of it are history, 90 are validated. */
export const SIMULATED_DAYS = 180;

const START = Date.UTC(2030, 0, 7) / 1000;
const START_PRICES: Readonly<Record<Asset, number>> = { ETH: 2_000, BTC: 50_000 };
const MINUTES_PER_DAY = 1440;
const MINUTES_PER_YEAR = 365 * MINUTES_PER_DAY;
/** Log volatility returns to its mean with a half-life of three weeks, and is scattered around it by a third. */
const MEAN_VOLATILITY: Readonly<Record<Asset, number>> = { ETH: 0.75, BTC: 0.55 };
const REVERSION_PER_DAY = Math.LN2 / 21;
const SCATTER = 0.33;
/** A jump a fortnight, of 4 % or so. */
const JUMPS_PER_DAY = 1 / 14;
const JUMP_DEVIATION = 0.04;

export function simulateHistory(asset: Asset, random: Random): AssetHistory {
  const prices = new Float64Array(SIMULATED_DAYS * MINUTES_PER_DAY);
  let level = Math.log(START_PRICES[asset]);
  let excess = 0;
  prices.forEach((_, i) => {
    if (i % MINUTES_PER_DAY === 0) {
      const kept = Math.exp(-REVERSION_PER_DAY);
      excess = kept * excess + SCATTER * Math.sqrt(1 - kept ** 2) * random.normal();
    }
    const deviation = (MEAN_VOLATILITY[asset] * Math.exp(excess)) / Math.sqrt(MINUTES_PER_YEAR);
    prices[i] = Math.exp(level);
    level += deviation * random.normal();
    if (random.chance(JUMPS_PER_DAY / MINUTES_PER_DAY)) level += JUMP_DEVIATION * random.normal();
  });
  const path = { start: START, stepSeconds: MINUTE, prices };
  return { asset, path, rounds: roundsOf(path), implied: [] };
}
