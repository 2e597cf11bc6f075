import { quantileIndex } from "./quantile.ts";

/** The newest values of a stream, sorted. */
export class RollingTail {
  readonly #arrival: Float64Array;
  readonly #sorted: Float64Array;
  #count = 0;
  #next = 0;

  constructor(capacity: number) {
    this.#arrival = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  get isFull(): boolean {
    return this.#count === this.#arrival.length;
  }

  /** Adds a value; where it is full, the oldest leaves. */
  push(value: number): void {
    if (this.isFull) this.#remove(this.#arrival[this.#next] ?? NaN);
    this.#arrival[this.#next] = value;
    this.#next = (this.#next + 1) % this.#arrival.length;
    const place = this.#placeOf(value);
    this.#sorted.copyWithin(place + 1, place, this.#count);
    this.#sorted[place] = value;
    this.#count++;
  }

  /** The least value that the share `level` of all does not exceed. */
  quantile(level: number): number {
    return this.#sorted[quantileIndex(this.#count, level)] ?? NaN;
  }

  /** The mean from the quantile on. */
  meanBeyond(level: number): number {
    const start = quantileIndex(this.#count, level);
    let sum = 0;
    for (let i = start; i < this.#count; i++) sum += this.#sorted[i] ?? NaN;
    return sum / (this.#count - start);
  }

  #remove(value: number): void {
    const place = this.#placeOf(value);
    this.#sorted.copyWithin(place, place + 1, this.#count);
    this.#count--;
  }

  /** The first place whose value is not below. */
  #placeOf(value: number): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? NaN) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
