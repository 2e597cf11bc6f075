import { type Account, Kind, WAD, fieldsOf } from "@plimsoll/client";
import { toWad } from "../market/wad.ts";
import type { Books, SizedLeg } from "./books.ts";
import type { ModelMarket } from "./market.ts";
import { mulDivDown, mulDivUp, positive, smaller, sum } from "./whole.ts";

/** A position at mark, and what the account is owed for it beyond what it was opened for; negative: owes. USD WAD. */
interface Claim {
  readonly leg: SizedLeg;
  readonly value: bigint;
  readonly claim: bigint;
}

/** The books and what things in them are worth. */
export interface Valued {
  readonly books: Books;
  readonly market: ModelMarket;
}

/** Equity at mark, USD WAD, to the unit as the ledger has it. */
export function equityAtMark({ books, market }: Valued, account: Account): bigint {
  const { cash, legs } = books.exact(account);
  return cash + sum(legs.map((leg) => valueAt(market, leg)));
}

export function hasDerivatives(books: Books, account: Account): boolean {
  return books.exact(account).legs.some(isDerivative);
}

/**
 * Closes all derivatives of the account, each against everybody who holds the other side, in proportion to what he holds. What
 * the account lacks is charged to those whom it owes, in proportion. As `LossSharing.sol`, but everybody takes his share at
 * once. @returns what was charged, USD WAD.
 */
export function tearUp(valued: Valued, account: Account): bigint {
  const { books, market } = valued;
  const claims = books
    .exact(account)
    .legs.filter(isDerivative)
    .map((leg): Claim => {
      const value = valueAt(market, leg);
      return { leg, value, claim: value + books.entryValueOf(account, leg.instrument) };
    });
  let owed = sum(claims.map(({ claim }) => positive(-claim)));
  let lacking = smaller(positive(-equityAtMark(valued, account)), owed);
  let charged = 0n;
  for (const { leg, value, claim } of claims.toReversed()) {
    const debt = positive(-claim);
    const charge = debt === 0n ? 0n : mulDivDown(lacking, debt, owed);
    lacking -= charge;
    owed -= debt;
    charged += charge;
    close(books, account, { leg, value: value + charge });
  }
  return charged;
}

/** Everybody takes his share of what is left, rounded against him, so that the shares add up to the whole. */
function close(
  books: Books,
  account: Account,
  { leg, value }: { readonly leg: SizedLeg; readonly value: bigint },
): void {
  const { instrument, size } = leg;
  const sign = size > 0n ? -1n : 1n;
  const holders = [...books.accounts()]
    .map((holder) => ({ holder, units: sign * books.sizeOf(holder, instrument) }))
    .filter(({ units }) => units > 0n);
  let held = sum(holders.map(({ units }) => units));
  let [units, paid] = [-sign * size, -value];
  books.trade(account, { instrument, size: -size }, value);
  for (const { holder, units: own } of holders) {
    if (units === 0n) break;
    const part = mulDivUp(units, own, held);
    const share = part === units ? paid : mulDivDown(paid, part, units);
    books.trade(holder, { instrument, size: -sign * part }, share);
    held -= own;
    units -= part;
    paid -= share;
  }
}

/** Credits the account with what it lacks, and takes that from all positive cash in proportion. @returns the amount, USD WAD. */
export function shareDebt(books: Books, account: Account, lacking: bigint): bigint {
  const payers = [...books.accounts()].filter((payer) => payer !== account && books.cash(payer) > 0n);
  let held = sum(payers.map((payer) => books.cash(payer)));
  const amount = smaller(lacking, held);
  let left = amount;
  for (const payer of payers) {
    const cash = books.cash(payer);
    const share = mulDivUp(left, cash, held);
    books.moveCash(payer, account, share);
    held -= cash;
    left -= share;
  }
  return amount;
}

export function isDerivative({ instrument }: SizedLeg): boolean {
  return fieldsOf(instrument).kind !== Kind.Spot;
}

function valueAt(market: ModelMarket, { instrument, size }: SizedLeg): bigint {
  return mulDivDown(size, toWad(market.mark(instrument)), WAD);
}
