// Ways to liquidate the same account, with the same keeper.
import { auctionOff, notionalOf, type Outcome } from "./auction.ts";
import { hedgeCostOf, PLAIN_BIDDER, wholeProfit, type Bidder } from "./bidder.ts";
import type { Book } from "./books.ts";

export const DESIGNS = ["legs", "slice", "bonus of value", "bonus of requirement"] as const;
/**
 * `legs`: the auction, with the keeper's choice of legs. `slice`: the same auction, the same share of every position. `bonus of
 * value`: everything is closed at once for 5 % of its value. `bonus of requirement`: for the share of the requirement at which
 * 99 of 100 of these accounts find a taker.
 */
export type Design = (typeof DESIGNS)[number];

/** What others pay: 5 % is the usual bonus of a lending market. */
const BONUS = 0.05;
const CALIBRATED_SHARE = 0.99;
/** Equity of a keeper that nothing limits, USD. */
const AMPLE = 1e9;
/** What is there to pay for bankrupt accounts. */
export const RESERVE = 1e6;

/** One keeper without positions. */
export const plainBidder = (choice: Bidder["choice"]): Bidder => ({
  ...PLAIN_BIDDER,
  choice,
  portfolio: { cash: AMPLE, legs: [] },
});

/** The account's auction under one keeper. */
export async function auctioned(book: Book, choice: Bidder["choice"]): Promise<Outcome> {
  return await auctionOff(book, { bidders: [plainBidder(choice)], strategy: "eager", reserve: RESERVE });
}

/** What a keeper needs to take everything, as a share of the requirement. */
export function breakEven(book: Book): number {
  const risk = book.model.evaluate(book.portfolio);
  return -wholeProfit(plainBidder("legs"), { ...book, risk }, 0) / risk.maintenance;
}

/** The share of the requirement that is enough for nearly all of these books. */
export function calibratedBonus(breakEvens: readonly number[]): number {
  const sorted = [...breakEvens].sort((a, b) => a - b);
  return sorted[Math.ceil(CALIBRATED_SHARE * sorted.length) - 1] ?? 0;
}

/** Everything at once, for a bonus of 5 % of what the legs are worth. */
export function closedForValue(book: Book): Outcome {
  const { legs } = book.portfolio;
  return closedFor(
    book,
    BONUS * legs.reduce((sum, leg) => sum + Math.abs(leg.size * book.model.mark(leg.instrument)), 0),
  );
}

/** Everything at once, for a share of the requirement. */
export function closedForRequirement(book: Book, share: number): Outcome {
  return closedFor(book, share * book.model.evaluate(book.portfolio).maintenance);
}

/** A bonus is no more than the account has. If it is too small nobody comes. */
function closedFor(book: Book, bonus: number): Outcome {
  const bidder = plainBidder("legs");
  const risk = book.model.evaluate(book.portfolio);
  const paid = Math.min(bonus, Math.max(risk.equity, 0));
  const charge = bidder.riskCharge * risk.maintenance + hedgeCostOf(bidder, book.model, book.portfolio.legs);
  const profit = paid - charge - bidder.callCost;
  if (profit < 0) return { ...NOTHING, ending: "open" };
  const notional = notionalOf(book, book.portfolio.legs);
  return { ...NOTHING, ending: "closed", loss: paid, profit, notional, calls: 1 };
}

const NOTHING = { loss: 0, fee: 0, profit: 0, notional: 0, seconds: 0, calls: 0, refused: 0 };
