import { TENOR_SECONDS, toAdmissible } from "../surfaceReports.ts";
import type { Surface } from "../volatilitySurface.ts";
import { requireNumber } from "../validation.ts";
import type { VolatilityModel } from "./model.ts";
import { DAY_SECONDS, type Day } from "./realisedVariance.ts";

/** What a forecast does not say of a surface. */
export interface Smile {
  readonly rho: number;
  readonly eta: number;
  readonly rate: number;
  /** Implied volatility per forecast volatility: what sellers of options want for the risk. 1 is none. */
  readonly premium: number;
}

/**
 * A surface without an option chain: at the money the forecast to each tenor, with a given smile. Where a model's forecasts
 * for two tenors contradict each other (total variance must rise) the later gives way.
 * @throws HistoryTooShortError
 */
export function forecastSurface(days: readonly Day[], model: VolatilityModel, smile: Smile): Surface {
  const { premium, ...rest } = smile;
  requireNumber("premium", premium, premium > 0);
  const forecaster = model.fit(days);
  const tenors = TENOR_SECONDS.map((seconds) => {
    const horizon = seconds / DAY_SECONDS;
    return { seconds, totalVariance: forecaster.forecast(days, horizon) * horizon * premium ** 2 };
  });
  return toAdmissible({ tenors, ...rest });
}
