import { type ControllerParameters, type RiskParameters, toNumber } from "@plimsoll/risk";
import type { UnderlyingConfiguration } from "../../../deploy/configuration.ts";

/** The parameters of an underlying in plain numbers, as the float64 model takes them. */
export function parametersOf({ risk, controller }: UnderlyingConfiguration): {
  readonly controller: ControllerParameters;
  readonly risk: RiskParameters;
} {
  const tier = ({ z, horizonSeconds, rangeMin, rangeMax }: UnderlyingConfiguration["risk"]["initial"]) => ({
    z: toNumber(z),
    horizonSeconds,
    rangeMin: toNumber(rangeMin),
    rangeMax: toNumber(rangeMax),
  });
  return {
    risk: {
      initial: tier(risk.initial),
      maintenance: tier(risk.maintenance),
      volatilityUp: toNumber(risk.volatilityUp),
      volatilityDown: toNumber(risk.volatilityDown),
      exponentShort: toNumber(risk.exponentShort),
      exponentLong: toNumber(risk.exponentLong),
      shortOptionMinimum: toNumber(risk.shortOptionMinimum),
      concentration: toNumber(risk.concentration),
      depth: Number(risk.depth),
      vegaDepth: Number(risk.vegaDepth),
      stresses: risk.stresses.map(({ move, volatilityNode, initialWeight, maintenanceWeight }) => ({
        move: toNumber(move),
        volatilityNode: volatilityNode,
        initialWeight: toNumber(initialWeight),
        maintenanceWeight: toNumber(maintenanceWeight),
      })),
    },
    controller: {
      realisedHalfLifeSeconds: controller.realisedHalfLifeSeconds,
      initialHalfLifeSeconds: controller.initialHalfLifeSeconds,
      floor: toNumber(controller.floor),
      stressedWeight: toNumber(controller.stressedWeight),
      maintenanceRisePerHour: toNumber(controller.maintenanceRisePerHour),
    },
  };
}
