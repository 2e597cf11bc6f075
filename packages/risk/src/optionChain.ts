import type { OptionTerms } from "./black76.ts";
import { impliedTotalVolatility, totalVega } from "./impliedVolatility.ts";
import { clamp, MAX_RATE } from "./surfaceReports.ts";
import { YEAR_SECONDS } from "./volatilitySurface.ts";

/** One line of an option chain. Prices in USD a unit; at least bid and ask, a price or an implied volatility. */
export interface OptionQuote {
  /** Unix seconds. */
  readonly expiry: number;
  readonly strike: number;
  readonly isCall: boolean;
  readonly bid?: number;
  readonly ask?: number;
  /** Mid or last, where there is no bid and ask. */
  readonly price?: number;
  /** A year; taken before any price. */
  readonly impliedVolatility?: number;
}

export interface OptionChain {
  /** When it was quoted, Unix seconds. */
  readonly time: number;
  /** S, USD. */
  readonly spot: number;
  readonly quotes: readonly OptionQuote[];
}

/** A quote that a surface can be fitted to. */
export interface UsableQuote {
  readonly quote: OptionQuote;
  readonly terms: OptionTerms;
  /** T, seconds. */
  readonly seconds: number;
  /** ln(K/F). */
  readonly logStrike: number;
  /** A year. */
  readonly volatility: number;
  /** n(d1), 1 at the money: how much its price says of its volatility. */
  readonly relativeVega: number;
}

/** Why quotes were left out, with how many. */
export type Unusable = Readonly<Record<Reason, number>>;
type Reason = "expiryOutOfRange" | "crossed" | "empty" | "noVolatility" | "inTheMoney";

/** Less than a day is decided by the hour, beyond nine months the surface is flat: neither says much of the tenors. */
const MIN_SECONDS = 86_400;
const MAX_SECONDS = 270 * 86_400;

/**
 * The rate that put–call parity implies, C − P = S − K·e^(−rT): the least absolute deviations over all strikes with a price
 * on both sides, so that a few stale pairs do not move it. Undefined without any.
 */
export function impliedRate(chain: OptionChain): number | undefined {
  const calls = new Map<string, number>();
  for (const quote of chain.quotes) {
    const price = priceOf(quote);
    if (quote.isCall && typeof price === "number") calls.set(lineOf(quote), price);
  }
  const pairs = chain.quotes.flatMap((quote) => {
    const put = quote.isCall ? undefined : priceOf(quote);
    const call = calls.get(lineOf(quote));
    const years = (quote.expiry - chain.time) / YEAR_SECONDS;
    if (typeof put !== "number" || call === undefined || !isInRange(quote, chain)) return [];
    const discount = (chain.spot - call + put) / quote.strike;
    // What an error of a dollar does to the rate falls with K·T.
    return discount > 0 ? [{ value: -Math.log(discount) / years, weight: quote.strike * years }] : [];
  });
  return pairs.length === 0 ? undefined : clamp(weightedMedian(pairs), -MAX_RATE, MAX_RATE);
}

/** Inverts quotes to volatilities. Of two at one strike the one out of the money counts, where both can be used. */
export function usableQuotes(chain: OptionChain, rate: number): { usable: UsableQuote[]; unusable: Unusable } {
  const unusable = { expiryOutOfRange: 0, crossed: 0, empty: 0, noVolatility: 0, inTheMoney: 0 };
  const chosen = new Map<string, UsableQuote>();
  for (const quote of chain.quotes) {
    const found = toUsable(quote, chain, rate);
    if (typeof found === "string") {
      unusable[found]++;
      continue;
    }
    const line = lineOf(quote);
    const other = chosen.get(line);
    if (other !== undefined) unusable.inTheMoney++;
    if (other === undefined || isOutOfTheMoney(found)) chosen.set(line, found);
  }
  return { usable: [...chosen.values()], unusable };
}

function toUsable(quote: OptionQuote, chain: OptionChain, rate: number): UsableQuote | Reason {
  if (!isInRange(quote, chain)) return "expiryOutOfRange";
  const seconds = quote.expiry - chain.time;
  const years = seconds / YEAR_SECONDS;
  const strike = quote.strike * Math.exp(-rate * years);
  const terms = { isCall: quote.isCall, strike, logMoneyness: Math.log(chain.spot / strike) };
  const volatility = volatilityOf(quote, terms, { spot: chain.spot, years });
  if (typeof volatility === "string") return volatility;
  const vega = totalVega(terms, chain.spot, volatility * Math.sqrt(years)) / chain.spot;
  const relativeVega = vega * Math.sqrt(2 * Math.PI);
  return { quote, terms, seconds, logStrike: -terms.logMoneyness, volatility, relativeVega };
}

function volatilityOf(
  quote: OptionQuote,
  terms: OptionTerms,
  { spot, years }: { readonly spot: number; readonly years: number },
): number | Reason {
  const given = quote.impliedVolatility;
  if (given !== undefined && given > 0 && Number.isFinite(given)) return given;
  const price = priceOf(quote);
  if (typeof price === "string") return price;
  const total = impliedTotalVolatility(terms, spot, price);
  return total === undefined ? "noVolatility" : total / Math.sqrt(years);
}

/** The middle of bid and ask, or the price where they are missing. */
function priceOf({ bid = 0, ask = 0, price = 0 }: OptionQuote): number | Reason {
  if (bid > 0 && ask > 0) return bid <= ask ? (bid + ask) / 2 : "crossed";
  return price > 0 ? price : "empty";
}

function isInRange({ expiry }: OptionQuote, { time }: OptionChain): boolean {
  return expiry - time >= MIN_SECONDS && expiry - time <= MAX_SECONDS;
}

function isOutOfTheMoney({ quote, logStrike }: UsableQuote): boolean {
  return quote.isCall === logStrike >= 0;
}

function lineOf({ expiry, strike }: OptionQuote): string {
  return `${expiry}/${strike}`;
}

function weightedMedian(items: { value: number; weight: number }[]): number {
  items.sort((a, b) => a.value - b.value);
  let left = items.reduce((sum, { weight }) => sum + weight, 0) / 2;
  for (const { value, weight } of items) {
    left -= weight;
    if (left <= 0) return value;
  }
  return NaN;
}
