/**
 * What forced flow does to the price: the square-root law of market impact (as in the concentration add-on), on all flow that the
 * market has not digested yet. ln(price) moves by sign(Q)·κ·√(|Q| / depth), Q in USD signed by its direction; Q halves every
 * {@link RECOVERY_SECONDS}. A flow in pieces moves the price as much as at once.
 */
export interface Depth {
  /** USD that move the price by κ. */
  readonly usd: number;
  /** κ, in the logarithm. */
  readonly share: number;
}

/** How fast a market digests forced flow: half of it in half an hour. */
export const RECOVERY_SECONDS = 1_800;

/** The undigested forced flow of one underlying. */
export class Impact {
  #flow = 0;
  readonly #depth: Depth;

  constructor(depth: Depth) {
    this.#depth = depth;
  }

  /** ln(price) less what it would be without forced flow. */
  get logMove(): number {
    return Math.sign(this.#flow) * this.#depth.share * Math.sqrt(Math.abs(this.#flow) / this.#depth.usd);
  }

  /** @param usd Positive: bought in haste. @returns by how much ln(price) moves. */
  push(usd: number): number {
    const before = this.logMove;
    this.#flow += usd;
    return this.logMove - before;
  }

  recover(seconds: number): void {
    this.#flow *= 0.5 ** (seconds / RECOVERY_SECONDS);
  }
}
