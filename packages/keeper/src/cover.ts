// Whether the cap on open interest should follow what the backstop answers for by now. Pure: what was read goes in, what should be done comes out.
import type { KeeperConfig } from "./config.js";
import { max, min, mulWadDown, wad } from "./domain.js";

/** One underlying, units WAD. */
export interface CoverView {
  readonly underlying: number;
  /** The administrator's cap. */
  readonly set: bigint;
  /** What was covered when `Markets` asked last, and what is covered now. */
  readonly covered: bigint;
  readonly coveredNow: bigint;
  readonly openInterest: bigint;
}

export type CoverConfig = Pick<KeeperConfig["cover"], "excessShare" | "unusedShare" | "nearShare">;

export interface CoverAction {
  readonly kind: "refreshCover";
  readonly underlying: number;
}

/** One transaction at a time per key. */
export function coverKey(underlying: number): string {
  return `cover:${underlying}`;
}

export function planCover(
  views: readonly CoverView[],
  { blocked, config }: { readonly blocked: ReadonlySet<string>; readonly config: CoverConfig },
): CoverAction[] {
  return views
    .filter((view) => isCoverDue(view, config) && !blocked.has(coverKey(view.underlying)))
    .map(({ underlying }) => ({ kind: "refreshCover", underlying }));
}

/** Down as soon as more could be opened than is covered; up where the cap is in the way, or leaves much unused. */
function isCoverDue({ set, covered, coveredNow, openInterest }: CoverView, config: CoverConfig): boolean {
  const inForce = min(set, covered);
  const refreshed = min(set, coveredNow);
  const slack = (share: number) => mulWadDown(wad(share), min(inForce, refreshed));
  if (refreshed < inForce) return inForce - refreshed > slack(config.excessShare);
  const isNear = openInterest >= mulWadDown(wad(config.nearShare), inForce);
  return refreshed - inForce > slack(isNear ? config.excessShare : config.unusedShare);
}

/** Open interest that the backstop does not answer for. */
export function uncovered({ openInterest, coveredNow }: CoverView): bigint {
  return max(openInterest - coveredNow, 0n);
}
