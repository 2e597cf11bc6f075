import {
  calibrateSurface,
  decayOfHalfLife,
  ewma,
  forecastSurface,
  garch,
  har,
  realisedDays,
  blend,
  type Day,
  type Smile,
  type SurfaceFit,
  type VolatilityModel,
} from "@plimsoll/risk";
import type { SurfaceView } from "./reports.ts";
import { loadChain, loadPrices, type ChainDefaults, type Span } from "./sources.ts";

/** Judged against the first. */
export const MODELS: readonly VolatilityModel[] = [
  ewma(0.94),
  ewma(0.97),
  ewma(decayOfHalfLife(30), "EWMA, half-life 30 d"),
  garch(),
  har(),
  blend(),
];
export const HORIZONS = [1, 7, 30] as const;

/** A smile for where no options are quoted: mild, as on most days of ETH and BTC. */
export const DEFAULT_SMILE: Smile = { rho: -0.1, eta: 0.8, rate: 0, premium: 1 };

export async function loadDays(source: string, span: Span = {}): Promise<Day[]> {
  return realisedDays(await loadPrices(source, span));
}

/** From an option chain. */
export async function chainView(
  source: string,
  defaults: ChainDefaults & { readonly rate?: number | undefined } = {},
): Promise<{ view: SurfaceView; fit: SurfaceFit }> {
  const chain = await loadChain(source, defaults);
  const fit = calibrateSurface(chain, defaults.rate === undefined ? {} : { rate: defaults.rate });
  return { view: { surface: fit.surface, source: "chain", observedAt: chain.time }, fit };
}

/** From prices alone: at the money the blend, with a given smile. */
export function forecastView(days: readonly Day[], smile: Smile): SurfaceView {
  return { surface: forecastSurface(days, blend(), smile), source: "forecast", observedAt: days.at(-1)?.end ?? 0 };
}
