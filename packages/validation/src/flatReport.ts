import { type SignedSurfaceReport, type SurfaceVenue, signSurfaceReport } from "@plimsoll/client";
import { toReport } from "@plimsoll/publisher";
import { TENOR_SECONDS, toAdmissible, totalVarianceOf } from "@plimsoll/risk";
import type { Signer } from "ethers";

/** A surface without skew, as flat in strikes as the oracle accepts, at one level for all tenors. */
export interface FlatSurface {
  readonly underlying: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Implied volatility per year; outside the oracle's bounds it counts as the nearer one. */
  readonly level: number;
}

export async function signFlatReport(
  signer: Signer,
  venue: SurfaceVenue,
  { underlying, timestamp, level }: FlatSurface,
): Promise<SignedSurfaceReport> {
  const tenors = TENOR_SECONDS.map((seconds) => ({ seconds, totalVariance: totalVarianceOf(level, seconds) }));
  const surface = toAdmissible({ tenors, rho: 0, eta: 0, rate: 0 });
  return await signSurfaceReport(toReport(surface, { underlying, timestamp }), signer, venue);
}
