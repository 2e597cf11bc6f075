import type { Observations, Sample, Tier } from "./observations.ts";

/** How much of what is asked for comes from volatility alone, and how fast. */
export interface Notice {
  /**
   * Share of volatility in all rises of what one long unit requires, USD: with m the requirement per notional and S the price,
   * an hour adds S·Δm by volatility and m·ΔS by price, and only what rises counts.
   */
  readonly volatilityShare: Readonly<Record<Tier, number>>;
  readonly rises: readonly FastestRise[];
}

/** The least time in which volatility alone raised the maintenance requirement so much. */
export interface FastestRise {
  /** Relative. */
  readonly rise: number;
  /** Observed; undefined if it never happened within a month. */
  readonly seconds: number | undefined;
  /** What the published speed allows at the earliest. */
  readonly publishedSeconds: number;
}

const RISES = [0.1, 0.25, 0.5];
const HOUR = 3600;
/** A rise over more than a month alarms nobody. */
const LONGEST_SECONDS = 30 * 24 * HOUR;

/** @param risePerHour Published speed of the maintenance volatility, relative. */
export function noticeOf({ samples, stepSeconds }: Observations, risePerHour: number): Notice {
  const maintenance = samples.map(({ deltaOne }) => deltaOne.long.maintenance);
  const rises = RISES.map((rise) => {
    const steps = fastestRise(maintenance, rise, LONGEST_SECONDS / stepSeconds);
    return {
      rise,
      seconds: steps === undefined ? undefined : steps * stepSeconds,
      publishedSeconds: (Math.log1p(rise) / Math.log1p(risePerHour)) * HOUR,
    };
  });
  return {
    volatilityShare: {
      initial: volatilityShare(samples, "initial"),
      maintenance: volatilityShare(samples, "maintenance"),
    },
    rises,
  };
}

function volatilityShare(samples: readonly Sample[], tier: Tier): number {
  let [byVolatility, byPrice] = [0, 0];
  samples.forEach((sample, i) => {
    const last = samples[i - 1];
    if (last === undefined) return;
    const [now, before] = [sample.deltaOne.long[tier], last.deltaOne.long[tier]];
    byVolatility += Math.max(0, (now - before) * last.mark);
    byPrice += Math.max(0, now * (sample.mark - last.mark));
  });
  return byVolatility / (byVolatility + byPrice);
}

/** The least number of steps between a margin and one higher by `rise`, if it is no more than {@link LONGEST_SECONDS} take. */
function fastestRise(margin: readonly number[], rise: number, mostSteps: number): number | undefined {
  for (let steps = 1; steps <= mostSteps; steps++) {
    if (margin.some((value, i) => value >= (margin[i - steps] ?? Infinity) * (1 + rise))) return steps;
  }
  return undefined;
}
