import { type ControllerParameters, type RiskParameters, parametersFromChain, toNumber } from "@plimsoll/risk";
import type { UnderlyingConfiguration } from "../../../deploy/configuration.ts";

/** The parameters of an underlying in plain numbers, as the float64 model takes them. */
export function parametersOf({ risk, controller }: UnderlyingConfiguration): {
  readonly controller: ControllerParameters;
  readonly risk: RiskParameters;
} {
  const { floor, stressedWeight, maintenanceRisePerHour, ...seconds } = controller;
  return {
    risk: parametersFromChain(risk),
    controller: {
      ...seconds,
      floor: toNumber(floor),
      stressedWeight: toNumber(stressedWeight),
      maintenanceRisePerHour: toNumber(maintenanceRisePerHour),
    },
  };
}
