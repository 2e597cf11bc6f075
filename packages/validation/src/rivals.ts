import {
  BacktestError,
  type Closes,
  type FittingSpan,
  type HorizonLosses,
  type MarginSeries,
  RISK_METRICS_HALF_LIFE_SECONDS,
  bufferedMargin,
  ewmaMargin,
  historicalEs,
  historicalVar,
  limitedMargin,
  scaledToCoverage,
  staticMargin,
} from "@plimsoll/risk";

/** A rule of another kind, scaled to the coverage that the dynamic margin had on the fitting span. */
export interface RivalSeries {
  readonly name: string;
  readonly series: MarginSeries;
}

/** Everything before and inside the validation, at equal steps: closes, what is lost from each on, and where the validation begins. */
export interface RivalInputs {
  readonly closes: Closes;
  readonly times: Float64Array;
  readonly losses: HorizonLosses;
  readonly horizonSteps: number;
  /** Observed by the oracle, where it was asked; for quintiles. */
  readonly volatility: Float64Array;
  /** Index of the first sample of the validation. */
  readonly start: number;
  /**
   * The span that a rule which is known from an index on is fitted on, and the coverage that is to be met there; undefined
   * if the rule is known too late.
   */
  readonly fittingSpan: (knownFrom: number) => FittingSpan | undefined;
}

const DAY = 86_400;
const YEAR_DAYS = 365;
/** Any: the scale is fitted. */
const SHARE = 0.1;
/** A limiter that lets margin double in a week, and halve in one. */
const LIMIT_PER_DAY = { risePerDay: 0.104, fallPerDay: 0.094 };

/** Margin of the other rules over the validation. A rule that needs more history than there is, or that no scale fits, is left out. */
export function rivalsOf(inputs: RivalInputs, halfLifeSeconds: number): RivalSeries[] {
  const { closes, losses, horizonSteps } = inputs;
  const { stepSeconds } = closes;
  const ewma = ewmaMargin(closes, { halfLifeSeconds: RISK_METRICS_HALF_LIFE_SECONDS, horizonSteps });
  const tail = { horizonSteps, windowSteps: Math.round((YEAR_DAYS * DAY) / stepSeconds) };
  const paths: Readonly<Record<string, Float64Array>> = {
    "static percentage": staticMargin(closes, SHARE),
    "EWMA, λ .97 a day": ewma,
    [`EWMA, half-life ${Math.round(halfLifeSeconds / DAY)} d`]: ewmaMargin(closes, { halfLifeSeconds, horizonSteps }),
    "EWMA + 25 % buffer": bufferedMargin(ewma),
    "historical VaR 99 %, 1 y": historicalVar(losses.loss, { ...tail, level: 0.99 }),
    "historical ES 97.5 %, 1 y": historicalEs(losses.loss, { ...tail, level: 0.975 }),
    "EWMA, limiter alone": limitedMargin(ewma, { stepSeconds, ...LIMIT_PER_DAY }),
  };
  return Object.entries(paths).flatMap(([name, path]) => {
    const series = scaled(path, inputs);
    return series === undefined ? [] : [{ name, series }];
  });
}

function scaled(path: Float64Array, inputs: RivalInputs): MarginSeries | undefined {
  const { closes, times, losses, horizonSteps, volatility, start, fittingSpan } = inputs;
  if (!Number.isFinite(path[start])) return undefined;
  const span = fittingSpan(path.findIndex((value) => Number.isFinite(value)));
  const margin = span === undefined ? undefined : scaledPath(path, losses.loss, span);
  if (margin === undefined) return undefined;
  return {
    times: times.subarray(start),
    stepSeconds: closes.stepSeconds,
    horizonSteps,
    margin: margin.subarray(start),
    loss: losses.loss.subarray(start),
    worstLoss: losses.worstLoss.subarray(start),
    volatility: volatility.subarray(start),
  };
}

/** Undefined where prices hardly move, so that no scale fits. */
function scaledPath(path: Float64Array, loss: Float64Array, span: FittingSpan): Float64Array | undefined {
  try {
    return scaledToCoverage(path, loss, span).margin;
  } catch (error) {
    if (error instanceof BacktestError) return undefined;
    throw error;
  }
}
