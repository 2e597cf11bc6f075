import { normalCdf } from "./normalDistribution.ts";
import type { PriceNode } from "./scenarioGrid.ts";

/** What of an option does not change from scenario to scenario. */
export interface OptionTerms {
  readonly isCall: boolean;
  /** K·D, the strike discounted from the expiry, USD. */
  readonly strike: number;
  /** ln(S/(K·D)) = ln(F/K) at the present spot. */
  readonly logMoneyness: number;
}

/**
 * Price of one option today, USD: F. Black, "The pricing of commodity contracts" (1976), with the spot for the forward and
 * the discounted strike for the strike, so that D·(F·N(d1) − K·N(d2)) = S·N(d1) − K·D·N(d2), d1 = ln(F/K)/v + v/2,
 * d2 = d1 − v. A put by parity, P = C − S + K·D. It lies inside its no-arbitrage bounds.
 * @param node - The price of the underlying, and its logarithm relative to the spot of the terms.
 * @param totalVolatility - v = σ√T. Without it the price is the intrinsic value.
 */
export function optionPrice(option: OptionTerms, node: PriceNode, totalVolatility: number): number {
  const call = callPrice(option, node, totalVolatility);
  // Rounding may leave a put that is worth nothing a little below it.
  return option.isCall ? call : Math.max(call + option.strike - node.price, 0);
}

function callPrice(option: OptionTerms, { price, move }: PriceNode, totalVolatility: number): number {
  const intrinsic = price > option.strike ? price - option.strike : 0;
  if (totalVolatility === 0 || price === 0) return intrinsic;
  const d1 = (option.logMoneyness + move) / totalVolatility + totalVolatility / 2;
  const value = price * normalCdf(d1) - option.strike * normalCdf(d1 - totalVolatility);
  return Math.min(Math.max(value, intrinsic), price);
}
