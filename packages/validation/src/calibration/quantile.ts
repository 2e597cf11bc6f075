import {
  quantileIndex,
  stressRequirement,
  YEAR_SECONDS,
  type RiskParameters,
  type Side,
  type Tiers,
} from "@plimsoll/risk";
import type { Tier } from "../observations.ts";

/** Of what a multiple of volatility is asked: the samples that count, their volatility, and what was lost from each. */
export interface QuantileInputs {
  readonly volatility: Float64Array;
  readonly loss: Float64Array;
  readonly mask: Uint8Array;
}

/**
 * The z that covers the loss of each sample alone: that at which the scan range reaches it. 0 where the stress scenarios
 * cover it already; NaN where the sample does not count.
 */
export function coveringZ(
  { volatility, loss, mask }: QuantileInputs,
  risk: RiskParameters,
  { tier, side }: { readonly tier: Tier; readonly side: Side },
): Float64Array {
  const stress = stressRequirement(risk, side)[tier satisfies keyof Tiers];
  const root = Math.sqrt(risk[tier].horizonSeconds / YEAR_SECONDS);
  return loss.map((value, i) => {
    if (mask[i] !== 1) return NaN;
    if (value <= stress) return 0;
    const range = side === "long" ? -Math.log1p(-value) : Math.log1p(value);
    return range / ((volatility[i] ?? NaN) * root);
  });
}

/** The least z that covers the asked share of the samples. */
export function leastZ(covering: Float64Array, coverage: number): number {
  const known = covering.filter((z) => !Number.isNaN(z)).sort();
  if (known.length === 0) throw new RangeError("no sample has a loss");
  return known[quantileIndex(known.length, coverage)] ?? NaN;
}

/** The middle of the values that count. */
export function median(values: Float64Array, mask: Uint8Array): number {
  const counted = values.filter((_, i) => mask[i] === 1).sort();
  return counted[Math.floor(counted.length / 2)] ?? NaN;
}
