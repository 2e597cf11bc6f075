import { type ControllerParameters, type Implied, MarginVolatilityModel } from "@plimsoll/risk";
import type { ImpliedLevel } from "../marketHistory.ts";
import type { CalibrationData } from "./data.ts";

/** How long a level counts: as long as an accepted surface. */
const IMPLIED_HEARTBEAT_SECONDS = 6 * 3600;

/** Volatilities at each sample. */
export interface VolatilityColumns {
  readonly observed: Float64Array;
  readonly initial: Float64Array;
  readonly maintenance: Float64Array;
  /** Peak of the observed at the end of the training. */
  readonly trainedPeak: number;
}

export interface WalkOptions {
  /** First peak. */
  readonly stressed: number;
  readonly withImplied: boolean;
}

/** Walks all rounds as the oracle does and reads it every hour. */
export function walkVolatilities(
  data: CalibrationData,
  parameters: ControllerParameters,
  { stressed, withImplied }: WalkOptions,
): VolatilityColumns {
  const { times, roundTimes, roundPrices, training } = data;
  const realised = data.warmVolatility(parameters.realisedHalfLifeSeconds);
  const start = { price: data.startPrice, time: training.from, realised, stressed: Math.max(stressed, realised) };
  const model = new MarginVolatilityModel(parameters, start);
  const levels = withImplied ? new LevelReader(data.history.implied) : undefined;
  const columns = {
    observed: new Float64Array(times.length),
    initial: new Float64Array(times.length),
    maintenance: new Float64Array(times.length),
  };
  let round = 0;
  let trainedPeak = start.stressed;
  times.forEach((time, i) => {
    for (; (roundTimes[round] ?? Infinity) <= time; round++) {
      model.observe(roundPrices[round] ?? NaN, roundTimes[round] ?? NaN);
    }
    const implied = levels?.newestAt(time);
    if (implied !== undefined) model.setImplied(implied, time);
    const volatility = model.at(time);
    columns.observed[i] = volatility.observed;
    columns.initial[i] = volatility.initial;
    columns.maintenance[i] = volatility.maintenance;
    if (i < training.end) trainedPeak = volatility.stressed;
  });
  return { ...columns, trainedPeak };
}

/** Goes through the levels in the order of their times. */
class LevelReader {
  readonly #levels: readonly ImpliedLevel[];
  #next = 0;

  constructor(levels: readonly ImpliedLevel[]) {
    this.#levels = levels;
  }

  /** The newest level up to `time` that was not answered before, if it is not out of date. */
  newestAt(time: number): Implied | undefined {
    let newest: ImpliedLevel | undefined;
    for (; (this.#levels[this.#next]?.time ?? Infinity) <= time; this.#next++) newest = this.#levels[this.#next];
    if (newest === undefined) return undefined;
    const until = newest.time + IMPLIED_HEARTBEAT_SECONDS;
    return until < time ? undefined : { level: newest.level, until };
  }
}
