import { type Account, WAD } from "@plimsoll/client";
import { type Risk, auctionState, compensationRate, toNumber } from "@plimsoll/risk";
import { toWad } from "../market/wad.ts";
import type { Clearing } from "./liquidator.ts";
import { mulDivUp, positive, smaller } from "./whole.ts";

const CENT = WAD / 100n;

/** What is kept of an auction. */
export interface Auction {
  readonly startedAt: number;
  readonly confirmedAt: number;
  /** Undefined once starting and finishing have been paid. */
  readonly starter: Account | undefined;
  readonly dueInCents: bigint;
}

/** An auction as the contract shows it. Rate in WAD, payment in USD, the others in USD WAD. */
export interface ModelAuction extends Auction {
  readonly elapsedSeconds: number;
  readonly rate: bigint;
  readonly isBankrupt: boolean;
  /** Still owed to the starter, and what of it a take-over can pay. */
  readonly reward: bigint;
  readonly due: bigint;
  /** Of the reserve. */
  readonly available: bigint;
  readonly payment: number;
}

/** The auctions of the liquidator, and what they offer. */
export class Auctions {
  readonly #auctions = new Map<Account, Auction>();

  constructor(
    private readonly clearing: Pick<Clearing, "books" | "market">,
    private readonly lapseSeconds: number,
  ) {}

  /** @param reward To who starts it, USD WAD. */
  start(account: Account, starter: Account, reward: bigint): void {
    const { now } = this.clearing.market;
    this.#auctions.set(account, { startedAt: now, confirmedAt: now, starter, dueInCents: reward / CENT });
  }

  has(account: Account): boolean {
    return this.#auctions.has(account);
  }

  live(account: Account): Auction | undefined {
    const auction = this.#auctions.get(account);
    const { now } = this.clearing.market;
    return auction !== undefined && now <= auction.confirmedAt + this.lapseSeconds ? auction : undefined;
  }

  /** What the auction offers, given the risk of its account. */
  view(auction: Auction, risk: Risk): ModelAuction {
    const elapsedSeconds = this.clearing.market.now - auction.startedAt;
    const { reserve } = this.clearing.books;
    const reward = auction.dueInCents * CENT;
    const terms = { reserve: toNumber(reserve), due: toNumber(reward) };
    const { isBankrupt, payment } = auctionState(risk, elapsedSeconds, terms);
    const available = isBankrupt ? reserve : 0n;
    const due = smaller(reward, available + positive(toWad(risk.equity)));
    return { ...auction, elapsedSeconds, rate: rateAt(elapsedSeconds), isBankrupt, reward, due, available, payment };
  }

  /** Lives on from now, and owes its starter less by what he has had, USD WAD. */
  goOn(account: Account, paid = 0n): void {
    this.#renew(account, ({ starter, dueInCents }) => ({
      starter,
      dueInCents: positive(dueInCents - mulDivUp(paid, 1n, CENT)),
    }));
  }

  /** Lives on from now, with everybody paid. */
  settle(account: Account): void {
    this.#renew(account, () => ({ starter: undefined, dueInCents: 0n }));
  }

  end(account: Account): void {
    this.#auctions.delete(account);
  }

  #renew(account: Account, rewardsOf: (auction: Auction) => Pick<Auction, "starter" | "dueInCents">): void {
    const auction = this.#auctions.get(account);
    if (auction === undefined) return;
    const confirmedAt = this.clearing.market.now;
    this.#auctions.set(account, { ...auction, confirmedAt, ...rewardsOf(auction) });
  }
}

export function isBelow({ equity, maintenance }: Risk): boolean {
  return equity < maintenance;
}

/** c, WAD. */
export function rateAt(elapsedSeconds: number): bigint {
  return toWad(compensationRate(elapsedSeconds));
}

/** Whether legs are no longer sold. @param rate WAD. */
export function isOfferedWhole(rate: bigint, { equity, maintenance }: Risk): boolean {
  return equity <= 0 || toNumber(rate) * maintenance >= equity;
}
