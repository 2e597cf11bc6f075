import { call, perpetual, put, spot, toWad, type Instrument } from "@plimsoll/client";
import type { Leg, Market, RiskParameters, UnderlyingMarket } from "../src/index.ts";
import { startingMarket } from "../../../test/helpers/startingMarket.ts";

export const DAY = 86_400;
export const ETH = 1;
export const BTC = 2;
export const etherSpot = spot(ETH);
export const etherPerpetual = perpetual(ETH);

const flat = { tenors: [{ seconds: 365 * DAY, totalVariance: 0.64 }], rho: 0, eta: 0, rate: 0 };
const calm = { surface: flat, initialVolatility: 0.8, maintenanceVolatility: 0.8, averageOpenInterest: 0 };

/** The starting values at a flat volatility of 80 %, ether at 2,000. */
export function marketOf(changes: Partial<UnderlyingMarket> = {}): Market {
  return startingMarket({ ...calm, ...changes });
}

export const { now: NOW } = marketOf();
export const parameters: RiskParameters = firstOf(marketOf()).parameters;

export function firstOf({ underlyings: [first] }: Market): UnderlyingMarket {
  if (first === undefined) throw new RangeError("a market without underlyings");
  return first;
}

/** @param days - From now. @param strike - USD. */
export function ethCall(days: number, strike: number): Instrument {
  return call(ETH, { expiry: NOW + Math.round(days * DAY), strike: toWad(strike) });
}

export function ethPut(days: number, strike: number): Instrument {
  return put(ETH, { expiry: NOW + Math.round(days * DAY), strike: toWad(strike) });
}

export function held(instrument: Instrument, size: number): Leg {
  return { instrument, size };
}
