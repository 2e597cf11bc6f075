import { toNumber } from "@plimsoll/risk";

/** A position counts in full after a day. As `OpenInterest.sol`. */
const AVERAGING_SECONDS = 86_400;

interface Interest {
  units: bigint;
  average: number;
  updatedAt: number;
}

/** Open interest of each underlying and its slow average, in units. */
export class OpenInterest {
  /** Unix seconds; whoever turns the model's clock sets it. */
  now = 0;
  readonly #interests = new Map<number, Interest>();

  /** @param change Of the units held long, WAD. */
  change(underlying: number, change: bigint): void {
    const interest = this.#interest(underlying);
    interest.average = this.averageOf(underlying);
    interest.updatedAt = this.now;
    interest.units += change;
  }

  /** Says that so many units have been held for a day. */
  presume(underlying: number, units: number): void {
    const interest = this.#interest(underlying);
    interest.average = units;
    interest.updatedAt = this.now;
  }

  averageOf(underlying: number): number {
    const { units, average, updatedAt } = this.#interest(underlying);
    const share = Math.min((this.now - updatedAt) / AVERAGING_SECONDS, 1);
    return average + (toNumber(units) - average) * share;
  }

  unitsOf(underlying: number): number {
    return toNumber(this.#interest(underlying).units);
  }

  #interest(underlying: number): Interest {
    const known = this.#interests.get(underlying);
    if (known !== undefined) return known;
    const interest = { units: 0n, average: 0, updatedAt: this.now };
    this.#interests.set(underlying, interest);
    return interest;
  }
}
