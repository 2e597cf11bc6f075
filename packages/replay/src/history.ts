import type { PricePath } from "./path.ts";

/** Volatilities per year that were known when a replay begins. */
export interface VolatilityHistory {
  readonly realised: number;
  /** Highest realised volatility so far. */
  readonly stressed: number;
}

/** Returns over less time say little about a half-life of 30 days. */
const MIN_DAYS = 90;
const DAY = 86_400;
const YEAR = 365 * DAY;
const SAMPLE_SECONDS = 3600;

/**
 * What prices before the replay say of volatility: the exponentially weighted variance of hourly returns and its peak, from
 * `MIN_DAYS` of history on. So a replay is not told of a crash that is still to come. Undefined if the history is too short.
 * @param halfLifeSeconds That of the oracle.
 */
export function volatilityHistory(
  closes: readonly { time: number; price: number }[],
  halfLifeSeconds: number,
): VolatilityHistory | undefined {
  const first = closes[0];
  if (first === undefined) return undefined;
  const rate = Math.LN2 / halfLifeSeconds;
  const state = { variance: 0, weight: 0, peak: 0, last: first };
  for (const close of closes) {
    const elapsed = close.time - state.last.time;
    if (elapsed < SAMPLE_SECONDS) continue;
    const decay = Math.exp(-rate * elapsed);
    state.variance = state.variance * decay + rate * Math.log(close.price / state.last.price) ** 2;
    state.weight = state.weight * decay + rate * elapsed;
    state.last = close;
    if (close.time - first.time >= MIN_DAYS * DAY) state.peak = Math.max(state.peak, annual(state));
  }
  return state.last.time - first.time < MIN_DAYS * DAY ? undefined : { realised: annual(state), stressed: state.peak };
}

function annual({ variance, weight }: { variance: number; weight: number }): number {
  return Math.sqrt((variance / weight) * YEAR);
}

/** Volatility per year of the steps of a path, for charts and checks. */
export function pathVolatility({ prices, stepSeconds }: PricePath): number {
  let sum = 0;
  for (let i = 1; i < prices.length; i++) sum += Math.log((prices[i] ?? 1) / (prices[i - 1] ?? 1)) ** 2;
  return Math.sqrt((sum / (prices.length - 1)) * (YEAR / stepSeconds));
}
