import type { KeeperConfig } from "./config.js";
import { WAD, max, mulWadDown, wad } from "./domain.js";
import type { Risk } from "./domain.js";

/**
 * Rules of the Liquidator that a package of legs must respect, plus how far below its target the keeper aims. What the backstop unwinds has
 * the same rules without a target: all of it may go.
 */
export type LegRules = KeeperConfig["legs"] & { readonly hasTarget?: boolean };

/** One package, supposed to be taken. All USD WAD, at the maintenance tier. */
export interface Outcome {
  readonly before: Risk;
  /** Requirement of the package alone, without the account floor. */
  readonly packageRequirement: bigint;
  readonly remaining: Risk;
  /** Equity left once the compensation is paid. */
  readonly equityAfter: bigint;
  readonly isFloorBound: boolean;
}

export type Breach =
  "hedge-stripped" | "tail-worsened" | "too-small" | "over-liquidation" | "not-whole" | "health-lowered";

/** The Liquidator's guards, in its own terms; undefined where the package passes them all. */
export function breachOf(outcome: Outcome, rules: LegRules): Breach | undefined {
  const { before, remaining, equityAfter, packageRequirement } = outcome;
  const removed = before.maintenance - remaining.maintenance;
  if (removed <= 0n || removed < mulWadDown(wad(rules.minPackageShare), packageRequirement)) return "hedge-stripped";
  if (remaining.stressLoss > max(before.stressLoss, equityAfter)) return "tail-worsened";
  if (outcome.isFloorBound) return remaining.maintenance === 0n ? undefined : "not-whole";
  if (equityAfter * before.maintenance < before.equity * remaining.maintenance) return "health-lowered";
  return sizeBreach(outcome, removed, rules);
}

function sizeBreach({ before, remaining, equityAfter }: Outcome, removed: bigint, rules: LegRules): Breach | undefined {
  const isLast = equityAfter >= remaining.maintenance || remaining.maintenance > remaining.maintenanceBeforeFloor;
  if (!isLast && removed < mulWadDown(wad(rules.minShare), before.maintenance)) return "too-small";
  if (rules.hasTarget === false) return undefined;
  return equityAfter > mulWadDown(wad(rules.targetRatio), remaining.maintenance) ? "over-liquidation" : undefined;
}

/**
 * The requirement that may be removed before the account stands above the target: E − c·ΔR ≤ t·(R − ΔR), so
 * ΔR ≤ (t·R − E) / (t − c), less the keeper's own margin for marks that move.
 */
export function removableRequirement({ equity, maintenance }: Risk, rate: bigint, rules: LegRules): bigint {
  if (rules.hasTarget === false) return maintenance;
  const target = wad(rules.targetRatio);
  if (rate >= target) return 0n;
  const most = (target * maintenance - equity * WAD) / (target - rate);
  return max(mulWadDown(most, WAD - wad(rules.targetMargin)), 0n);
}
