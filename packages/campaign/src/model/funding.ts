import { type Instrument, WAD, fieldsOf } from "@plimsoll/client";
import { mulDivDown } from "./cash.ts";
import type { Violation } from "./conservation.ts";

/** Of the perpetual of one underlying: what a unit long has paid since the beginning, and when that was last moved. */
interface FundingState {
  readonly index: bigint;
  readonly accruedAt: number;
}

/** What the event `FundingAccrued` says. */
export interface Accrual {
  readonly underlying: number;
  readonly rate: bigint;
  readonly price: bigint;
  readonly index: bigint;
}

const YEAR_SECONDS = 31_536_000n;
const MAX_GAP_SECONDS = 3_600;
const MAX_RATE_PER_YEAR = 1_095n * 10n ** 15n;

const clamp = (rate: bigint) =>
  rate > MAX_RATE_PER_YEAR ? MAX_RATE_PER_YEAR : rate < -MAX_RATE_PER_YEAR ? -MAX_RATE_PER_YEAR : rate;

/** Funding of perpetuals by an index, as docs/settlement.md has it. */
export class FundingModel {
  /** What entry values have paid less what they have received, USD WAD: in custody, and nobody's yet. */
  paid = 0n;
  readonly #states = new Map<number, FundingState>();
  readonly #told: Violation[] = [];

  indexOf(perpetual: Instrument): bigint {
    return this.#states.get(fieldsOf(perpetual).underlying)?.index ?? 0n;
  }

  /** USD WAD since the entry was written, rounded down; negative: paid. */
  received(perpetual: Instrument, entry: { readonly index: bigint }, size: bigint): bigint {
    return mulDivDown(-size, this.indexOf(perpetual) - entry.index, WAD);
  }

  /** When the deployment set how the pool quotes, which accrues. Unix seconds. */
  begin(underlying: number, accruedAt: number): void {
    if (accruedAt !== 0) this.#states.set(underlying, { index: 0n, accruedAt });
  }

  /** An event: its index must be the one that its rate and price make. */
  accrue({ underlying, rate, price, index }: Accrual, now: number): void {
    const before = this.#states.get(underlying);
    let expected = before?.index ?? 0n;
    if (before !== undefined) {
      const elapsed = BigInt(Math.min(now - before.accruedAt, MAX_GAP_SECONDS));
      expected += (clamp(rate) * price * elapsed) / (YEAR_SECONDS * WAD);
    }
    if (index !== expected) {
      const message = `funding index of ${underlying} is ${index.toString()}, by its rate ${expected.toString()}`;
      this.#told.push({ invariant: "funding", message });
    }
    this.#states.set(underlying, { index, accruedAt: now });
  }

  /** What events said that was not as reckoned, since it was last asked. */
  takeViolations(): Violation[] {
    return this.#told.splice(0);
  }
}
