import { RealisedVolatility } from "../realisedVolatility.ts";
import { YEAR_SECONDS } from "../volatilitySurface.ts";
import { BacktestError } from "./errors.ts";
import { quantileIndex } from "./quantile.ts";
import { RollingTail } from "./rollingTail.ts";

/** Margin paths that the dynamic margin is compared with: of one unit of the underlying, as fractions of its value, at each close. */

/** Closes at equal steps. */
export interface Closes {
  readonly prices: Float64Array;
  readonly stepSeconds: number;
}

const DAY = 86_400;
/** Half-life of RiskMetrics' λ = .97 a day: 22.8 days. */
export const RISK_METRICS_HALF_LIFE_SECONDS = (DAY * Math.LN2) / -Math.log(0.97);
/** Returns that the first variance is taken from. */
const SEED_SECONDS = 30 * DAY;
/** EMIR RTS 153/2013 art. 28(1)(a). */
const BUFFER = 0.25;

/** The same percentage at all times. */
export function staticMargin({ prices }: Closes, share: number): Float64Array {
  return new Float64Array(prices.length).fill(share);
}

/** σ·√horizon with an exponentially weighted variance. The first one is that of the first thirty days. */
export function ewmaMargin(
  { prices, stepSeconds }: Closes,
  { halfLifeSeconds, horizonSteps }: { readonly halfLifeSeconds: number; readonly horizonSteps: number },
): Float64Array {
  const first = prices[0];
  if (first === undefined) throw new BacktestError("closes", "there is none");
  const scale = Math.sqrt((horizonSteps * stepSeconds) / YEAR_SECONDS);
  const seed = seedVariance(prices, stepSeconds);
  const realised = new RealisedVolatility({ price: first, time: 0 }, seed, halfLifeSeconds);
  return prices.map((price, i) => {
    if (i > 0) realised.observe(price, i * stepSeconds);
    return Math.sqrt(realised.newestVariance()) * scale;
  });
}

function seedVariance(prices: Float64Array, stepSeconds: number): number {
  const steps = Math.min(Math.round(SEED_SECONDS / stepSeconds), prices.length - 1);
  if (steps < 1) throw new BacktestError("closes", "a variance needs two");
  let sum = 0;
  for (let i = 1; i <= steps; i++) sum += Math.log((prices[i] ?? NaN) / (prices[i - 1] ?? NaN)) ** 2;
  return (sum / steps) * (YEAR_SECONDS / stepSeconds);
}

/**
 * A buffer of 25 % that may be exhausted when margins rise (EMIR RTS 153/2013 art. 28(1)(a)). With m the plain margin,
 * the requirement is clamp(last requirement, m, 1.25·m): a rise of m uses the buffer up before the requirement moves, a fall of
 * m fills it before the requirement follows.
 */
export function bufferedMargin(plain: Float64Array, buffer = BUFFER): Float64Array {
  let last = (plain[0] ?? 0) * (1 + buffer);
  return plain.map((value) => (last = Math.min(Math.max(last, value), value * (1 + buffer))));
}

/** A limiter and nothing else: the requirement follows m at no more than so much a day, relative. */
export function limitedMargin(
  plain: Float64Array,
  { stepSeconds, risePerDay, fallPerDay }: { stepSeconds: number; risePerDay: number; fallPerDay: number },
): Float64Array {
  const days = stepSeconds / DAY;
  const [rise, fall] = [(1 + risePerDay) ** days, (1 - fallPerDay) ** days];
  let last = plain[0] ?? 0;
  return plain.map((value) => (last = Math.min(Math.max(value, last * fall), last * rise)));
}

/** Which tail of the past losses, and how far the past reaches. */
export interface HistoricalTail {
  readonly horizonSteps: number;
  readonly windowSteps: number;
  /** Share of the losses that the measure looks beyond, such as 0.99. */
  readonly level: number;
}

/**
 * Rolling historical value at risk: the quantile of the losses whose horizons ended in the window before each sample. NaN
 * until the window is full.
 * @param loss - Over the horizon from each sample on.
 */
export function historicalVar(loss: Float64Array, tail: HistoricalTail): Float64Array {
  return rolling(loss, tail, (window) => window.quantile(tail.level));
}

/** Rolling historical expected shortfall: the mean of the losses from that quantile on. */
export function historicalEs(loss: Float64Array, tail: HistoricalTail): Float64Array {
  return rolling(loss, tail, (window) => window.meanBeyond(tail.level));
}

function rolling(
  loss: Float64Array,
  { horizonSteps, windowSteps, level }: HistoricalTail,
  measure: (window: RollingTail) => number,
): Float64Array {
  if (!(level > 0 && level < 1)) throw new BacktestError("level", `${level} is not between 0 and 1`);
  const window = new RollingTail(windowSteps);
  return loss.map((_, i) => {
    const known = loss[i - horizonSteps];
    if (known !== undefined) window.push(known);
    return window.isFull ? measure(window) : NaN;
  });
}

/** Samples that a factor is fitted on, from `from` to before `to`, and the share that is to be covered. */
export interface FittingSpan {
  readonly coverage: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The path times the least factor that covers the asked share of the fitting span's losses; a loss that equals its margin
 * is covered. So models are compared at equal coverage, and outside of the span the path shows what it is worth.
 * @throws BacktestError if the span has no sample with a margin and a loss, or no factor covers it.
 */
export function scaledToCoverage(
  path: Float64Array,
  loss: Float64Array,
  { coverage, from, to }: FittingSpan,
): { readonly factor: number; readonly margin: Float64Array } {
  const ratios = loss.subarray(from, to).map((value, i) => value / (path[from + i] ?? NaN));
  const known = ratios.filter((ratio) => !Number.isNaN(ratio)).sort();
  if (known.length === 0) throw new BacktestError("fitting span", "no sample has a margin and a loss");
  const factor = known[quantileIndex(known.length, coverage)] ?? NaN;
  if (!(factor > 0 && Number.isFinite(factor))) {
    throw new BacktestError("fitting span", `no factor covers ${coverage} of its losses`);
  }
  // The quotient may be rounded down: the sample that decides is to be covered.
  const rounded = factor * (1 + Number.EPSILON);
  return { factor: rounded, margin: path.map((value) => value * rounded) };
}
