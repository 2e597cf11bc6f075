import { toAccount } from "@plimsoll/client";
import type { KeeperConfig } from "./config.js";
import { WAD, max, min, mulWadDown, wad } from "./domain.js";
import type { AccountView } from "./domain.js";

/** The keeper's own accounts: one holds the capital, takes legs and funds; each account taken whole gets a fresh one. */
export class Book {
  readonly capital: bigint;
  private readonly owner: string;
  private readonly first: bigint;
  private next: bigint;

  constructor(owner: string, { capital, freshFrom }: KeeperConfig["book"]) {
    this.owner = owner;
    this.capital = toAccount(owner, capital);
    this.first = freshFrom;
    this.next = freshFrom;
  }

  /** The account that the next take-over goes to. */
  fresh(): bigint {
    return toAccount(this.owner, this.next);
  }

  /** Marks the fresh account as used. */
  useFresh(): void {
    this.next += 1n;
  }

  get nextFresh(): bigint {
    return this.next;
  }

  restore(nextFresh: bigint): void {
    this.next = max(this.next, nextFresh);
  }

  /** All accounts that may hold something. */
  accounts(): bigint[] {
    const taken = Array.from({ length: Number(this.next - this.first) }, (_, i) => this.first + BigInt(i));
    return [this.capital, ...taken.map((subId) => toAccount(this.owner, subId))];
  }
}

/**
 * Cash (USD WAD) that has to come along with an account taken whole, so that it stands above initial margin by the buffer.
 * Undefined where the funder cannot spare it.
 */
export function fundingFor({ risk, auction }: AccountView, funder: AccountView, buffer: number): bigint | undefined {
  const buffered = (requirement: bigint) => mulWadDown(WAD + wad(buffer), requirement);
  const funding = max(buffered(risk.initial) - auction.payment, 0n);
  const spare = min(funder.risk.equity - buffered(funder.risk.initial), funder.portfolio.cash);
  return funding <= spare ? funding : undefined;
}
