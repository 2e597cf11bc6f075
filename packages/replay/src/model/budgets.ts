import { WAD } from "@plimsoll/client";
import { toWad } from "../market/wad.ts";
import { mulDivDown, mulDivUp, positive, smaller } from "./whole.ts";

/** One underlying counts for no more than this part of the vault. As `BackstopBudgets.sol`. */
const SHARE_DIVISOR = 2n;
const MEMORY_SECONDS = 30n * 86_400n;
/** Of a budget that losses have left, and of the vault, that may stand as margin in absorbed accounts. As `BackstopBudgets.sol`. */
export const MARGIN_SHARE = 0.5;

interface Budget {
  committed: bigint;
  /** What still counted of losses at `lostAt`; nothing from `forgottenAt` on, in a straight line. */
  lost: bigint;
  lostAt: bigint;
  forgottenAt: bigint;
}

/** How much of the backstop may stand for one underlying. Amounts in USD WAD; what is charged counts in full against each underlying. */
export class Budgets {
  #committed = 0n;
  readonly #budgets = new Map<number, Budget>();
  readonly #marginShare: bigint;

  /** @param now Unix seconds. */
  constructor(
    private readonly now: () => number,
    marginShare = MARGIN_SHARE,
  ) {
    this.#marginShare = toWad(marginShare);
  }

  /** What may still be put behind an account. @param free Cash of the treasury. */
  left(underlyings: readonly number[], free: bigint): bigint {
    return underlyings.reduce((least, underlying) => {
      const { whole, committed } = this.#usage(underlying, free);
      return smaller(least, positive(whole - committed));
    }, free);
  }

  /** What of that may be committed to an account that is taken over. @param free Cash of the treasury. */
  leftForMargin(underlyings: readonly number[], free: bigint): bigint {
    const vault = { whole: free + this.#committed, committed: this.#committed };
    return [vault, ...underlyings.map((underlying) => this.#usage(underlying, free))]
      .map(({ whole, committed }) => positive(mulDivDown(whole, this.#marginShare, WAD) - committed))
      .reduce(smaller);
  }

  commit(underlyings: readonly number[], amount: bigint): void {
    this.#committed += amount;
    for (const underlying of underlyings) this.#budget(underlying).committed += amount;
  }

  /** Ends a commitment. What did not come back is lost. */
  release(underlyings: readonly number[], committed: bigint, returned: bigint): void {
    this.commit(underlyings, -committed);
    this.lose(underlyings, positive(committed - returned));
  }

  lose(underlyings: readonly number[], amount: bigint): void {
    if (amount === 0n) return;
    const now = BigInt(this.now());
    for (const underlying of underlyings) {
      const budget = this.#budget(underlying);
      const left = this.#lost(budget);
      const weighted = left * positive(budget.forgottenAt - now) + amount * MEMORY_SECONDS;
      budget.lost = left + amount;
      budget.lostAt = now;
      budget.forgottenAt = now + mulDivUp(weighted, 1n, budget.lost);
    }
  }

  /** What losses have left of a budget, and what of that is committed. */
  #usage(underlying: number, free: bigint): { readonly whole: bigint; readonly committed: bigint } {
    const budget = this.#budget(underlying);
    const lost = this.#lost(budget);
    const limit = (free + this.#committed + lost) / SHARE_DIVISOR;
    return { whole: positive(limit - lost), committed: budget.committed };
  }

  #lost({ lost, lostAt, forgottenAt }: Budget): bigint {
    const now = BigInt(this.now());
    return now >= forgottenAt ? 0n : mulDivUp(lost, forgottenAt - now, forgottenAt - lostAt);
  }

  #budget(underlying: number): Budget {
    const known = this.#budgets.get(underlying);
    if (known !== undefined) return known;
    const budget = { committed: 0n, lost: 0n, lostAt: 0n, forgottenAt: 0n };
    this.#budgets.set(underlying, budget);
    return budget;
  }
}
