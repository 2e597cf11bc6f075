import { MarginModel } from "./marginModel.ts";
import type { Market, Portfolio, Risk, UnderlyingMarket } from "./market.ts";
import { scanRanges } from "./scenarioGrid.ts";
import { requireNumber } from "./validation.ts";

/** What an account below initial margin is told. */
export interface MarginCall {
  /** Initial requirement less equity, USD; 0 where there is none. */
  readonly shortfall: number;
  /**
   * Seconds in which a rise of margin volatility alone, at its published speed, cannot make the account liquidatable, prices, time and marks
   * as they are: 0 if it is so already, `Infinity` if no volatility makes it so.
   */
  readonly noticeSeconds: number;
}

/** What bounds the maintenance volatility of one underlying. */
export interface VolatilitySpeed {
  /** The most that it may be now, per year, which it is not while its target is lower: `IVolatilityOracle.forecast` at 0 seconds. */
  readonly greatest: number;
  /** Relative, an hour, compounded: of `IVolatilityOracle.controller`, the greater one during a ramp. */
  readonly risePerHour: number;
}

/** By underlying. */
export type VolatilitySpeeds = ReadonlyMap<number, VolatilitySpeed>;

/** Where the controller stops, per year; as `VolatilityController.MAX_VOLATILITY`. */
const MAX_VOLATILITY = 4;
const HOUR = 3600;
/** The fastest volatility rises by so much, relative, between two looks: the notice is at most so much too short. */
const STEP = 0.0025;

/**
 * The requirement need not rise with volatility everywhere: a wider grid may step over the worst price. So the way up is walked, and the
 * notice ends before the first look at which the account fails.
 * @throws as {@link MarginModel.evaluate}; InvalidNumberError for a speed that is negative or missing.
 */
export function marginCallOf(portfolio: Portfolio, market: Market, speeds: VolatilitySpeeds): MarginCall {
  const risk = new MarginModel(market).evaluate(portfolio);
  return {
    shortfall: Math.max(risk.initial - risk.equity, 0),
    noticeSeconds: isBelow(risk) ? 0 : noticeSeconds(portfolio, market, speeds),
  };
}

/** The way of one underlying's maintenance volatility. */
interface Way {
  readonly market: UnderlyingMarket;
  readonly from: number;
  /** A second. */
  readonly rate: number;
}

function noticeSeconds(portfolio: Portfolio, market: Market, speeds: VolatilitySpeeds): number {
  const ways = market.underlyings.map((one) => wayOf(one, speeds));
  const step = STEP / Math.max(...ways.map(({ rate }) => rate));
  const last = Math.max(...ways.map(secondsToWidest));
  // Once at the greatest that it may be now, and then up.
  for (let looks = 0; looks === 0 || (looks - 1) * step < last; ++looks) {
    const seconds = looks === 0 ? 0 : looks * step;
    const underlyings = ways.map((way) => risen(way, seconds));
    if (isBelow(new MarginModel({ ...market, underlyings }).evaluate(portfolio))) return Math.max(seconds - step, 0);
  }
  return Infinity;
}

function wayOf(market: UnderlyingMarket, speeds: VolatilitySpeeds): Way {
  const { greatest, risePerHour } = speeds.get(market.underlying) ?? { greatest: Number.NaN, risePerHour: Number.NaN };
  requireNumber("greatest", greatest, greatest > 0);
  requireNumber("risePerHour", risePerHour, risePerHour >= 0);
  return { market, from: Math.max(greatest, market.maintenanceVolatility), rate: Math.log1p(risePerHour) / HOUR };
}

/** Until the maintenance range is as wide as it can be; beyond, a higher volatility changes nothing. */
function secondsToWidest({ market: { parameters, overdueSeconds }, from, rate }: Way): number {
  const range = (volatility: number) =>
    scanRanges({ parameters, initialVolatility: volatility, maintenanceVolatility: volatility }, overdueSeconds)
      .maintenance;
  let [low, high] = [from, Math.max(MAX_VOLATILITY, from)];
  const widest = range(high);
  if (rate === 0 || range(low) >= widest) return 0;
  while (high / low > 1 + STEP) {
    const middle = Math.sqrt(low * high);
    if (range(middle) >= widest) high = middle;
    else low = middle;
  }
  return Math.log(high / from) / rate;
}

/** The initial volatility is never below the other. */
function risen({ market, from, rate }: Way, seconds: number): UnderlyingMarket {
  const maintenanceVolatility = Math.min(from * Math.exp(rate * seconds), Math.max(MAX_VOLATILITY, from));
  return {
    ...market,
    maintenanceVolatility,
    initialVolatility: Math.max(market.initialVolatility, maintenanceVolatility),
  };
}

function isBelow({ equity, maintenance }: Risk): boolean {
  return equity < maintenance;
}
