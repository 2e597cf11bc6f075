/** Sides of a die: three digits are read easily, and decide finely enough. */
export const SIDES = 1000;
/** Dice of one step: more than any case throws. */
export const DICE_PER_STEP = 16;

/** The random choices of one step, as plain numbers 0 … {@link SIDES} − 1, taken one after the other; after the last one 0. */
export class Dice {
  #next = 0;
  readonly #values: readonly number[];

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  /** 0 … 0.999. */
  share(): number {
    return (this.#values[this.#next++] ?? 0) / SIDES;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.share();
  }

  /** Between both with a uniform logarithm: small and large are equally likely. */
  scale(low: number, high: number): number {
    return low * (high / low) ** this.share();
  }

  integer(count: number): number {
    return Math.floor(this.share() * count);
  }

  /** Several choices by one die, each of so many: together no more than it has sides. */
  choices<T extends readonly number[]>(...counts: T): { readonly [K in keyof T]: number } {
    let rest = this.integer(counts.reduce((product, count) => product * count, 1));
    const chosen = counts.map((count) => {
      const one = rest % count;
      rest = (rest - one) / count;
      return one;
    });
    return chosen as { [K in keyof T]: number };
  }

  chance(probability: number): boolean {
    return this.share() >= 1 - probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
}
