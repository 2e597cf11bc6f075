import {
  atTheMoneyVariance,
  optionPrice,
  TENOR_SECONDS,
  toAdmissible,
  totalVarianceOf,
  totalVolatility,
  YEAR_SECONDS,
  type Day,
  type OptionChain,
  type OptionQuote,
  type Surface,
} from "../src/index.ts";

export const DAY = 86_400;
/** Quoted at this time. */
export const TIME = 1_700_000_000;
export const SPOT = 2_000;

/** A stream of standard normals: the minimal standard generator with the polar transformation. */
export function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Days whose moves are those of a variance that is given for each. */
export function daysOf(variances: readonly number[], moves: readonly number[] = []): Day[] {
  return variances.map((variance, i) => ({ end: TIME + i * DAY, variance, move: moves[i] ?? 0 }));
}

/** A surface of the oracle's tenors from volatilities a year. */
export function surfaceOf(levels: readonly number[], smile: Omit<Surface, "tenors">): Surface {
  const tenors = TENOR_SECONDS.map((seconds, i) => ({
    seconds,
    totalVariance: totalVarianceOf(levels[i] ?? NaN, seconds),
  }));
  return toAdmissible({ tenors, ...smile });
}

export interface ChainShape {
  readonly expiryDays?: readonly number[];
  /** Strikes per spot. */
  readonly moneyness?: readonly number[];
  /** Half of bid–ask, USD. */
  readonly halfSpread?: number;
  /** Error of the volatility of a quote. */
  readonly error?: () => number;
}

const DEFAULT_EXPIRIES = [4, 11, 25, 53, 81, 144, 172];
const DEFAULT_MONEYNESS = [0.7, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.2, 1.35];

/** Calls and puts as a surface prices them, with bid and ask around them. */
export function chainOf(surface: Surface, shape: ChainShape = {}): OptionChain {
  const { expiryDays = DEFAULT_EXPIRIES, moneyness = DEFAULT_MONEYNESS, halfSpread = 0.01 } = shape;
  const quotes = expiryDays.flatMap((days) =>
    moneyness.flatMap((ratio): OptionQuote[] => {
      const seconds = days * DAY;
      const strike = SPOT * ratio;
      const discounted = strike * Math.exp((-surface.rate * seconds) / YEAR_SECONDS);
      const logMoneyness = Math.log(SPOT / discounted);
      const exact = totalVolatility(surface, atTheMoneyVariance(surface, seconds), -logMoneyness);
      const root = Math.sqrt(seconds / YEAR_SECONDS);
      const volatility = exact + (shape.error?.() ?? 0) * root;
      return [true, false].map((isCall) => {
        const terms = { isCall, strike: discounted, logMoneyness };
        const price = optionPrice(terms, { price: SPOT, move: 0 }, volatility);
        const bid = Math.max(price - halfSpread, 0);
        return { expiry: TIME + seconds, strike, isCall, bid, ask: price + halfSpread };
      });
    }),
  );
  return { time: TIME, spot: SPOT, quotes };
}
