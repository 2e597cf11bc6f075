import { optionPrice, type OptionTerms } from "./black76.ts";

/** Beyond 1,000 % a year at a year: no price of an option that exists. */
const MAX_TOTAL_VOLATILITY = 10;
const MAX_STEPS = 100;
/** Relative, of the total volatility. */
const TOLERANCE = 1e-12;

/**
 * Total volatility v = σ√T at which Black-76 gives the price, or undefined where none does: at or below the intrinsic
 * value, at or above the price of the underlying (of the discounted strike for a put).
 * Newton's method from the inflection of the price (S. Manaster, G. Koehler, 1982), inside a bracket that always shrinks.
 * @param spot - USD. @param price - USD.
 */
export function impliedTotalVolatility(option: OptionTerms, spot: number, price: number): number | undefined {
  const node = { price: spot, move: 0 };
  // The time value is what depends on volatility; out of the money it is the whole price, without cancellation.
  const isCall = option.logMoneyness <= 0;
  const parity = option.isCall === isCall ? 0 : spot - option.strike;
  const target = isCall ? price + parity : price - parity;
  const terms = { ...option, isCall };
  if (!(target > 0 && target < optionPrice(terms, node, MAX_TOTAL_VOLATILITY))) return undefined;
  const start = Math.min(Math.max(Math.sqrt(2 * Math.abs(option.logMoneyness)), 0.1), MAX_TOTAL_VOLATILITY);
  return rootFrom(start, (volatility) => {
    const excess = optionPrice(terms, node, volatility) - target;
    return { excess, step: excess / totalVega(option, spot, volatility) };
  });
}

/** @param at - How far the price is above the target, and Newton's step to it. */
function rootFrom(start: number, at: (volatility: number) => { excess: number; step: number }): number {
  let [low, high, volatility] = [0, MAX_TOTAL_VOLATILITY, start];
  for (let i = 0; i < MAX_STEPS; i++) {
    const { excess, step } = at(volatility);
    if (excess > 0) high = volatility;
    else low = volatility;
    const newton = volatility - step;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - volatility) <= TOLERANCE * next) return next;
    volatility = next;
  }
  return volatility;
}

/** Change of the price with the total volatility: S·n(d1), USD. */
export function totalVega({ logMoneyness }: OptionTerms, spot: number, totalVolatility: number): number {
  return spot * normalDensity(logMoneyness / totalVolatility + totalVolatility / 2);
}

function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
