// Brings an account below maintenance the way it happens: it is opened at its limit, and the price moves against it.
import { toAccount, type Account } from "../../packages/client/src/account.ts";
import { batchOf } from "../../packages/client/src/batch.ts";
import { decoded, PlimsollError } from "../../packages/client/src/errors.ts";
import { CASH, fieldsOf, Kind, strikeOf } from "../../packages/client/src/instrument.ts";
import { sizeOf, type Position } from "../../packages/client/src/position.ts";
import { fromWad } from "../../packages/client/src/wad.ts";
import { GAS_LIMIT } from "./chain.ts";
import { movePrice, openBook, positionsOf, SPOT, type Book, type Market, type Opened } from "./market.ts";

/** Number of the account to which the rest goes. */
const PURSE = 999n;

/** Thrown where no price, or no package of legs, does what is wanted. */
export class NoDistressError extends Error {
  readonly wanted: string;
  readonly last: string;

  constructor(wanted: string, last: string) {
    super(`${wanted}: not found (last: ${last})`);
    this.name = "NoDistressError";
    this.wanted = wanted;
    this.last = last;
  }
}

/** The book with its calls short and its puts long: it loses as the price rises, and each short call is a risk of its own. */
export function bearish(book: Book): Book {
  return book.map(({ instrument }) => ({ instrument, isShort: fieldsOf(instrument).kind === Kind.Call }));
}

/** Opens the book, moves away all cash that is not needed, and raises the price until equity is this share of maintenance. */
export async function distress(market: Market, subId: bigint, target: { book: Book; health: number }): Promise<Opened> {
  const opened = await openBook(market, subId, target.book);
  await moveExcess(market, opened.account);
  const price = await priceFor(market, opened.account, target.health);
  await movePrice(market, price);
  return opened;
}

/** To another account of hers: out of custody not so much may go at once. */
async function moveExcess({ contracts, alice }: Market, account: Account): Promise<void> {
  const [risk] = await contracts.lens.risks([account]);
  const excess = (risk?.equity ?? 0n) - ((risk?.initial ?? 0n) * 105n) / 100n;
  const transfers = [{ from: account, to: toAccount(alice.address, PURSE), asset: CASH, size: excess }];
  await contracts.clearinghouse.connect(alice).batch(batchOf({ transfers }), { gasLimit: GAS_LIMIT });
}

/** Halves an interval in which equity / maintenance falls. */
async function priceFor(market: Market, account: Account, health: number): Promise<number> {
  const TOLERANCE = 0.01;
  const MAX_STEPS = 40;
  let [low, high, found] = [SPOT, 2 * SPOT, Infinity];
  for (let step = 0; step < MAX_STEPS; ++step) {
    const price = (low + high) / 2;
    found = await market.chain.apart(async () => {
      await movePrice(market, price);
      return await healthOf(market, account);
    });
    if (Math.abs(found - health) < TOLERANCE) return price;
    if (found > health) low = price;
    else high = price;
  }
  throw new NoDistressError(`equity / maintenance of ${health}`, found.toString());
}

async function healthOf({ contracts }: Market, account: Account): Promise<number> {
  const [risk] = await contracts.lens.risks([account]);
  return Number(fromWad(risk?.equity ?? 0n)) / Number(fromWad(risk?.maintenance ?? 1n));
}

/** Legs that a keeper may take whole, as the liquidator sees it: the first of the packages of short calls that it accepts. */
export async function acceptedLegs(
  { contracts, carol }: Market,
  { account, book, taker, count }: { account: Account; book: Book; taker: Account; count: number },
): Promise<Position[]> {
  const shorts = positionsOf([...book].sort((a, b) => Number(strikeOf(a.instrument) - strikeOf(b.instrument)))).filter(
    (position) => sizeOf(position) < 0n,
  );
  const liquidator = contracts.liquidator.connect(carol);
  let last = "none tried";
  for (let from = 0; from + count <= shorts.length; ++from) {
    const legs = shorts.slice(from, from + count);
    try {
      await decoded(liquidator.liquidate.staticCall(liquidation({ account, taker, legs }), { gasLimit: GAS_LIMIT }));
      return legs;
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      last = error.message;
    }
  }
  throw new NoDistressError(`${count} legs that may be liquidated`, last);
}

/** Any rate, any time. */
export function liquidation(terms: { account: Account; taker: Account; legs: Position[] }) {
  return { ...terms, minRate: -(10n ** 18n), deadline: 2n ** 40n - 1n };
}
