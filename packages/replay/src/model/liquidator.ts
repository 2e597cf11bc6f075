import type { Account } from "@plimsoll/client";
import { type Risk, isBackstopsTurn, seize, toNumber } from "@plimsoll/risk";
import type { LiquidationEvent } from "../market/events.ts";
import { toWad } from "../market/wad.ts";
import { Auctions, type ModelAuction, isBelow, isOfferedWhole } from "./auctions.ts";
import { type ModelBackstop, isBackstops } from "./backstop.ts";
import { type SizedLeg, inFloat, plus } from "./books.ts";
import { type LastResort, LossBearers } from "./lastResort.ts";
import type { Valued } from "./lossSharing.ts";
import { RefusedError } from "./refused.ts";
import { positive, smaller, sum } from "./whole.ts";

/** As `Liquidator.sol`. */
export const LAPSE_SECONDS = 2_400;
/** Of the account floor: who starts an auction, and who ends it where nothing else pays him. */
const REWARD_SHARE = 0.25;
/** What a call would do. A call that is refused throws before; nothing happens until the effect is let happen. */
export type Effect = () => void;

/** What stands around the liquidator. */
export interface Clearing extends Valued {
  readonly backstop: ModelBackstop;
}

export interface LegsOrder {
  readonly account: Account;
  readonly taker: Account;
  readonly legs: readonly SizedLeg[];
  readonly minRate: bigint;
}

export interface WholeOrder {
  readonly account: Account;
  readonly taker: Account;
  /** USD. */
  readonly minPayment: number;
}

/** Margin calls, auctions and take-overs in the model: the rules of `Liquidator.sol` and of the clearinghouse's seizures. */
export class ModelLiquidator {
  readonly events: LiquidationEvent[] = [];
  /** Of all legs that changed hands by force, USD. */
  liquidatedNotional = 0;
  /** Of those that deleveraging closed against the other side, USD. */
  tornUpNotional = 0;
  /** Who was left without any leg by force. */
  readonly closed = new Set<Account>();
  readonly marginCalledAt = new Map<Account, number>();
  readonly #auctions: Auctions;
  readonly #bearers: LossBearers;

  constructor(
    private readonly clearing: Clearing,
    lapseSeconds: number,
  ) {
    this.#auctions = new Auctions(clearing, lapseSeconds);
    this.#bearers = new LossBearers(clearing);
  }

