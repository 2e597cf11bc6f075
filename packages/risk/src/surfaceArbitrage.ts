/** Relative distance kept from a bound, so that rounding to WAD never lands beyond it. */
const MARGIN = 1e-9;

/**
 * The greatest η for which an SSVI surface with φ = η/√θ is free of butterfly arbitrage up to the given θ, as
 * `SurfaceArbitrage.sol`: η(1 + |ρ|) ≤ 2 and η√θ(1 + |ρ|) < 4 (Gatheral and Jacquier, 2014, theorem 4.2).
 */
export function greatestEta(largestVariance: number, rho: number): number {
  const skew = 1 + Math.abs(rho);
  return Math.min(2 / skew, 4 / (Math.sqrt(largestVariance) * skew)) * (1 - MARGIN);
}
