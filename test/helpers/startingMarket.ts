import { spot } from "@plimsoll/client";
import type { Market, RiskParameters, UnderlyingMarket } from "@plimsoll/risk";

const DAY = 86_400;
const NOW = 1_750_000_000;
const CREDIT = 0.4;
const FLOOR = 100;
const HAIRCUT = 0.02;

const ether: RiskParameters = {
  initial: { z: 2, horizonSeconds: DAY, rangeMin: 0.09, rangeMax: 0.3 },
  maintenance: { z: 2.2, horizonSeconds: DAY / 6, rangeMin: 0.035, rangeMax: 0.15 },
  volatilityUp: 0.4,
  volatilityDown: 0.29,
  exponentShort: 0.3,
  exponentLong: 0.13,
  shortOptionMinimum: 0.03,
  concentration: 0.03,
  depth: 20_000,
  vegaDepth: 2_000_000,
  stresses: [
    { move: -0.55, volatilityNode: 1, initialWeight: 0.18, maintenanceWeight: 0.09 },
    { move: 0.45, volatilityNode: 1, initialWeight: 0.18, maintenanceWeight: 0.09 },
  ],
};

const bitcoin: RiskParameters = {
  ...ether,
  initial: { z: 2, horizonSeconds: DAY, rangeMin: 0.07, rangeMax: 0.25 },
  maintenance: { z: 2.2, horizonSeconds: DAY / 6, rangeMin: 0.03, rangeMax: 0.12 },
  depth: 1_500,
  vegaDepth: 3_000_000,
  stresses: [
    { move: -0.5, volatilityNode: 1, initialWeight: 0.15, maintenanceWeight: 0.075 },
    { move: 0.45, volatilityNode: 1, initialWeight: 0.15, maintenanceWeight: 0.075 },
  ],
};

/** Ether and bitcoin with the starting values of the risk parameters, a smile and a term structure. */
export function startingMarket(changes: Partial<UnderlyingMarket> = {}): Market {
  const tenors = (level: number) =>
    [7, 30, 90, 365].map((days) => ({ seconds: days * DAY, totalVariance: (level ** 2 * days) / 365 }));
  const common = { overdueSeconds: 0, averageOpenInterest: 5_000 };
  const surface = { rho: -0.3, eta: 0.8, rate: 0.04 };
  const eth: UnderlyingMarket = {
    ...common,
    underlying: 1,
    spot: 2_000,
    surface: { ...surface, tenors: tenors(0.7) },
    initialVolatility: 0.8,
    maintenanceVolatility: 0.8,
    parameters: ether,
  };
  const btc: UnderlyingMarket = {
    ...common,
    underlying: 2,
    spot: 40_000,
    surface: { ...surface, tenors: tenors(0.5) },
    initialVolatility: 0.6,
    maintenanceVolatility: 0.6,
    parameters: bitcoin,
  };
  return {
    now: NOW,
    underlyings: [{ ...eth, ...changes }, btc],
    account: { floor: FLOOR, credit: CREDIT },
    haircuts: new Map([
      [spot(1), HAIRCUT],
      [spot(2), HAIRCUT],
    ]),
  };
}
