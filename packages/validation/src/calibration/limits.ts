import type { QuintileMisses } from "@plimsoll/risk";

/** What a calibration has to meet. */
export interface Limits {
  /** Share of samples covered on each side, at the horizon of the tier. */
  readonly coverage: number;
  /** Misses in the calmest and in the wildest fifth, unless that may be luck. */
  readonly quintileMissRate: number;
  readonly peakToTrough: number;
  /** Worst rise over five days. */
  readonly rise5d: number;
}

/** The published goals. */
export const GOALS: Limits = { coverage: 0.99, quintileMissRate: 0.013, peakToTrough: 2, rise5d: 0.7 };

/**
 * What is asked for in training. A tenth of the misses that are allowed is kept back for years that are not like those of the
 * training. A thirteenth of the rises is, because an implied volatility, where there is a source, peaks above the realised.
 */
export const TRAINING_LIMITS: Limits = { coverage: 0.991, quintileMissRate: 0.013, peakToTrough: 1.85, rise5d: 0.65 };

/** Whether neither the calmest nor the wildest fifth misses more than it may, or only by what may be luck. */
export function holdInExtremes(quintiles: readonly QuintileMisses[], { quintileMissRate }: Limits): boolean {
  const extremes = [quintiles[0], quintiles.at(-1)].filter((one) => one !== undefined);
  return extremes.every(({ misses, isLuck }) => misses.value <= quintileMissRate || isLuck);
}
