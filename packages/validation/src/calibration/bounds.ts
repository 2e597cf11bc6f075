import { NoSolutionError } from "./errors.ts";
import type { AssetParameters } from "./parameters.ts";

/** The hard bounds of `ParameterBounds.sol` and `VolatilityController.sol` that a search could leave. */
export const MIN_Z = 0.5;
export const MIN_FLOOR = 0.1;
export const MIN_RANGE = 0.01;
const MAX_Z = 10;
const MAX_FLOOR = 2;
const MAX_RANGE = 1;
const MAX_STRESSED = 4;

/** @throws NoSolutionError if the contracts would not take the parameters. */
export function requireBounds(asset: string, { risk, controller, stressed }: AssetParameters): void {
  const { initial, maintenance } = risk;
  requireAtMost(asset, "z", { value: Math.max(initial.z, maintenance.z), most: MAX_Z });
  requireAtMost(asset, "rangeMax", { value: initial.rangeMax, most: MAX_RANGE });
  requireAtMost(asset, "floor", { value: controller.floor, most: MAX_FLOOR });
  requireAtMost(asset, "stressed", { value: stressed, most: MAX_STRESSED });
  const reach = ({ z, horizonSeconds }: typeof initial) => z ** 2 * horizonSeconds;
  const isNested =
    reach(initial) >= reach(maintenance) &&
    initial.rangeMin >= maintenance.rangeMin &&
    initial.rangeMax >= maintenance.rangeMax;
  if (!isNested) throw new NoSolutionError(asset, "the maintenance range does not fit into the initial range");
}

function requireAtMost(asset: string, name: string, { value, most }: { value: number; most: number }): void {
  if (value > most)
    throw new NoSolutionError(asset, `${name} would have to be ${value}; the contracts take at most ${most}`);
}
