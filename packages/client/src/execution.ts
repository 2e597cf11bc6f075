import { fieldsOf, Kind } from "./instrument.ts";
import type { Leg, Order } from "./order.ts";

/** How two crossing orders are filled, as the contract has it. */
export interface Execution {
  /** Units of the maker's order, WAD. */
  readonly size: bigint;
  /** USD WAD a unit of each leg's instrument; weighted with the maker's ratios they are the maker's price, to the wei. */
  readonly legPrices: bigint[];
}

/** No prices of the legs, none of them negative, come to the net price. */
export class NetPriceError extends RangeError {
  readonly limitPrice: bigint;
  /** What could not be placed, USD WAD a unit of the order. */
  readonly rest: bigint;

  constructor(limitPrice: bigint, rest: bigint) {
    super(`net price ${limitPrice.toString()} leaves ${rest.toString()} that no leg can take`);
    this.name = "NetPriceError";
    this.limitPrice = limitPrice;
    this.rest = rest;
  }
}

/** The net price of legs at prices of their own, USD WAD a unit of the order. */
export function netPrice(legs: readonly Leg[], legPrices: readonly bigint[]): bigint {
  return legs.reduce((sum, { ratio }, i) => sum + ratio * (legPrices[i] ?? 0n), 0n);
}

/** An execution of the maker's order at prices near the marks. @param marks - USD WAD of each leg; none are needed for one leg. */
export function executionOf(maker: Order, size: bigint, marks: readonly bigint[] = []): Execution {
  return { size, legPrices: legPricesOf(maker, marks) };
}

/** Prices of the legs that come to the order's limit price: the marks, changed where that harms least. Options and tokens, which are paid
 * in cash, take what the net price leaves before perpetuals do, which must stay near their index. */
export function legPricesOf({ legs, limitPrice }: Order, marks: readonly bigint[] = []): bigint[] {
  const prices = legs.map((_, i) => marks[i] ?? 0n);
  let rest = limitPrice - netPrice(legs, prices);
  const magnitude = (i: number) => abs(legs[i]?.ratio ?? 0n);
  const isPerpetual = (i: number) => fieldsOf(legs[i]?.instrument ?? 0n).kind === Kind.Perpetual;
  const order = [...legs.keys()].sort(
    (a, b) => Number(isPerpetual(a)) - Number(isPerpetual(b)) || Number(magnitude(b) - magnitude(a)) || a - b,
  );
  for (const i of order) {
    const ratio = legs[i]?.ratio ?? 0n;
    const change = max(rest / ratio, -at(prices, i));
    prices[i] = at(prices, i) + change;
    rest -= ratio * change;
  }
  if (!place(rest, legs, prices)) throw new NetPriceError(limitPrice, rest);
  for (const i of prices.keys()) raise(i, legs, prices);
  if (prices.some((price) => price < 0n)) throw new NetPriceError(limitPrice, rest);
  return prices;
}

/** Places a rest that no leg divides by all of them together. @returns whether they can. */
function place(rest: bigint, legs: readonly Leg[], prices: bigint[]): boolean {
  let divisor = 0n;
  const weights: bigint[] = [];
  for (const { ratio } of legs) {
    const [next, earlier, own] = bezout(divisor, ratio);
    divisor = next;
    for (const [i, weight] of weights.entries()) weights[i] = weight * earlier;
    weights.push(own);
  }
  if (rest % divisor !== 0n) return false;
  for (const [i, weight] of weights.entries()) prices[i] = at(prices, i) + weight * (rest / divisor);
  return true;
}

/** Brings a price below zero up to it; the dearest of the other legs takes that, in steps that together cost nothing. */
function raise(i: number, legs: readonly Leg[], prices: bigint[]): void {
  const lacking = max(-at(prices, i), 0n);
  const ratios = legs.map(({ ratio }) => ratio);
  const [j] = [...ratios.keys()].filter((one) => one !== i).sort((a, b) => Number(at(prices, b) - at(prices, a)));
  if (lacking === 0n || j === undefined) return;
  const [divisor] = bezout(at(ratios, i), at(ratios, j));
  const step = abs(at(ratios, j)) / divisor;
  const count = (lacking + step - 1n) / step;
  prices[i] = at(prices, i) + count * step;
  const sign = at(ratios, j) > 0n ? 1n : -1n;
  prices[j] = at(prices, j) - (count * sign * at(ratios, i)) / divisor;
}

function at(values: readonly bigint[], i: number): bigint {
  return values[i] ?? 0n;
}

/** The greatest common divisor, and the factors of a and b that add up to it. */
function bezout(a: bigint, b: bigint): [bigint, bigint, bigint] {
  if (b === 0n) return a < 0n ? [-a, -1n, 0n] : [a, 1n, 0n];
  const [divisor, x, y] = bezout(b, a % b);
  return [divisor, y, x - (a / b) * y];
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
