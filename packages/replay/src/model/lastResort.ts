import type { Account } from "@plimsoll/client";
import type { Risk } from "@plimsoll/risk";
import type { LiquidationEvent } from "../market/events.ts";
import type { ModelBackstop } from "./backstop.ts";
import type { SizedLeg } from "./books.ts";
import { type Valued, equityAtMark, hasDerivatives, isDerivative, shareDebt, tearUp } from "./lossSharing.ts";
import { RefusedError } from "./refused.ts";
import { positive, smaller } from "./whole.ts";

/** Of a deficit, what may pay for the call that shares it. As `ClearinghouseForce.sol`. */
const MAX_OVERCHARGE_DIVISOR = 100n;

/** USD WAD. */
export interface Reward {
  readonly to: Account;
  readonly size: bigint;
}

/** What is paid when neither a keeper nor the equity of an account is enough. As in `Liquidator.sol`; USD WAD. */
export interface LastResort {
  readonly account: Account;
  readonly risk: Risk;
  readonly rewards: readonly Reward[];
  /** What exceeds the equity, rewards included. */
  readonly badDebt: bigint;
  readonly fromReserve: bigint;
  /** Equity with what the reserve adds, rewards paid. */
  readonly payment: bigint;
}

/** What came of it: the legs that were closed by it, and the events. */
export interface Borne {
  readonly closed: readonly SizedLeg[];
  readonly events: readonly LiquidationEvent[];
}

/** The end of the waterfall, where the backstop may not take an account: it pays what it may, and the other side the rest. */
export class LossBearers {
  constructor(private readonly clearing: Valued & { readonly backstop: ModelBackstop }) {}

  /** @throws RefusedError where there is nothing to close and nothing to share. */
  requireAny({ account }: LastResort): void {
    if (hasDerivatives(this.clearing.books, account)) return;
    if (equityAtMark(this.clearing, account) >= 0n) throw new RefusedError("NothingToShare");
  }

  bear({ account, rewards, badDebt, fromReserve }: LastResort): Borne {
    const { books, backstop, market } = this.clearing;
    const fromBackstop = backstop.cover(account, badDebt - fromReserve);
    books.drawReserve(account, fromReserve);
    const equity = equityAtMark(this.clearing, account);
    const deficit = positive(-equity);
    const rewarded = this.#pay(account, rewards, equity > 0n ? equity : deficit / MAX_OVERCHARGE_DIVISOR);
    const closed = books.exact(account).legs.filter(isDerivative);
    const isShared = closed.length === 0;
    const lacking = positive(rewarded - equity);
    const shared = isShared && lacking > 0n ? shareDebt(books, account, lacking) : 0n;
    const charged = isShared ? shared : tearUp(this.clearing, account);
    const common = { time: market.now, account };
    const events: LiquidationEvent[] = [
      ...(shared > 0n ? [{ name: "LossShared" as const, ...common, amount: shared }] : []),
      { name: "AccountDeleveraged", ...common, fromReserve, fromBackstop, charged },
    ];
    return { closed, events };
  }

  /** @param limit What all of them may take together; the first come first. */
  #pay(from: Account, rewards: readonly Reward[], limit: bigint): bigint {
    let paid = 0n;
    for (const { to, size } of rewards) {
      const part = smaller(size, limit - paid);
      this.clearing.books.moveCash(from, to, part);
      paid += part;
    }
    return paid;
  }
}
