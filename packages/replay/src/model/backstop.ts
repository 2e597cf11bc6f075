import { type Account, fieldsOf, toAccount } from "@plimsoll/client";
import { toNumber } from "@plimsoll/risk";
import { UNDERLYINGS } from "../prices/arguments.ts";
import type { Books } from "./books.ts";
import { Budgets } from "./budgets.ts";
import { addressOf } from "./exchange.ts";
import type { ModelMarket } from "./market.ts";
import { RefusedError } from "./refused.ts";
import { positive, smaller } from "./whole.ts";

const OWNER = 0xbac5n;
const BACKSTOP = addressOf(OWNER);
const SUB_ID_BITS = 96n;

export function isBackstops(account: Account): boolean {
  return account >> SUB_ID_BITS === OWNER;
}

interface Absorption {
  readonly underlyings: readonly number[];
  /** What the treasury put into it, USD WAD. */
  readonly committed: bigint;
}

/** Of what the vault takes over. */
export interface BackstopLimits {
  /** Accounts that it may hold at once. */
  readonly slots: number;
  /** Of what losses have left of a budget, and of the vault, that may stand as margin in them. */
  readonly marginShare: number;
}

/** The vault that takes over bankrupt accounts. As `BackstopVault.sol`, without shares and unwinding. */
export class ModelBackstop {
  readonly treasury = toAccount(BACKSTOP);
  /** The most that all accounts of the backstop were worth less than what was paid in, USD. */
  peakLoss = 0;
  /**
   * The most that the backstop had to have, USD: what was out of its treasury, as margin of what it took over and for deficits,
   * and what accounts that it took over owed by then beyond what they had.
   */
  peakNeed = 0;
  /** The most accounts that it held at once. */
  peakHeld = 0;
  readonly #absorbed = new Map<Account, Absorption>();
  readonly #budgets: Budgets;
  #lastSubId = 0n;
  #paidIn = 0n;

  constructor(
    private readonly books: Books,
    private readonly market: ModelMarket,
    private readonly limits: BackstopLimits,
  ) {
    this.#budgets = new Budgets(() => market.now, limits.marginShare);
  }

  /** @param cash USD WAD. */
  fund(cash: bigint): void {
    this.#paidIn += cash;
    this.books.payIn(this.treasury, cash);
  }

  /** Whether it may take an account over, and put so much into it, USD WAD. Its own would be in no better state. */
  canTake(account: Account, needed: bigint): boolean {
    if (isBackstops(account)) return false;
    if (needed <= this.#capacity(account)) return true;
    this.#release();
    return needed <= this.#capacity(account);
  }

  /** Opens the account for the next take-over and pays its funding in, USD WAD. @throws RefusedError */
  open(account: Account, funding: bigint): Account {
    if (!this.#isRoom) this.#release();
    if (!this.#isRoom) throw new RefusedError("TooManyAbsorbed");
    const underlyings = this.#underlyingsOf(account);
    const into = toAccount(BACKSTOP, ++this.#lastSubId);
    this.#absorbed.set(into, { underlyings, committed: funding });
    this.#budgets.commit(underlyings, funding);
    this.peakHeld = Math.max(this.peakHeld, this.#absorbed.size);
    this.pay(into, funding);
    return into;
  }

  /** @returns What it paid of the deficit, USD WAD. */
  cover(account: Account, deficit: bigint): bigint {
    const underlyings = this.#underlyingsOf(account);
    const paid = smaller(deficit, this.#left(underlyings));
    this.#budgets.lose(underlyings, paid);
    this.pay(account, paid);
    return paid;
  }

  /** @param cash USD WAD, no more than the treasury has. */
  pay(to: Account, cash: bigint): void {
    this.books.moveCash(this.treasury, to, cash);
    this.peakNeed = Math.max(this.peakNeed, this.#drawn);
  }

  /** Takes down what the backstop is worth. */
  look(): void {
    const equities = [...this.#absorbed.keys()].map(
      (account) => this.market.evaluate(this.books.portfolio(account)).equity,
    );
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    this.peakLoss = Math.max(this.peakLoss, this.#drawn - sum(equities));
    this.peakNeed = Math.max(this.peakNeed, this.#drawn + sum(equities.map((equity) => Math.max(-equity, 0))));
  }

  get #isRoom(): boolean {
    return this.#absorbed.size < this.limits.slots;
  }

  get #drawn(): number {
    return toNumber(this.#paidIn - this.books.cash(this.treasury));
  }

  #capacity(account: Account): bigint {
    const hasSlot = this.#isRoom || [...this.#absorbed].some(([held, terms]) => this.#isReleasable(held, terms));
    if (!hasSlot) return 0n;
    return this.#budgets.leftForMargin(this.#underlyingsOf(account), this.books.cash(this.treasury));
  }

  #left(underlyings: readonly number[]): bigint {
    return this.#budgets.left(underlyings, this.books.cash(this.treasury));
  }

  /** Of an absorbed account those that it came with; with a debt all, for it may have been lost on any of them. */
  #underlyingsOf(account: Account): readonly number[] {
    const absorption = this.#absorbed.get(account);
    if (absorption !== undefined) return absorption.underlyings;
    const { legs } = this.books.exact(account);
    if (legs.length === 0 || this.books.cash(account) < 0n) return Object.values(UNDERLYINGS);
    return [...new Set(legs.map(({ instrument }) => fieldsOf(instrument).underlying))];
  }

  /** A debt that treasury or budget cannot pay stays where it is. */
  #isReleasable(account: Account, { underlyings }: Absorption): boolean {
    if (this.books.portfolio(account).legs.length > 0) return false;
    return positive(-this.books.cash(account)) <= this.#left(underlyings);
  }

  /** Brings the cash of emptied accounts home, or pays their debts. */
  #release(): void {
    for (const [account, terms] of [...this.#absorbed].toReversed()) {
      if (!this.#isReleasable(account, terms)) continue;
      const cash = this.books.cash(account);
      this.#absorbed.delete(account);
      this.#budgets.release(terms.underlyings, terms.committed, positive(cash));
      this.#budgets.lose(terms.underlyings, positive(-cash));
      this.pay(account, -cash);
    }
  }
}
