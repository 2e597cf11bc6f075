/** Options as `docs/margin.md` values them, in 100-digit arithmetic: part of the reference in `referenceMargin.ts`. */
import type { BookLeg, BookSurface, BookUnderlying } from "../test/helpers/marginBook.ts";
import { div, exp, fromWad, ln, max, min, mul, normalCdf, ONE, ssviTotalVolatility } from "./fixedPoint.ts";

export type Level = "down" | "mark" | "up";

export interface PricedLeg {
  readonly leg: BookLeg;
  readonly size: bigint;
  readonly mark: bigint;
  readonly isKinked: boolean;
  readonly theta: bigint;
  /** Of the discounted strike, relative to the spot. */
  readonly strike: { readonly price: bigint; readonly move: bigint };
  readonly priceAt: (at: { price: bigint; move: bigint }, level: Level) => bigint;
}

const [CALL, PUT] = [3n, 4n];
const DAY = 86_400n;
export const YEAR = 365n * DAY;
const HUNDRED_MILLION = 10n ** 8n;
const MAX_CARRY = 2n * ONE;

export function isOption({ kind }: BookLeg): boolean {
  return kind === CALL || kind === PUT;
}

export function priceLeg(market: BookUnderlying, leg: BookLeg): PricedLeg {
  const size = fromWad(leg.size);
  const spot = fromWad(market.price);
  if (!isOption(leg)) {
    const strike = { price: 0n, move: 0n };
    return { leg, size, mark: spot, isKinked: false, theta: 0n, strike, priceAt: ({ price }) => price };
  }
  const seconds = max(leg.secondsToExpiry, 0n);
  const carry = (fromWad(market.surface.rate) * seconds) / YEAR;
  const discount = exp(-min(max(carry, -MAX_CARRY), MAX_CARRY));
  const price = mul((leg.strikeField * ONE) / HUNDRED_MILLION, discount);
  const theta = atTheMoneyVariance(market.surface, seconds);
  const isKinked = spot > 0n && theta < ONE / 100n;
  if (spot === 0n) {
    const value = leg.kind === PUT ? price : 0n;
    return { leg, size, mark: value, isKinked, theta, strike: { price, move: 0n }, priceAt: () => value };
  }
  const move = ln(div(price, spot));
  const { rho, eta } = market.surface;
  const volatility = theta === 0n ? 0n : ssviTotalVolatility({ theta, rho: fromWad(rho), eta: fromWad(eta), k: move });
  const known = new Map<string, bigint>();
  const priceAt: PricedLeg["priceAt"] = (at, level) => {
    const key = `${at.move}/${at.price}/${level}`;
    const value =
      known.get(key) ??
      blackPrice({ isCall: leg.kind === CALL, strike: price, logStrike: move }, at, {
        volatility: mul(volatility, factor(market, seconds, level)),
      });
    known.set(key, value);
    return value;
  };
  const mark = priceAt({ price: spot, move: 0n }, "mark");
  return { leg, size, mark, isKinked, theta, strike: { price, move }, priceAt };
}

function atTheMoneyVariance({ tenorSeconds, totalVariance }: BookSurface, seconds: bigint): bigint {
  const known = tenorSeconds.map((tenor, i) => ({ tenor, theta: fromWad(totalVariance[i] ?? 0n) }));
  const tenors = known.filter(({ tenor }) => tenor > 0n);
  const after = tenors.find(({ tenor }) => tenor >= seconds);
  const before = tenors.findLast(({ tenor }) => tenor < seconds);
  const only = before ?? after;
  if (only === undefined) return 0n;
  if (before === undefined || after === undefined) return (only.theta * seconds) / only.tenor;
  const rise = ((after.theta - before.theta) * (seconds - before.tenor)) / (after.tenor - before.tenor);
  return before.theta + rise;
}

/** exp(±s·f), f = (30 d / max(T, 1 d))^p. */
function factor({ parameters }: BookUnderlying, seconds: bigint, level: Level): bigint {
  if (level === "mark") return ONE;
  const tenor = max(seconds, DAY);
  const exponent = fromWad(tenor < 30n * DAY ? parameters.exponentShort : parameters.exponentLong);
  const f = exp(mul(exponent, ln((30n * DAY * ONE) / tenor)));
  return level === "down"
    ? exp(-mul(fromWad(parameters.volatilityDown), f))
    : exp(mul(fromWad(parameters.volatilityUp), f));
}

function blackPrice(
  { isCall, strike, logStrike }: { isCall: boolean; strike: bigint; logStrike: bigint },
  { price, move }: { price: bigint; move: bigint },
  { volatility }: { volatility: bigint },
): bigint {
  const intrinsic = max(price - strike, 0n);
  const d1 = volatility === 0n ? 0n : div(move - logStrike, volatility) + volatility / 2n;
  const timed = mul(price, normalCdf(d1)) - mul(strike, normalCdf(d1 - volatility));
  const call = volatility === 0n ? intrinsic : timed;
  return isCall ? call : call - price + strike;
}
