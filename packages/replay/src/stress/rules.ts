import { RISK_METRICS_HALF_LIFE_SECONDS } from "@plimsoll/risk";
import type { UnderlyingConfiguration } from "../../../../deploy/configuration.ts";
import type { MarginRule } from "../market/deployment.ts";
import { toWad } from "../market/wad.ts";

/** Which rule asks for margin once everybody has opened. `naive`: as volatility is, times a constant, and nothing else. */
export type Rule = MarginRule | { readonly kind: "naive" };

export function nameOfRule(rule: Rule): string {
  return rule.kind === "static" ? `static ${+(rule.share * 100).toFixed(2)} %` : rule.kind;
}

/** By which the model asks for margin. */
export function marginOf(rule: Rule): MarginRule {
  return rule.kind === "naive" ? { kind: "dynamic" } : rule;
}

/**
 * What covers 99.1 % of the losses of a day and of four hours, on both sides, of ETH and BTC from April 2018 to December 2021, as
 * the deployed parameters do: order statistics of hourly log returns over σ·√horizon, σ by the half-life below. Medians of the assets
 * are 3.09 and 2.98.
 */
const NAIVE_Z = { initial: 3.1, maintenance: 3 };
/** Next to nothing, and no limit: what a field that has to be positive is set to where the naive rule has no such thing. */
const LITTLE = toWad(0.001);
const MUCH = toWad(1_000_000);
const NO_MEMORY_SECONDS = 1;

/** An underlying without what keeps margin from following volatility: stressed weight, floor, speed limit, ends of the range, stress scenarios. */
export function naively(underlying: UnderlyingConfiguration): UnderlyingConfiguration {
  const { risk, controller } = underlying;
  const unbound = { rangeMin: LITTLE, rangeMax: toWad(1) };
  return {
    ...underlying,
    risk: {
      ...risk,
      initial: { ...risk.initial, ...unbound, z: toWad(NAIVE_Z.initial) },
      maintenance: { ...risk.maintenance, ...unbound, z: toWad(NAIVE_Z.maintenance) },
      stresses: risk.stresses.map((stress) => ({ ...stress, initialWeight: 0n, maintenanceWeight: 0n })),
    },
    controller: {
      ...controller,
      realisedHalfLifeSeconds: Math.round(RISK_METRICS_HALF_LIFE_SECONDS),
      initialHalfLifeSeconds: NO_MEMORY_SECONDS,
      floor: LITTLE,
      stressedWeight: 0n,
      maintenanceRisePerHour: MUCH,
    },
  };
}
