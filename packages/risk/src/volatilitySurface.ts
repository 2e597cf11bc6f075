/** Seconds of the year that volatilities and rates are quoted for. */
export const YEAR_SECONDS = 365 * 86_400;

/** Only expiries that a hypothetical portfolio holds have more: so discounted strikes keep their range. */
const MAX_CARRY = 2;

/** At-the-money total variance θ = σ²T of one tenor. */
export interface Tenor {
  readonly seconds: number;
  readonly totalVariance: number;
}

/**
 * An SSVI surface and the interest rate that the market of dated futures implies, as `Surface` of `IVolatilityOracle.sol`:
 * w(k, T) = θ/2·(1 + ρφk + √((φk + ρ)² + 1 − ρ²)), φ = η/√θ, k = ln(K/F) (Gatheral and Jacquier, 2014).
 */
export interface Surface {
  /** Up to four, rising. Without any there is no variance. */
  readonly tenors: readonly Tenor[];
  /** In (−1, 1). */
  readonly rho: number;
  /** 0 is no smile. */
  readonly eta: number;
  /** r, continuously compounded, a year: forward F(T) = S·e^(rT), discount D(T) = e^(−rT). */
  readonly rate: number;
}

/**
 * θ(T): linear in T between tenors, flat volatility beyond the first and the last.
 * @param seconds - T. Without time there is no variance.
 */
export function atTheMoneyVariance({ tenors }: Surface, seconds: number): number {
  let [last] = tenors;
  if (last === undefined) return 0;
  for (const next of tenors.slice(1)) {
    if (seconds <= last.seconds) break;
    if (seconds <= next.seconds) {
      const weighted = last.totalVariance * (next.seconds - seconds) + next.totalVariance * (seconds - last.seconds);
      return weighted / (next.seconds - last.seconds);
    }
    last = next;
  }
  return (last.totalVariance * seconds) / last.seconds;
}

/**
 * Total volatility v = √w of a strike.
 * @param variance - θ(T).
 * @param logStrike - k = ln(K/F).
 */
export function totalVolatility({ rho, eta }: Surface, variance: number, logStrike: number): number {
  if (variance === 0) return 0;
  const slope = (eta * logStrike) / Math.sqrt(variance);
  const factor = 1 + rho * slope + Math.sqrt((slope + rho) ** 2 + 1 - rho * rho);
  // In exact numbers the factor is never negative; rounding may leave it a little below zero.
  return Math.sqrt((variance * Math.max(factor, 0)) / 2);
}

/** D(T) = e^(−rT), T in seconds; rT counts as 2 at most. */
export function discount({ rate }: Surface, seconds: number): number {
  const carry = (rate * seconds) / YEAR_SECONDS;
  return Math.exp(-Math.min(Math.max(carry, -MAX_CARRY), MAX_CARRY));
}
