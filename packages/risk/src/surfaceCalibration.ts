import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { optionPrice } from "./black76.ts";
import { greatestEta } from "./surfaceArbitrage.ts";
import {
  clamp,
  MAX_ETA,
  MAX_RHO,
  MAX_VOLATILITY,
  MIN_ETA,
  MIN_VOLATILITY,
  TENOR_SECONDS,
  toAdmissible,
} from "./surfaceReports.ts";
import {
  impliedRate,
  usableQuotes,
  type OptionChain,
  type OptionQuote,
  type Unusable,
  type UsableQuote,
} from "./optionChain.ts";
import { atTheMoneyVariance, totalVolatility, YEAR_SECONDS, type Surface } from "./volatilitySurface.ts";

/** Volatility points: 1 is one per cent a year. */
export interface SurfaceFit {
  readonly surface: Surface;
  /** Whether the rate came from put–call parity; else it was given. */
  readonly isRateImplied: boolean;
  readonly quotes: number;
  readonly unusable: Unusable;
  /** Quotes that the fit disregards because they contradict the others. */
  readonly outliers: number;
  /** Root mean square error of the quotes that count, not weighted. */
  readonly rmsePoints: number;
  readonly worst: { readonly quote: OptionQuote; readonly quotedVolatility: number; readonly fittedVolatility: number };
  /** Share of quotes with bid and ask whose fitted price lies between them; undefined where none has both. */
  readonly shareInsideSpread: number | undefined;
}

export interface CalibrationOptions {
  /** Used where no strike has a price on both sides. */
  readonly rate?: number;
}

/** Fewer quotes than parameters can be fitted. */
export class ChainTooThinError extends RangeError {
  readonly usable: number;
  readonly needed: number;
  readonly unusable: Unusable;

  constructor(usable: number, needed: number, unusable: Unusable) {
    const reasons = Object.entries(unusable).filter(([, count]) => count > 0);
    const text = reasons.map(([reason, count]) => `${count} ${reason}`).join(", ");
    super(`${usable} usable quotes, at least ${needed} are needed${text === "" ? "" : ` (left out: ${text})`}`);
    this.name = "ChainTooThinError";
    this.usable = usable;
    this.needed = needed;
    this.unusable = unusable;
  }
}

const MIN_QUOTES = 6;
/** Below this forward variance between two tenors no market was ever quoted: 1 % a year. */
const MIN_FORWARD_VARIANCE = 1e-4;
const PASSES = 8;
/** Beyond so many robust standard deviations a quote counts nothing (J. Tukey's biweight: 95 % efficient). */
const BIWEIGHT_CUTOFF = 4.685;
/** Standard deviation per median absolute deviation, of a normal. */
const NORMAL_DEVIATIONS = 1.4826;
/** A fit is never so good that a hundredth of a volatility point makes an outlier. */
const LEAST_DEVIATION = 1e-4;
/**
 * Standard deviation of what is assumed where quotes are silent, against 1 of a volatility (not point): forward variance as
 * in the period before, a skew and a curvature of their usual size. Less than a thousandth of a point where quotes speak.
 */
const PRIOR_DEVIATION = 1e4;
const PRIOR_SKEW = -0.2;
const PRIOR_CURVATURE = -0.4;

/**
 * Fits the surface of `IVolatilityOracle.sol` to an option chain: least squares of volatilities weighted by vega, robust to
 * outliers by reweighting, over coordinates whose every value is admissible, so that the oracle cannot refuse the result.
 * @throws ChainTooThinError
 */
export function calibrateSurface(chain: OptionChain, options: CalibrationOptions = {}): SurfaceFit {
  const implied = impliedRate(chain);
  const rate = implied ?? options.rate ?? 0;
  const { usable, unusable } = usableQuotes(chain, rate);
  if (usable.length < MIN_QUOTES) throw new ChainTooThinError(usable.length, MIN_QUOTES, unusable);
  const { coordinates, weights } = fitRobustly(usable);
  const surface = toAdmissible({ ...toSurface(coordinates), rate });
  const report = reportOf(surface, usable, { weights, spot: chain.spot });
  return { surface, isRateImplied: implied !== undefined, quotes: usable.length, unusable, ...report };
}

/** Volatility per year that a surface gives a quote. */
export function fittedVolatility(surface: Surface, { seconds, logStrike }: UsableQuote): number {
  const variance = atTheMoneyVariance(surface, seconds);
  return totalVolatility(surface, variance, logStrike) * Math.sqrt(YEAR_SECONDS / seconds);
}

function fitRobustly(quotes: readonly UsableQuote[]): { coordinates: readonly number[]; weights: readonly number[] } {
  let weights: readonly number[] = quotes.map(() => 1);
  let coordinates: readonly number[] = startOf(quotes);
  for (let pass = 0; pass < PASSES; pass++) {
    coordinates = fitOnce(quotes, weights, coordinates);
    const surface = toSurface(coordinates);
    const errors = quotes.map((quote) => Math.abs(fittedVolatility(surface, quote) - quote.volatility));
    const deviation = Math.max(NORMAL_DEVIATIONS * median(errors), LEAST_DEVIATION);
    weights = errors.map((error) => Math.max(1 - (error / (BIWEIGHT_CUTOFF * deviation)) ** 2, 0) ** 2);
  }
  return { coordinates, weights };
}

