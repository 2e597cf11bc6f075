import { YEAR_SECONDS } from "./volatilitySurface.ts";

/** The least time between two samples. */
export const SAMPLE_SECONDS = 3600;
/** The most that one log return may weigh. */
export const MAX_RETURN = 0.7;
/** Variances stop here, at a volatility of 400 % a year. */
export const MAX_VARIANCE = 16;

/** A price in USD, Unix seconds. */
export interface PricePoint {
  readonly price: number;
  readonly time: number;
}

/**
 * Two exponentially weighted averages of squared returns, as `RealisedVolatility.sol`: V ← V·e^(−dt/τ) + r²/τ with
 * τ = half-life / ln 2, over consecutive rounds and over samples at least an hour apart. The larger counts.
 */
export class RealisedVolatility {
  /** Unix seconds of the last round taken in. */
  updatedAt: number;
  readonly #decayRate: number;
  /** 1/τ in years. */
  readonly #weight: number;
  #logPrice: number;
  #variance: number;
  #sampledLogPrice: number;
  #sampledAt: number;
  #sampledVariance: number;

  /** @param variance - First value of both averages, per year. */
  constructor({ price, time }: PricePoint, variance: number, halfLifeSeconds: number) {
    this.#decayRate = Math.LN2 / halfLifeSeconds;
    this.#weight = this.#decayRate * YEAR_SECONDS;
    this.updatedAt = this.#sampledAt = time;
    this.#logPrice = this.#sampledLogPrice = Math.log(price);
    this.#variance = this.#sampledVariance = variance;
  }

  /** Takes the next round in. Its time is not before `updatedAt`. */
  observe(price: number, time: number): void {
    const logPrice = Math.log(price);
    this.#variance = this.#updated(this.#variance, time - this.updatedAt, logPrice - this.#logPrice);
    this.updatedAt = time;
    this.#logPrice = logPrice;
    if (time - this.#sampledAt < SAMPLE_SECONDS) return;
    const move = logPrice - this.#sampledLogPrice;
    this.#sampledVariance = this.#updated(this.#sampledVariance, time - this.#sampledAt, move);
    this.#sampledAt = time;
    this.#sampledLogPrice = logPrice;
  }

  /** The larger of the two variances as of `updatedAt`, the move since the last sample as one more return. */
  newestVariance(): number {
    const move = this.#logPrice - this.#sampledLogPrice;
    const elapsed = this.updatedAt - this.#sampledAt;
    const sampled = this.#decayed(this.#sampledVariance, elapsed) + this.#squaredReturn(move);
    return Math.min(Math.max(sampled, this.#variance), MAX_VARIANCE);
  }

  /** The same at `time`, from `updatedAt` on. */
  varianceAt(time: number): number {
    return this.#decayed(this.newestVariance(), time - this.updatedAt);
  }

  clone(): RealisedVolatility {
    const copy = new RealisedVolatility({ price: 1, time: this.updatedAt }, this.#variance, Math.LN2 / this.#decayRate);
    copy.#logPrice = this.#logPrice;
    copy.#sampledLogPrice = this.#sampledLogPrice;
    copy.#sampledAt = this.#sampledAt;
    copy.#sampledVariance = this.#sampledVariance;
    return copy;
  }

  #updated(variance: number, elapsed: number, move: number): number {
    return Math.min(this.#decayed(variance, elapsed) + this.#squaredReturn(move), MAX_VARIANCE);
  }

  #decayed(variance: number, elapsed: number): number {
    return elapsed === 0 ? variance : variance * Math.exp(-this.#decayRate * elapsed);
  }

  #squaredReturn(move: number): number {
    const capped = Math.min(Math.abs(move), MAX_RETURN);
    return capped * capped * this.#weight;
  }
}
