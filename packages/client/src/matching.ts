import { requireWellFormed, type Order } from "./order.ts";

/** An order that waits to be matched. */
export interface OpenOrder {
  readonly order: Order;
  /** Units of the order that may still be filled, WAD. */
  readonly remaining: bigint;
  /** When it arrived, in any unit: the earlier of two has priority, and is the maker of a match. */
  readonly arrivedAt: number;
}

/** Two orders that cross, and how much of them. */
export interface Match<T extends OpenOrder> {
  readonly maker: T;
  readonly taker: T;
  /** Units of the maker's order, WAD. */
  readonly size: bigint;
  /** As many units of the taker's order, WAD. */
  readonly takerSize: bigint;
}

/** An order in the units of its combination: the same legs in lowest terms, the first one bought. */
interface Resting<T extends OpenOrder> {
  readonly open: T;
  readonly combination: string;
  readonly isBuy: boolean;
  /** Units of the combination in a unit of the order. */
  readonly factor: bigint;
  remaining: bigint;
}

/** Matches orders as a venue would that had received them one after the other: each that arrives takes from those that are there, the
 * best price first and of one price the earliest; what is left of it waits. Fills are at the maker's price. Expired orders and those
 * with nothing left are passed over, and nobody trades with his own account. Pure, and the same for every sequence of the input
 * as long as times differ. @param now - Unix seconds. */
export function matchOrders<T extends OpenOrder>(orders: readonly T[], now: bigint): Match<T>[] {
  const matches: Match<T>[] = [];
  const books = new Map<string, Resting<T>[]>();
  const alive = orders.filter(({ order, remaining }) => remaining > 0n && order.expiry >= now);
  for (const open of alive.toSorted((a, b) => a.arrivedAt - b.arrivedAt)) {
    const taker = restingOf(open);
    const book = books.get(taker.combination) ?? [];
    books.set(taker.combination, book);
    matches.push(...take(taker, book));
    if (taker.remaining > 0n) book.push(taker);
  }
  return matches;
}

/** Whether two orders have the same legs on opposite sides, and prices that meet. */
export function cross(first: Order, second: Order): boolean {
  const [a, b] = [first, second].map((order) => restingOf({ order, remaining: order.size, arrivedAt: 0 }));
  return a !== undefined && b !== undefined && a.combination === b.combination && canTrade(a, b);
}

function take<T extends OpenOrder>(taker: Resting<T>, book: readonly Resting<T>[]): Match<T>[] {
  const candidates = book
    .filter((maker) => maker.remaining > 0n && canTrade(maker, taker))
    .toSorted((a, b) => Number(comparePrices(a, b)) || a.open.arrivedAt - b.open.arrivedAt);
  const matches: Match<T>[] = [];
  for (const maker of candidates) {
    const step = (maker.factor * taker.factor) / greatestCommonDivisor(maker.factor, taker.factor);
    const most = smaller(maker.remaining * maker.factor, taker.remaining * taker.factor);
    const units = most - (most % step);
    if (units === 0n) continue;
    const [size, takerSize] = [units / maker.factor, units / taker.factor];
    maker.remaining -= size;
    taker.remaining -= takerSize;
    matches.push({ maker: maker.open, taker: taker.open, size, takerSize });
  }
  return matches;
}

function restingOf<T extends OpenOrder>(open: T): Resting<T> {
  const { order, remaining } = open;
  requireWellFormed(order);
  const factor = order.legs.reduce((divisor, { ratio }) => greatestCommonDivisor(divisor, ratio), 0n);
  const isBuy = (order.legs[0]?.ratio ?? 0n) > 0n;
  const unit = isBuy ? factor : -factor;
  const combination = order.legs.map(({ instrument, ratio }) => `${instrument}:${ratio / unit}`).join(" ");
  return { open, combination, isBuy, factor, remaining: smaller(remaining, order.size) };
}

function canTrade<T extends OpenOrder>(a: Resting<T>, b: Resting<T>): boolean {
  const [first, second] = [a.open.order, b.open.order];
  if (a.isBuy === b.isBuy || first.account === second.account) return false;
  return first.limitPrice * b.factor + second.limitPrice * a.factor >= 0n;
}

/** Negative where the first of two makers of one side pays more, or asks less, for a unit of the combination. */
function comparePrices<T extends OpenOrder>(a: Resting<T>, b: Resting<T>): bigint {
  const difference = b.open.order.limitPrice * a.factor - a.open.order.limitPrice * b.factor;
  return difference > 0n ? 1n : difference < 0n ? -1n : 0n;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? (a < 0n ? -a : a) : greatestCommonDivisor(b, a % b);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
