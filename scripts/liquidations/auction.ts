// One account's auction in the float64 model, from its first second to its end, at unmoved prices.
import { fieldsOf, Kind } from "@plimsoll/client";
import { auctionState, isBackstopsTurn, LAST_SECONDS, seize, type Leg, type Portfolio } from "@plimsoll/risk";
import { bidFor, leastSeconds, wholeProfit, type Account, type Bid, type Bidder } from "./bidder.ts";
import type { Book } from "./books.ts";

export const BLOCK_SECONDS = 12;
/** Long after the whole requirement is offered for a bankrupt account. */
const GIVE_UP_SECONDS = 4 * 3_600;

export const ENDINGS = ["healthy", "closed", "taken whole", "absorbed", "open"] as const;
/**
 * `healthy`: above its line, with positions. `closed`: all legs went for a compensation, the rest of the equity stayed. `absorbed`:
 * by the backstop. `open`: nobody came, and it still stands below its line.
 */
export type Ending = (typeof ENDINGS)[number];

/** What an auction did, USD. */
export interface Outcome {
  readonly ending: Ending;
  /** What left the account's equity. */
  readonly loss: number;
  /** The backstop's part of that. */
  readonly fee: number;
  /** What takers gain after all their costs. */
  readonly profit: number;
  /** Σ|size|·S of the derivatives that left. */
  readonly notional: number;
  readonly seconds: number;
  readonly calls: number;
  /** Packages that a bidder sent and the rules refused. */
  readonly refused: number;
}

/**
 * `eager`: each takes legs in the first block in which that pays. `patient`: whoever could be first waits for the last block
 * before the next one would come, as all know each other's costs; who is alone, for the block that pays him most.
 */
export type Strategy = "eager" | "patient";

export interface Tender {
  readonly bidders: readonly Bidder[];
  readonly strategy: Strategy;
  /** What the protocol adds to a bankrupt account's equity, at most. */
  readonly reserve: number;
}

interface Offer extends Bid {
  readonly place: number;
  readonly at: number;
}

/** Lets bidders take legs until the account is above its line or gone. */
export async function auctionOff({ model, portfolio }: Book, tender: Tender): Promise<Outcome> {
  const lot = new Lot({ model, portfolio, risk: model.evaluate(portfolio) }, tender);
  while (lot.elapsed <= GIVE_UP_SECONDS) {
    if (lot.isClosed) return lot.outcome("closed");
    if (lot.isHealthy) return lot.outcome("healthy");
    const state = auctionState(lot.account.risk, lot.elapsed, { reserve: tender.reserve });
    if (!state.isOfferedWhole) {
      await lot.takeLegs();
    } else {
      const ending = lot.takeWhole(state.payment);
      if (ending) return lot.outcome(ending);
      lot.elapsed += BLOCK_SECONDS;
    }
  }
  return lot.outcome("open");
}

/** The account under auction and what has become of it. */
class Lot {
  account: Account;
  elapsed = 0;
  readonly #tender: Tender;
  readonly #bidders: Bidder[];
  readonly #sums = { loss: 0, fee: 0, profit: 0, notional: 0, calls: 0, refused: 0 };

  constructor(account: Account, tender: Tender) {
    this.account = account;
    this.#tender = tender;
    this.#bidders = [...tender.bidders];
  }

  get isHealthy(): boolean {
    const { equity, maintenance } = this.account.risk;
    return equity >= maintenance;
  }

  get isClosed(): boolean {
    return this.isHealthy && notionalOf(this.account, this.account.portfolio.legs) === 0;
  }

  /** Until the next call for legs has gone through, or the whole is on offer. */
  async takeLegs(): Promise<void> {
    const wholeAt = blockFrom(secondsToWhole(this.account), this.elapsed);
    const offer = await this.#nextOffer(wholeAt);
    if (offer === undefined) {
      this.elapsed = wholeAt;
      return;
    }
    this.elapsed = offer.at;
    const winner = this.#bidders[offer.place];
    if (winner === undefined) return;
    const { model, portfolio, risk } = this.account;
    const { rate } = auctionState(risk, offer.at);
    const seizure = seize(model, { from: portfolio, to: winner.portfolio, legs: offer.legs, rate });
    const sums = this.#sums;
    if (seizure.refusal !== undefined) {
      sums.refused++;
      this.elapsed += BLOCK_SECONDS;
      return;
    }
    sums.loss += seizure.payment;
    sums.fee += seizure.fee;
    sums.profit += offer.profit;
    sums.notional += notionalOf(this.account, offer.legs);
    sums.calls++;
    this.#bidders[offer.place] = { ...winner, portfolio: seizure.to };
    this.account = { model, portfolio: seizure.from, risk: model.evaluate(seizure.from) };
  }