  callMargin(account: Account): Effect {
    if (this.marginCalledAt.has(account)) throw new RefusedError("AlreadyCalled");
    const { equity, initial } = this.risk(account);
    if (equity >= initial) throw new RefusedError("AboveInitialMargin");
    return () => {
      this.marginCalledAt.set(account, this.#now);
      this.events.push({ name: "MarginCalled", time: this.#now, account, shortfall: toWad(initial - equity) });
    };
  }

  clearMarginCall(account: Account): Effect {
    if (!this.marginCalledAt.has(account)) throw new RefusedError("NoMarginCall");
    const { equity, initial } = this.risk(account);
    if (equity < initial) throw new RefusedError("BelowInitialMargin");
    return () => this.marginCalledAt.delete(account);
  }

  startAuction(account: Account, starter: Account): Effect {
    if (this.#auctions.live(account) !== undefined) throw new RefusedError("AuctionUnderWay");
    this.#liquidatable(account);
    return () => {
      this.#auctions.start(account, starter, this.#reward);
      this.events.push({ name: "AuctionStarted", time: this.#now, account });
    };
  }

  confirmAuction(account: Account): Effect {
    this.#require(account);
    this.#liquidatable(account);
    return () => {
      this.#auctions.goOn(account);
    };
  }

  endAuction(account: Account): Effect {
    if (!this.#auctions.has(account)) throw new RefusedError("NoAuction");
    if (isBelow(this.risk(account))) throw new RefusedError("BelowMaintenance");
    return () => {
      this.#auctions.end(account);
    };
  }

  isLive(account: Account): boolean {
    return this.#auctions.live(account) !== undefined;
  }

  auction(account: Account): ModelAuction | undefined {
    const auction = this.#auctions.live(account);
    return auction && this.#auctions.view(auction, this.risk(account));
  }

  /** Legs at mark, and the account pays the rate per USD of requirement removed. */
  liquidate({ account, taker, legs, minRate }: LegsOrder): Effect {
    const auction = this.#require(account);
    if (auction.rate < minRate) throw new RefusedError("RateTooLow");
    const { books, market, backstop } = this.clearing;
    requireHeld(books.exact(account).legs, legs);
    const moved = {
      from: books.portfolio(account),
      to: books.portfolio(taker),
      legs: inFloat({ cash: 0n, legs }).legs,
    };
    const seizure = seize(market, { ...moved, rate: toNumber(auction.rate) });
    const { remaining, payment, removed, refusal } = seizure;
    if (refusal !== undefined) throw new RefusedError(refusal);
    const fee = toWad(seizure.fee);
    return () => {
      this.#count(legs);
      market.force(legs);
      const entryValues = books.move(account, taker, legs);
      books.moveCash(taker, account, entryValues + toWad(market.valueOf(moved)) - toWad(payment));
      books.moveCash(taker, backstop.treasury, fee);
      this.#pay(backstop.treasury, { to: auction.starter, size: smaller(fee, auction.reward) });
      const requirementRemoved = toWad(Math.max(removed, 0));
      this.events.push({ name: "Liquidated", time: this.#now, account, requirementRemoved, payment: toWad(payment) });
      if (books.exact(account).legs.length === 0) this.closed.add(account);
      if (isBelow(remaining)) this.#auctions.goOn(account, fee);
      else this.#auctions.end(account);
    };
  }

  /** The whole account with all its equity and what is offered on top. */
  takeOver({ account, taker, minPayment }: WholeOrder): Effect {
    const auction = this.#require(account);
    const risk = this.#liquidatable(account);
    if (!isOfferedWhole(auction.rate, risk)) throw new RefusedError("NotYetWhole");
    if (auction.payment < minPayment) throw new RefusedError("PaymentTooLow");
    const { books } = this.clearing;
    const equity = toWad(risk.equity);
    const reward = { to: auction.starter, size: auction.due };
    const fromReserve = smaller(positive(toWad(auction.payment) - equity + reward.size), auction.available);
    const whole = books.exact(account);
    this.requireInitial({
      cash: books.exact(taker).cash + whole.cash + fromReserve - reward.size,
      legs: plus(books.exact(taker).legs, whole.legs),
    });
    return () => {
      const amounts = { badDebt: fromReserve, fromReserve, fromBackstop: 0n };
      this.taken({ account, taker, equity: risk.equity, payment: auction.payment }, amounts);
      books.moveAll(account, taker);
      books.drawReserve(taker, fromReserve);
      this.#pay(taker, reward);
    };
  }

  /** The backstop takes a bankrupt account, or the account is closed against those who hold the other side. */
  absorb(account: Account, finisher: Account): Effect {
    const auction = this.#require(account);
    const risk = this.#liquidatable(account);
    if (!auction.isBankrupt) throw new RefusedError("NotBankrupt");
    const { books, backstop } = this.clearing;
    if (!isBackstopsTurn(risk, auction.elapsedSeconds, toNumber(books.reserve)))
      throw new RefusedError("BelowBackstopLimit");
    const rewards =
      auction.starter === undefined
        ? []
        : [
            { to: auction.starter, size: auction.reward },
            { to: finisher, size: this.#reward },
          ];
    const equity = toWad(risk.equity) - sum(rewards.map(({ size }) => size));
    const badDebt = positive(-equity);
    const fromReserve = smaller(badDebt, books.reserve);
    const terms = { account, risk, rewards, badDebt, fromReserve, payment: equity + fromReserve };
    const funding = positive(toWad(risk.initial) - terms.payment);
    if (backstop.canTake(account, funding))
      return () => {
        this.#absorb(terms, funding);
      };
    this.#bearers.requireAny(terms);
    return () => {
      this.#deleverage(terms);
    };
  }

  risk(account: Account): Risk {
    const { books, market } = this.clearing;
    return market.evaluate(books.portfolio(account));
  }

  /** Writes down that an account is taken whole; nothing has moved yet. */
  taken(
    { account, taker, equity, payment }: { account: Account; taker: Account; equity: number; payment: number },
    amounts: { readonly badDebt: bigint; readonly fromReserve: bigint; readonly fromBackstop: bigint },
  ): void {
    const { legs } = this.clearing.books.exact(account);
    this.#count(legs);
    // The backstop hedges nothing.
    if (!isBackstops(taker)) this.clearing.market.force(legs);
    this.closed.add(account);
    this.#auctions.end(account);
    this.marginCalledAt.delete(account);
    const common = { time: this.#now, account, taker, equity: toWad(equity), payment: toWad(payment) };
    this.events.push({ name: "AccountTaken", ...common, ...amounts });
  }

  /** Of a portfolio that somebody would be left with. */
  requireInitial(portfolio: { readonly cash: bigint; readonly legs: readonly SizedLeg[] }): void {
    const { equity, initial } = this.clearing.market.evaluate(inFloat(portfolio));
    if (equity < initial) throw new RefusedError("BelowInitialMargin");
  }

  get #now(): number {
    return this.clearing.market.now;
  }

  get #reward(): bigint {
    return toWad(this.clearing.market.model.market.account.floor * REWARD_SHARE);
  }

  #absorb({ account, risk, rewards, badDebt, fromReserve, payment }: LastResort, funding: bigint): void {
    const { books, backstop } = this.clearing;
    const into = backstop.open(account, funding);
    const amounts = { badDebt, fromReserve, fromBackstop: badDebt - fromReserve };
    this.taken({ account, taker: into, equity: risk.equity, payment: toNumber(payment) }, amounts);
    books.moveAll(account, into);
    books.drawReserve(into, fromReserve);
    for (const reward of rewards) this.#pay(into, reward);
  }

  #deleverage(terms: LastResort): void {
    const { account } = terms;
    const { closed, events } = this.#bearers.bear(terms);
    this.#count(closed);
    this.tornUpNotional += this.#notionalOf(closed);
    this.clearing.market.force(closed);
    this.events.push(...events);
    if (this.clearing.books.exact(account).legs.length === 0) this.closed.add(account);
    if (isBelow(this.risk(account))) this.#auctions.settle(account);
    else this.#auctions.end(account);
  }

  #pay(from: Account, { to, size }: { readonly to: Account | undefined; readonly size: bigint }): void {
    if (to !== undefined) this.clearing.books.moveCash(from, to, size);
  }

  #count(legs: readonly SizedLeg[]): void {
    this.liquidatedNotional += this.#notionalOf(legs);
  }

  #notionalOf(legs: readonly SizedLeg[]): number {
    return this.clearing.market.notionalOf(inFloat({ cash: 0n, legs }));
  }

  #require(account: Account): ModelAuction {
    const auction = this.auction(account);
    if (auction === undefined) throw new RefusedError("NoAuction");
    return auction;
  }

  #liquidatable(account: Account): Risk {
    const risk = this.risk(account);
    if (!isBelow(risk)) throw new RefusedError("AboveMaintenance");
    return risk;
  }
}

/** Sizes go towards zero, never beyond. @throws RefusedError */
function requireHeld(held: readonly SizedLeg[], legs: readonly SizedLeg[]): void {
  for (const { instrument, size } of legs) {
    const own = held.find((leg) => leg.instrument === instrument)?.size ?? 0n;
    const isPart = size > 0n ? own >= size : own <= size;
    if (!isPart) throw new RefusedError("InsufficientPosition");
  }
}