function fitOnce(quotes: readonly UsableQuote[], weights: readonly number[], start: readonly number[]): number[] {
  // Residuals are weighted here: the optimiser divides its gradient by weights that it is given.
  const roots = quotes.map(({ relativeVega }, i) => Math.sqrt((weights[i] ?? 0) * relativeVega));
  const indices = [...quotes, ...priorsAt(start)].map((_, i) => i);
  const { parameterValues } = levenbergMarquardt(
    { x: indices, y: indices.map(() => 0) },
    (coordinates) => {
      const surface = toSurface(coordinates);
      const priors = priorsAt(coordinates);
      return (i) => {
        const quote = quotes[i];
        if (quote === undefined) return (priors[i - quotes.length] ?? NaN) / PRIOR_DEVIATION;
        return (roots[i] ?? 0) * (fittedVolatility(surface, quote) - quote.volatility);
      };
    },
    {
      initialValues: start,
      errorTolerance: 1e-16,
      centralDifference: true,
      gradientDifference: 1e-5,
      maxIterations: 60,
    },
  );
  return parameterValues;
}

/**
 * Any coordinates are an admissible surface: logarithms of the variance per year up to the first tenor and of the forward
 * variances between tenors, then skew and curvature without limits.
 */
function toSurface(coordinates: readonly number[]): Surface {
  let [seconds, totalVariance] = [0, 0];
  const tenors = TENOR_SECONDS.map((tenor, i) => {
    const forward = Math.exp(coordinates[i] ?? 0);
    const least = i === 0 ? MIN_VOLATILITY ** 2 : MIN_FORWARD_VARIANCE;
    totalVariance += (clamp(forward, least, MAX_VOLATILITY ** 2) * (tenor - seconds)) / YEAR_SECONDS;
    seconds = tenor;
    return { seconds, totalVariance };
  });
  const [skew = 0, curvature = 0] = coordinates.slice(TENOR_SECONDS.length);
  const rho = MAX_RHO * Math.tanh(skew);
  const most = Math.min(MAX_ETA, greatestEta(totalVariance, rho));
  return { tenors, rho, eta: MIN_ETA + (most - MIN_ETA) / (1 + Math.exp(-curvature)), rate: 0 };
}

/** What is 0 where nothing is known. */
function priorsAt(coordinates: readonly number[]): number[] {
  const levels = coordinates.slice(0, TENOR_SECONDS.length);
  const [skew = 0, curvature = 0] = coordinates.slice(TENOR_SECONDS.length);
  const steps = levels.slice(1).map((level, i) => level - (levels[i] ?? 0));
  return [...steps, skew - PRIOR_SKEW, curvature - PRIOR_CURVATURE];
}

function startOf(quotes: readonly UsableQuote[]): number[] {
  const level = median(quotes.map(({ volatility }) => volatility));
  const forward = Math.log(clamp(level, MIN_VOLATILITY, MAX_VOLATILITY) ** 2);
  return [...TENOR_SECONDS.map(() => forward), PRIOR_SKEW, PRIOR_CURVATURE];
}

function reportOf(
  surface: Surface,
  quotes: readonly UsableQuote[],
  { weights, spot }: { readonly weights: readonly number[]; readonly spot: number },
): Pick<SurfaceFit, "outliers" | "rmsePoints" | "worst" | "shareInsideSpread"> {
  const lines = quotes.map((usable, i) => {
    const fitted = fittedVolatility(surface, usable);
    return { usable, fitted, error: fitted - usable.volatility, counts: (weights[i] ?? 0) > 0 };
  });
  const counted = lines.filter(({ counts }) => counts);
  const worst = lines.reduce((most, line) => (Math.abs(line.error) > Math.abs(most.error) ? line : most));
  const squares = counted.reduce((sum, { error }) => sum + (100 * error) ** 2, 0);
  const insides = lines.flatMap(({ usable, fitted }) => isInsideSpread(usable, fitted, spot) ?? []);
  return {
    outliers: lines.length - counted.length,
    rmsePoints: Math.sqrt(squares / counted.length),
    worst: { quote: worst.usable.quote, quotedVolatility: worst.usable.volatility, fittedVolatility: worst.fitted },
    shareInsideSpread:
      insides.length === 0 ? undefined : insides.filter((isInside) => isInside).length / insides.length,
  };
}

function isInsideSpread({ quote, terms, seconds }: UsableQuote, fitted: number, spot: number): boolean | undefined {
  const { bid = 0, ask = 0 } = quote;
  if (!(bid > 0 && ask >= bid)) return undefined;
  const price = optionPrice(terms, { price: spot, move: 0 }, fitted * Math.sqrt(seconds / YEAR_SECONDS));
  return price >= bid && price <= ask;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return ((sorted[middle] ?? NaN) + (sorted[(sorted.length - 1) >> 1] ?? NaN)) / 2;
}
