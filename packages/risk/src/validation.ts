import { InvalidNumberError, LimitExceededError } from "./errors.ts";
import { MAX_STRESSES, MAX_TENORS, MAX_UNDERLYINGS } from "./limits.ts";
import type { Market, RiskParameters, Stress, Tier, UnderlyingMarket } from "./market.ts";
import type { Surface } from "./volatilitySurface.ts";

/** @throws InvalidNumberError, LimitExceededError for a market that cannot be. */
export function requireMarket({ now, underlyings, account, haircuts }: Market): void {
  requireNumber("now", now, now >= 0);
  requireAtMost("underlyings", underlyings.length, MAX_UNDERLYINGS);
  requireNumber("floor", account.floor, account.floor >= 0);
  requireShare("credit", account.credit);
  for (const haircut of haircuts.values()) requireShare("haircut", haircut);
  const seen = new Set<number>();
  for (const market of underlyings) {
    requireUnderlying(market);
    requireNumber("underlying", market.underlying, !seen.has(market.underlying));
    seen.add(market.underlying);
  }
}

/** @throws InvalidNumberError unless the number is finite and as it must be. */
export function requireNumber(field: string, value: number, isValid = true): void {
  if (!Number.isFinite(value) || !isValid) throw new InvalidNumberError(field, value);
}

function requireUnderlying(market: UnderlyingMarket): void {
  requirePositive("underlying", market.underlying);
  for (const field of ["spot", "overdueSeconds", "initialVolatility", "maintenanceVolatility"] as const)
    requireNotNegative(field, market[field]);
  requireNotNegative("averageOpenInterest", market.averageOpenInterest);
  requireSurface(market.surface);
  requireParameters(market.parameters);
}

function requireSurface({ tenors, rho, eta, rate }: Surface): void {
  requireAtMost("tenors", tenors.length, MAX_TENORS);
  let last = 0;
  for (const { seconds, totalVariance } of tenors) {
    requireNumber("tenor", seconds, seconds > last);
    requireNotNegative("totalVariance", totalVariance);
    last = seconds;
  }
  requireNumber("rho", rho, Math.abs(rho) < 1);
  requireNotNegative("eta", eta);
  requireNumber("rate", rate);
}

function requireParameters(parameters: RiskParameters): void {
  requireTier(parameters.initial);
  requireTier(parameters.maintenance);
  const scales = ["volatilityUp", "volatilityDown", "exponentShort", "exponentLong", "concentration"] as const;
  for (const field of scales) requireNotNegative(field, parameters[field]);
  requireShare("shortOptionMinimum", parameters.shortOptionMinimum);
  requirePositive("depth", parameters.depth);
  requirePositive("vegaDepth", parameters.vegaDepth);
  requireAtMost("stresses", parameters.stresses.length, MAX_STRESSES);
  parameters.stresses.forEach(requireStress);
}

function requireTier({ z, horizonSeconds, rangeMin, rangeMax }: Tier): void {
  requirePositive("z", z);
  requirePositive("horizonSeconds", horizonSeconds);
  requirePositive("rangeMin", rangeMin);
  requireNumber("rangeMax", rangeMax, rangeMax >= rangeMin);
}

function requireStress({ move, initialWeight, maintenanceWeight }: Stress): void {
  requireNumber("move", move, move > -1);
  requireShare("initialWeight", initialWeight);
  requireNumber("maintenanceWeight", maintenanceWeight, maintenanceWeight >= 0 && maintenanceWeight <= initialWeight);
}

function requirePositive(field: string, value: number): void {
  requireNumber(field, value, value > 0);
}

function requireNotNegative(field: string, value: number): void {
  requireNumber(field, value, value >= 0);
}

function requireShare(field: string, value: number): void {
  requireNumber(field, value, value >= 0 && value <= 1);
}

function requireAtMost(what: string, count: number, limit: number): void {
  if (count > limit) throw new LimitExceededError(what, { count, limit });
}
