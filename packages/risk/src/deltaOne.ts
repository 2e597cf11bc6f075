import type { RiskParameters, Tiers } from "./market.ts";
import { scanRanges } from "./scenarioGrid.ts";
import { raiseTo, type Losses } from "./losses.ts";

export const SIDES = ["long", "short"] as const;
/** One unit of the underlying, held or owed. */
export type Side = (typeof SIDES)[number];

/**
 * What one unit of the underlying, or of its perpetual, requires, as a share of spot: the end of the scan range or a
 * weighted stress scenario, whichever loses more. At a size that needs no concentration, and at a fresh price.
 */
export function deltaOneRequirement(
  parameters: RiskParameters,
  volatilities: { readonly initial: number; readonly maintenance: number },
  side: Side,
): Tiers {
  const { initial: initialVolatility, maintenance: maintenanceVolatility } = volatilities;
  const ranges = scanRanges({ parameters, initialVolatility, maintenanceVolatility }, 0);
  const losses: Losses = { initial: 0, maintenance: 0 };
  raiseTo(losses, lossOf(ranges.initial, side), false);
  raiseTo(losses, lossOf(ranges.maintenance, side), true);
  const stress = stressRequirement(parameters, side);
  const initial = Math.max(losses.initial, stress.initial);
  return { initial, maintenance: Math.max(losses.maintenance, stress.maintenance) };
}

/** The part of {@link deltaOneRequirement} that no volatility moves. */
export function stressRequirement({ stresses }: RiskParameters, side: Side): Tiers {
  const sign = side === "long" ? -1 : 1;
  let initial = 0;
  let maintenance = 0;
  for (const { move, initialWeight, maintenanceWeight } of stresses) {
    initial = Math.max(initial, sign * move * initialWeight);
    maintenance = Math.max(maintenance, sign * move * maintenanceWeight);
  }
  return { initial, maintenance };
}

/** Loss of a unit at the far end of a scan range, as a share of spot. */
function lossOf(range: number, side: Side): number {
  return side === "long" ? -Math.expm1(-range) : Math.expm1(range);
}
