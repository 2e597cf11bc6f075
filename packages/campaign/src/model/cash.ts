import { WAD } from "@plimsoll/client";
import type { Violation } from "./conservation.ts";

/** Interest rates as the event `InterestRatesSet` says them. */
export interface Rates {
  readonly atZeroInBp: bigint;
  readonly atKinkInBp: bigint;
  readonly atFullInBp: bigint;
  readonly kinkInPercent: bigint;
  readonly reserveFactorInPercent: bigint;
}

/** What debts have grown by and what positive cash has, WAD. */
interface Indices {
  readonly borrow: bigint;
  readonly supply: bigint;
}

/** Of scaled cash, as `CashIndex` has it. */
export const SCALE = 10n ** 24n;

const YEAR_SECONDS = 31_536_000n;
const BP = 10n ** 14n;
const PERCENT = 10n ** 16n;
const MAX_INDEX = SCALE;

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** a·b/c towards minus infinity; c positive. */
export function mulDivDown(a: bigint, b: bigint, c: bigint): bigint {
  const product = a * b;
  const quotient = product / c;
  return product < 0n && quotient * c !== product ? quotient - 1n : quotient;
}

/**
 * Cash of all accounts, scaled by two indices, and the interest on it: the rules of docs/cash.md, reckoned here once more. Between two
 * events the indices that views show are this model's; an event must say the same to the last digit.
 */
export class CashModel {
  /** Unix seconds of the chain. */
  now = 0;
  readonly #told: Violation[] = [];
  #stored: Indices = { borrow: WAD, supply: WAD };
  #updatedAt = 0;
  #rates: Rates = { atZeroInBp: 0n, atKinkInBp: 0n, atFullInBp: 0n, kinkInPercent: 80n, reserveFactorInPercent: 0n };
  /** Scaled, of all accounts. */
  #debts = 0n;
  #supply = 0n;
  #memo: { readonly now: number; readonly indices: Indices } | undefined;

  /** As views show them. */
  get indices(): Indices {
    if (this.#memo?.now !== this.now) this.#memo = { now: this.now, indices: this.#reckon() };
    return this.#memo.indices;
  }

  get totals(): { readonly debts: bigint; readonly supply: bigint } {
    return { debts: this.#debts, supply: this.#supply };
  }

  /** USD WAD with interest up to now. */
  valueOf(scaled: bigint): bigint {
    const { borrow, supply } = this.indices;
    return mulDivDown(scaled, scaled < 0n ? borrow : supply, SCALE);
  }

  /** All cash less all debts as last written, USD WAD · 1e24. */
  get ownedExactly(): bigint {
    return this.#ownedAt(this.#stored);
  }

  /** The same with interest up to now. */
  get ownedNow(): bigint {
    return this.#ownedAt(this.indices);
  }

  /** @returns `scaled` with the amount added. What it is worth is written, and what is rounded off is nobody's. */
  add(scaled: bigint, amount: bigint): bigint {
    this.#accrue();
    const cash = this.valueOf(scaled) + amount;
    const { borrow, supply } = this.#stored;
    const afterwards = -mulDivDown(-cash, SCALE, cash < 0n ? borrow : supply);
    this.#count(scaled, -1n);
    this.#count(afterwards, 1n);
    this.#memo = undefined;
    return afterwards;
  }

  /** What an event says that indices are. @param isLoss Whether a loss is taken from all positive cash by the way. */
  tell(told: Indices, isLoss: boolean): void {
    const { borrow, supply } = this.indices;
    const isLower = isLoss && told.supply < supply;
    if (told.borrow !== borrow || (told.supply !== supply && !isLower)) {
      const detail = `${told.borrow.toString()} and ${told.supply.toString()}, by the rates ${borrow.toString()} and ${supply.toString()}`;
      this.#told.push({ invariant: "interest", message: `indices are ${detail}` });
    }
    this.#write(told);
  }

  /** Old rates up to now, these from now on. */
  setRates(rates: Rates): void {
    this.#accrue();
    this.#rates = rates;
    this.#memo = undefined;
  }

  /** What events said that was not as reckoned, since it was last asked. */
  takeViolations(): Violation[] {
    return this.#told.splice(0);
  }

  /** Of a change in cash: interest must have been told before. */
  #accrue(): void {
    const { borrow, supply } = this.indices;
    if (borrow !== this.#stored.borrow) {
      const message = `cash changed at an index of ${borrow.toString()} that no event had told`;
      this.#told.push({ invariant: "interest", message });
    }
    this.#write({ borrow, supply });
  }

  #write(indices: Indices): void {
    this.#stored = indices;
    this.#updatedAt = this.now;
    this.#memo = undefined;
  }

  #ownedAt({ borrow, supply }: Indices): bigint {
    return this.#supply * supply - this.#debts * borrow;
  }

  #count(scaled: bigint, sign: 1n | -1n): void {
    if (scaled < 0n) this.#debts -= sign * scaled;
    else this.#supply += sign * scaled;
  }

  #reckon(): Indices {
    const { borrow, supply } = this.#stored;
    const seconds = BigInt(this.now - this.#updatedAt);
    if (seconds === 0n || this.#debts === 0n) return this.#stored;
    const rate = this.#rateAt(utilisation(this.#debts * borrow, this.#supply * supply));
    const growth = compounded((rate * seconds) / YEAR_SECONDS);
    const charged = smaller((borrow * growth + WAD - 1n) / WAD, MAX_INDEX - borrow);
    let earned = (supply * charged) / borrow;
    if (this.#supply !== 0n) earned = smaller(earned, (this.#debts * charged) / this.#supply);
    earned = (earned * (100n - this.#rates.reserveFactorInPercent)) / 100n;
    return { borrow: borrow + charged, supply: smaller(supply + earned, MAX_INDEX) };
  }

  /** A line over utilisation with one kink, a year, WAD. */
  #rateAt(used: bigint): bigint {
    const { atZeroInBp, atKinkInBp, atFullInBp, kinkInPercent } = this.#rates;
    const kink = kinkInPercent * PERCENT;
    if (used < kink) return atZeroInBp * BP + ((atKinkInBp - atZeroInBp) * BP * used) / kink;
    return atKinkInBp * BP + ((atFullInBp - atKinkInBp) * BP * (used - kink)) / (WAD - kink);
  }
}

function utilisation(owed: bigint, held: bigint): bigint {
  return owed < held ? owed / (held / WAD + 1n) : WAD;
}

/** x + x²/2 + x³/6. */
function compounded(x: bigint): bigint {
  const square = (x * x) / WAD;
  return x + square / 2n + (square * x) / (6n * WAD);
}