  /** How it ends if somebody takes all of it for this payment now. */
  takeWhole(payment: number): Ending | undefined {
    const most = Math.max(...this.#bidders.map((bidder) => wholeProfit(bidder, this.account, payment)));
    const { reserve } = this.#tender;
    if (most < 0 && !isBackstopsTurn(this.account.risk, this.elapsed, reserve)) return undefined;
    this.#sums.loss += Math.max(this.account.risk.equity, 0);
    this.#sums.notional += notionalOf(this.account, this.account.portfolio.legs);
    this.#sums.calls++;
    if (most < 0) return "absorbed";
    this.#sums.profit += most;
    return "taken whole";
  }

  outcome(ending: Ending): Outcome {
    return { ending, seconds: this.elapsed, ...this.#sums };
  }

  async #nextOffer(wholeAt: number): Promise<Offer | undefined> {
    const offers: Offer[] = [];
    for (const [place, bidder] of this.#bidders.entries()) {
      const first = await firstBid(bidder, this.account, { from: this.elapsed, until: wholeAt });
      if (first) offers.push({ place, ...first });
    }
    offers.sort((a, b) => a.at - b.at || b.profit - a.profit);
    const [first, second] = offers;
    if (first === undefined || this.#tender.strategy === "eager") return first;
    return await this.#patientOffer(first, second?.at, wholeAt);
  }

  async #patientOffer(first: Offer, rivalAt: number | undefined, wholeAt: number): Promise<Offer | undefined> {
    const bidder = this.#bidders[first.place];
    if (bidder === undefined) return first;
    const at = Math.max(first.at, (rivalAt ?? wholeAt) - BLOCK_SECONDS);
    const bid = at === first.at ? first : await bidFor(bidder, this.account, at);
    if (bid === undefined) return first;
    const isWholeBetter =
      rivalAt === undefined && wholeProfit(bidder, this.account, this.account.risk.equity) > bid.profit;
    return isWholeBetter ? undefined : { ...bid, place: first.place, at };
  }
}

type FirstBid = Promise<(Bid & { readonly at: number }) | undefined>;

/** Of bidders for accounts as their auction began: the same in every contest. */
const openingBids = new WeakMap<Portfolio, WeakMap<Bidder, FirstBid>>();

function firstBid(bidder: Bidder, account: Account, span: Span): FirstBid {
  if (span.from > 0) return searchBid(bidder, account, span);
  const known = openingBids.get(account.portfolio) ?? new WeakMap<Bidder, FirstBid>();
  openingBids.set(account.portfolio, known);
  const bid = known.get(bidder) ?? searchBid(bidder, account, span);
  known.set(bidder, bid);
  return bid;
}

/** Seconds of an auction. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/** The first block in which a bidder's best package pays: what it brings never falls while c rises. */
async function searchBid(bidder: Bidder, account: Account, { from, until }: Span): FirstBid {
  const bidAt = async (at: number) => {
    const bid = await bidFor(bidder, account, at);
    return bid && bid.profit >= 0 ? { ...bid, at } : undefined;
  };
  let below = Math.max(from, blockFrom(leastSeconds(bidder), 0)) - BLOCK_SECONDS;
  let found: Awaited<ReturnType<typeof bidAt>>;
  for (let step = BLOCK_SECONDS; found === undefined; step *= 2) {
    const at = Math.min(below + step, until - BLOCK_SECONDS);
    if (at <= below) return undefined;
    found = await bidAt(at);
    if (found === undefined) below = at;
  }
  while (found.at - below > BLOCK_SECONDS) {
    const middle = below + BLOCK_SECONDS * Math.floor((found.at - below) / BLOCK_SECONDS / 2);
    const earlier = await bidAt(middle);
    if (earlier === undefined) below = middle;
    else found = earlier;
  }
  return found;
}

/** The block at or after a time, no earlier than `from`. */
function blockFrom(seconds: number, from: number): number {
  return Math.max(from, BLOCK_SECONDS * Math.ceil(seconds / BLOCK_SECONDS));
}

/** When c reaches E/R. */
function secondsToWhole({ risk }: Account): number {
  let [low, high] = [0, LAST_SECONDS];
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (auctionState(risk, middle).isOfferedWhole) high = middle;
    else low = middle;
  }
  return high;
}

/** Σ|size|·S of derivatives, USD. */
export function notionalOf({ model }: Pick<Account, "model">, legs: readonly Leg[]): number {
  return legs.reduce((sum, { instrument, size }) => {
    const { underlying, kind } = fieldsOf(instrument);
    const spot = model.market.underlyings.find((one) => one.underlying === underlying)?.spot ?? 0;
    return kind === Kind.Spot ? sum : sum + Math.abs(size) * spot;
  }, 0);
}
