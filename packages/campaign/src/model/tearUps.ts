import type { Account, Instrument } from "@plimsoll/client";
import { mulDivDown } from "./cash.ts";
import type { Violation } from "./conservation.ts";

/** A leg closed against all who hold the other side of it, as one of them is told of it or takes his share. Units with the sign of their positions, USD WAD. */
export interface SharedLeg {
  readonly instrument: Instrument;
  readonly size: bigint;
  readonly value: bigint;
}

/** What is left of one for those who have not taken their share. `held`: units that they hold. */
interface TearUp {
  readonly instrument: Instrument;
  held: bigint;
  size: bigint;
  value: bigint;
  readonly waiting: Set<Account>;
}

const absolute = (value: bigint) => (value < 0n ? -value : value);

/** The rule of `LossShares`, reckoned once more: everybody takes his share of what is left, and what is rounded is rounded against him. */
export class TearUps {
  #open: TearUp[] = [];
  #told: Violation[] = [];

  /** @param holders Who share it. @param held Units that they hold together. */
  order({ instrument, size, value }: SharedLeg, { holders, held }: { holders: Iterable<Account>; held: bigint }): void {
    this.#open.push({ instrument, held, size, value, waiting: new Set(holders) });
  }

  /** @param position That the account held before. @param share What it gave up and received. */
  take(account: Account, position: bigint, share: SharedLeg): void {
    const { instrument } = share;
    const left = this.#open.find((one) => one.instrument === instrument && one.waiting.has(account));
    if (left === undefined || left.size > 0n !== position > 0n) {
      this.#say(instrument, "somebody took a share of a loss that he does not share");
      return;
    }
    this.#check(left, absolute(position), share);
    left.waiting.delete(account);
    left.held -= absolute(position);
    left.size -= share.size;
    left.value -= share.value;
    if (left.size === 0n) this.#open = this.#open.filter((one) => one !== left);
  }

  /** Who takes on a new position has no share in what was lost before. */
  leave(account: Account, instrument: Instrument): void {
    for (const one of this.#open) if (one.instrument === instrument) one.waiting.delete(account);
  }

  takeViolations(): Violation[] {
    return this.#told.splice(0);
  }

  #check({ held, size, value }: TearUp, position: bigint, share: SharedLeg): void {
    const [whole, part] = [absolute(size), absolute(share.size)];
    const due = (whole * position + held - 1n) / held;
    const owed = part === whole ? value : mulDivDown(value, part, whole);
    const detail = `${part.toString()} of ${whole.toString()} units for ${share.value.toString()}`;
    if (part !== due) this.#say(share.instrument, `a share of ${detail}, where ${due.toString()} were due`);
    if (share.value !== owed) this.#say(share.instrument, `a share of ${detail}, where ${owed.toString()} was due`);
  }

  #say(instrument: Instrument, what: string): void {
    this.#told.push({ invariant: "INV-5", message: `${instrument.toString(16)}: ${what}` });
  }
}
