import { instrumentOf, sizeOf, type Position } from "@plimsoll/client";
import type { AccountParameters, Portfolio, RiskParameters, Stress, Tier, UnderlyingMarket } from "./market.ts";
import type { Surface } from "./volatilitySurface.ts";

/** What contracts answer, as ethers decodes it, or are given at a deployment: whole numbers, WAD unless a name says otherwise. */
export interface ChainTier {
  readonly z: bigint;
  readonly horizonSeconds: bigint | number;
  readonly rangeMin: bigint;
  readonly rangeMax: bigint;
}

export interface ChainStress {
  readonly move: bigint;
  /** −1, 0 or 1. */
  readonly volatilityNode: bigint | number;
  readonly initialWeight: bigint;
  readonly maintenanceWeight: bigint;
}

/** `RiskParameters` of `IMarkets`. */
export interface ChainRiskParameters {
  readonly initial: ChainTier;
  readonly maintenance: ChainTier;
  readonly volatilityUp: bigint;
  readonly volatilityDown: bigint;
  readonly exponentShort: bigint;
  readonly exponentLong: bigint;
  readonly shortOptionMinimum: bigint;
  readonly concentration: bigint;
  /** Whole units. */
  readonly depth: bigint;
  /** Whole USD. */
  readonly vegaDepth: bigint;
  readonly stresses: readonly ChainStress[];
}

/** `Surface` of `IVolatilityOracle`. */
export interface ChainSurface {
  readonly tenorSeconds: readonly bigint[];
  readonly totalVariance: readonly bigint[];
  readonly rho: bigint;
  readonly eta: bigint;
  readonly rate: bigint;
}

/** Answers about one underlying. */
export interface ChainUnderlying {
  readonly underlying: number;
  /** `IPriceOracle.price`. */
  readonly price: { readonly value: bigint; readonly overdueSeconds: bigint };
  /** `IVolatilityOracle.snapshot`. */
  readonly volatility: { readonly surface: ChainSurface; readonly initial: bigint; readonly maintenance: bigint };
  /** `IMarkets.riskParameters`. */
  readonly parameters: ChainRiskParameters;
  /** `averageOpenInterest` of the clearinghouse, units. */
  readonly averageOpenInterest: bigint;
}

/** A higher price counts as this much, USD. */
const MAX_PRICE = 1e12;
const WAD = 1e18;

export function underlyingFromChain(answers: ChainUnderlying): UnderlyingMarket {
  const { underlying, price, volatility, parameters, averageOpenInterest } = answers;
  return {
    underlying,
    spot: Math.min(toNumber(price.value), MAX_PRICE),
    overdueSeconds: Number(price.overdueSeconds),
    surface: surfaceFromChain(volatility.surface),
    initialVolatility: toNumber(volatility.initial),
    maintenanceVolatility: toNumber(volatility.maintenance),
    parameters: parametersFromChain(parameters),
    averageOpenInterest: toNumber(averageOpenInterest),
  };
}

/** `AccountParameters` of `IMarkets`. */
export function accountFromChain({ floor, credit }: { floor: bigint; credit: bigint }): AccountParameters {
  return { floor: toNumber(floor), credit: toNumber(credit) };
}

/** `Portfolio` of `IMarginEngine`. */
export function portfolioFromChain({ cash, positions }: { cash: bigint; positions: readonly Position[] }): Portfolio {
  const legs = positions.map((position) => ({ instrument: instrumentOf(position), size: toNumber(sizeOf(position)) }));
  return { cash: toNumber(cash), legs };
}

/** From WAD: the nearest double or its neighbour. */
export function toNumber(wad: bigint): number {
  return Number(wad) / WAD;
}

/** The surface as a contract answers it; unused tenors are left out. */
export function surfaceFromChain({ tenorSeconds, totalVariance, rho, eta, rate }: ChainSurface): Surface {
  const used = tenorSeconds.findIndex((seconds) => seconds === 0n);
  const tenors = tenorSeconds
    .slice(0, used === -1 ? undefined : used)
    .map((seconds, i) => ({ seconds: Number(seconds), totalVariance: toNumber(totalVariance[i] ?? 0n) }));
  return { tenors, rho: toNumber(rho), eta: toNumber(eta), rate: toNumber(rate) };
}

export function parametersFromChain(parameters: ChainRiskParameters): RiskParameters {
  return {
    initial: tierFromChain(parameters.initial),
    maintenance: tierFromChain(parameters.maintenance),
    volatilityUp: toNumber(parameters.volatilityUp),
    volatilityDown: toNumber(parameters.volatilityDown),
    exponentShort: toNumber(parameters.exponentShort),
    exponentLong: toNumber(parameters.exponentLong),
    shortOptionMinimum: toNumber(parameters.shortOptionMinimum),
    concentration: toNumber(parameters.concentration),
    depth: Number(parameters.depth),
    vegaDepth: Number(parameters.vegaDepth),
    stresses: parameters.stresses.map(stressFromChain),
  };
}

function tierFromChain({ z, horizonSeconds, rangeMin, rangeMax }: ChainTier): Tier {
  return {
    z: toNumber(z),
    horizonSeconds: Number(horizonSeconds),
    rangeMin: toNumber(rangeMin),
    rangeMax: toNumber(rangeMax),
  };
}

function stressFromChain({ move, volatilityNode, initialWeight, maintenanceWeight }: ChainStress): Stress {
  return {
    move: toNumber(move),
    volatilityNode: volatilityNode < 0 ? -1 : volatilityNode > 0 ? 1 : 0,
    initialWeight: toNumber(initialWeight),
    maintenanceWeight: toNumber(maintenanceWeight),
  };
}
