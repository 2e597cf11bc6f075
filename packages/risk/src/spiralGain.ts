/** A shock of a price, and what forced flow added in its direction. Moves of ln(price). */
interface Episode {
  readonly shock: number;
  readonly endsAt: number;
  added: number;
}

/** The gains of finished and running episodes. */
export interface SpiralGain {
  readonly episodes: number;
  readonly max: number;
  readonly mean: number;
}

/** How long forced flow is put down to a shock, Unix seconds later. */
const EPISODE_SECONDS = 12 * 3600;
/** Smaller moves are no shocks. */
const MIN_SHOCK = 0.05;

/** Spiral gain: the price impact of forced flow in the direction of a shock, over the shock. Below 1 a shock dies out. */
export class Episodes {
  readonly #open = new Map<number, Episode>();
  readonly #gains: number[] = [];

  /** A move of an underlying from outside. */
  shock(underlying: number, move: number, now: number): void {
    if (Math.abs(move) < MIN_SHOCK) return;
    this.#close(underlying);
    this.#open.set(underlying, { shock: move, endsAt: now + EPISODE_SECONDS, added: 0 });
  }

  /** A move by forced flow. */
  forced(underlying: number, move: number, now: number): void {
    const episode = this.#open.get(underlying);
    if (episode === undefined) return;
    if (now > episode.endsAt) this.#close(underlying);
    else episode.added += move;
  }

  gains(): readonly number[] {
    return [...this.#gains, ...[...this.#open.values()].map(gainOf)];
  }

  #close(underlying: number): void {
    const episode = this.#open.get(underlying);
    if (episode !== undefined) this.#gains.push(gainOf(episode));
    this.#open.delete(underlying);
  }
}

/** Forced flow against the shock is no spiral. */
function gainOf({ shock, added }: Episode): number {
  return Math.max(0, added / shock);
}

export function spiralGainOf(gains: readonly number[]): SpiralGain {
  const sum = gains.reduce((total, gain) => total + gain, 0);
  return { episodes: gains.length, max: Math.max(0, ...gains), mean: gains.length === 0 ? 0 : sum / gains.length };
}
