import { type ControllerParameters, type RiskParameters, toNumber } from "@plimsoll/risk";
import type { UnderlyingConfiguration } from "../../../../deploy/configuration.ts";
import { parametersOf } from "../parameters.ts";

/** What calibration finds, or starts from: the parameters of one underlying and its first peak. */
export interface AssetParameters {
  readonly risk: RiskParameters;
  readonly controller: ControllerParameters;
  readonly stressed: number;
}

export function assetParametersOf(underlying: UnderlyingConfiguration): AssetParameters {
  return { ...parametersOf(underlying), stressed: toNumber(underlying.stressed) };
}

/** Rounded to whole multiples of a step, as people write parameters. */
export function roundUp(value: number, step: number): number {
  return tidy(Math.ceil(value / step - 1e-9) * step);
}

export function roundDown(value: number, step: number): number {
  return tidy(Math.floor(value / step + 1e-9) * step);
}

/** Without the digits that a binary fraction adds. */
function tidy(value: number): number {
  return Number(value.toFixed(6));
}
