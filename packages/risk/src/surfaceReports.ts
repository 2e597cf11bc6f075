import { greatestEta } from "./surfaceArbitrage.ts";
import { YEAR_SECONDS, type Surface } from "./volatilitySurface.ts";

/** Tenors of every reported surface: a week, a month, a quarter and half a year. As `SurfaceReports.sol`. */
export const TENOR_DAYS = [7, 30, 90, 180] as const;
export const TENOR_SECONDS: readonly number[] = TENOR_DAYS.map((days) => days * 86_400);

/** At-the-money volatilities that a report may show, a year. */
export const MIN_VOLATILITY = 0.05;
export const MAX_VOLATILITY = 4;
export const MAX_RHO = 0.95;
export const MIN_ETA = 0.01;
export const MAX_ETA = 2;
export const MAX_RATE = 0.5;

/** Total variances closer than this would not rise once they are rounded to WAD. */
const LEAST_RISE = 1e-12;
/** Relative distance that `toAdmissible` keeps from a bound, for the same reason. */
const MARGIN = 1e-9;

/** A surface that the oracle would refuse. */
export class InadmissibleSurfaceError extends RangeError {
  readonly component: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;

  constructor(component: string, value: number, { min, max }: Bounds) {
    super(`${component} of the surface is ${value}; the oracle takes ${min} to ${max}`);
    this.name = "InadmissibleSurfaceError";
    this.component = component;
    this.value = value;
    this.min = min;
    this.max = max;
  }
}

/** At-the-money volatilities per year at the tenors of a surface. */
export function levelsOf({ tenors }: Surface): number[] {
  return tenors.map(({ seconds, totalVariance }) => Math.sqrt((totalVariance * YEAR_SECONDS) / seconds));
}

/** Total variance of a volatility per year. */
export function totalVarianceOf(volatility: number, seconds: number): number {
  return (volatility ** 2 * seconds) / YEAR_SECONDS;
}

/** @throws InadmissibleSurfaceError unless the oracle's bounds hold and the surface is free of static arbitrage. */
export function requireAdmissible(surface: Surface): void {
  const { tenors, rho, eta, rate } = surface;
  requireInBounds("number of tenors", tenors.length, { min: TENOR_SECONDS.length, max: TENOR_SECONDS.length });
  let previous = -Infinity;
  tenors.forEach(({ seconds, totalVariance }, i) => {
    const tenor = TENOR_SECONDS[i] ?? 0;
    requireInBounds("tenor", seconds, { min: tenor, max: tenor });
    const name = `total variance at ${seconds / 86_400} days`;
    const min = Math.max(totalVarianceOf(MIN_VOLATILITY, seconds), previous + LEAST_RISE);
    requireInBounds(name, totalVariance, { min, max: totalVarianceOf(MAX_VOLATILITY, seconds) });
    previous = totalVariance;
  });
  requireInBounds("rho", rho, { min: -MAX_RHO, max: MAX_RHO });
  requireInBounds("eta", eta, { min: MIN_ETA, max: Math.min(MAX_ETA, greatestEta(previous, rho)) });
  requireInBounds("rate", rate, { min: -MAX_RATE, max: MAX_RATE });
}

/** The surface with every component moved inside the bounds, no further than needed; later tenors and η give way. */
export function toAdmissible({ tenors, rho, eta, rate }: Surface): Surface {
  let previous = 0;
  const rising = TENOR_SECONDS.map((seconds, i) => {
    const least = totalVarianceOf(MIN_VOLATILITY, seconds) * (1 + MARGIN);
    const most = totalVarianceOf(MAX_VOLATILITY, seconds) * (1 - MARGIN);
    const wanted = Math.max(tenors[i]?.totalVariance ?? 0, previous * (1 + MARGIN));
    previous = clamp(wanted, least, most);
    return { seconds, totalVariance: previous };
  });
  const rhoInside = clamp(rho, -MAX_RHO, MAX_RHO);
  const mostEta = Math.min(MAX_ETA, greatestEta(previous, rhoInside));
  return {
    tenors: rising,
    rho: rhoInside,
    eta: clamp(eta, MIN_ETA, mostEta),
    rate: clamp(rate, -MAX_RATE, MAX_RATE),
  };
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

function requireInBounds(component: string, value: number, bounds: Bounds): void {
  if (!(value >= bounds.min && value <= bounds.max)) throw new InadmissibleSurfaceError(component, value, bounds);
}
