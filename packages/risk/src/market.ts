import type { Instrument } from "@plimsoll/client";
import type { Surface } from "./volatilitySurface.ts";

/** One margin tier: scan range x = clamp(z·σ·√(horizon/1y), rangeMin, rangeMax) in log price. */
export interface Tier {
  readonly z: number;
  readonly horizonSeconds: number;
  readonly rangeMin: number;
  readonly rangeMax: number;
}

/** A fixed price move, independent of volatility. */
export interface Stress {
  /** Relative, above −1. */
  readonly move: number;
  /** Which volatility node goes with it. */
  readonly volatilityNode: -1 | 0 | 1;
  /** Share of the loss that each tier requires. */
  readonly initialWeight: number;
  readonly maintenanceWeight: number;
}

/** Everything that scales the margin of one underlying; as `RiskParameters` of `IMarkets.sol`, in plain numbers. */
export interface RiskParameters {
  readonly initial: Tier;
  readonly maintenance: Tier;
  /** s of the upper volatility node σ·exp(+s·f), and of the lower, σ·exp(−s·f). */
  readonly volatilityUp: number;
  readonly volatilityDown: number;
  /** p of f = (30 d / max(T, 1 d))^p below 30 days, and from there on. */
  readonly exponentShort: number;
  readonly exponentLong: number;
  /** Requirement for each unit short of an option, as a share of spot. */
  readonly shortOptionMinimum: number;
  /** κ: slippage of closing one depth in haste, as a share of its value. */
  readonly concentration: number;
  /** Net delta that slips by κ, units. */
  readonly depth: number;
  /** Loss in a volatility node that slips by κ, USD. */
  readonly vegaDepth: number;
  /** At most four; they end at the first whose weights are both 0. */
  readonly stresses: readonly Stress[];
}

/** What is known of one underlying. */
export interface UnderlyingMarket {
  /** Number of the underlying, from 1. */
  readonly underlying: number;
  /** S, USD; 0 where there never was a price. */
  readonly spot: number;
  /** How much older than its heartbeat the price is, seconds. */
  readonly overdueSeconds: number;
  readonly surface: Surface;
  /** Margin volatilities of the two tiers, per year. */
  readonly initialVolatility: number;
  readonly maintenanceVolatility: number;
  readonly parameters: RiskParameters;
  /** A, slow average of everybody's open interest, units. */
  readonly averageOpenInterest: number;
}

/** What holds for accounts as a whole. */
export interface AccountParameters {
  /** Least requirement of an account with a debt or a derivative, USD. */
  readonly floor: number;
  /** Share of the diversification between underlyings that is credited. */
  readonly credit: number;
}

/** All that an evaluation depends on beside the portfolio. */
export interface Market {
  /** Unix seconds. */
  readonly now: number;
  /** At most four. */
  readonly underlyings: readonly UnderlyingMarket[];
  readonly account: AccountParameters;
  /** Of each listed token, by its spot instrument: share of its value that is required on top. */
  readonly haircuts: ReadonlyMap<Instrument, number>;
}

/** A stored or hypothetical portfolio. */
export interface Portfolio {
  /** USD, signed: cash and the entry values of the perpetuals. */
  readonly cash: number;
  readonly legs: readonly Leg[];
}

export interface Leg {
  readonly instrument: Instrument;
  /** Units, negative when short. */
  readonly size: number;
}

/** One number for each margin tier, USD. */
export interface Tiers {
  readonly initial: number;
  readonly maintenance: number;
}

/** What one evaluation says of a portfolio; as `Risk` of `IMarginEngine.sol`, USD. */
export interface Risk {
  readonly equity: number;
  readonly initial: number;
  readonly maintenance: number;
  /** The same without the account floor. */
  readonly maintenanceBeforeFloor: number;
  /** The worst loss over the stress scenarios, unweighted; 0 if none loses. */
  readonly stressLoss: number;
}
