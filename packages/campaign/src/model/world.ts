import { Random } from "@plimsoll/replay";
import { type Depth, Episodes, Impact } from "@plimsoll/risk";
import { type FeedAction, FeedModel } from "./feed.ts";

const YEAR_SECONDS = 31_536_000;

/** One underlying outside of the exchange. */
export interface UnderlyingWorld {
  readonly id: number;
  readonly symbol: string;
  /** ln of the price without forced flow. */
  log: number;
  readonly impact: Impact;
  readonly feed: FeedModel;
}

/** What the world looks like when a story begins. Prices in USD. */
export interface Beginning {
  readonly seed: string;
  readonly now: number;
  readonly underlyings: readonly {
    readonly id: number;
    readonly symbol: string;
    readonly price: number;
    readonly depth: Depth;
  }[];
}

/** Everything outside of the contracts: true prices, feeds, the sequencer, keepers who are there or not. Time in Unix seconds. */
export class World {
  now: number;
  readonly start: number;
  readonly underlyings: readonly UnderlyingWorld[];
  readonly episodes = new Episodes();
  /** Diffusion a year, and until when it is as high as this. */
  volatility = 0.7;
  #wildUntil = 0;
  keepersAwayUntil = 0;
  gasFactor = 1;
  #gasDearUntil = 0;
  /** Set while the sequencer is down, and when it came back. */
  sequencerDownUntil = 0;
  sequencerUpSince: number;
  readonly #random: Random;

  constructor({ seed, now, underlyings }: Beginning) {
    this.now = now;
    this.start = now;
    this.sequencerUpSince = now - YEAR_SECONDS;
    this.#random = new Random(`campaign ${seed}`);
    this.underlyings = underlyings.map(({ id, symbol, price, depth }) => ({
      ...{ id, symbol, log: Math.log(price), impact: new Impact(depth), feed: new FeedModel(now, price) },
    }));
  }

  underlying(id: number): UnderlyingWorld {
    const found = this.underlyings.find((one) => one.id === id);
    if (found === undefined) throw new RangeError(`the world has no underlying ${id}`);
    return found;
  }

  price(id: number): number {
    const { log, impact } = this.underlying(id);
    return Math.exp(log + impact.logMove);
  }

  get minute(): number {
    return Math.round((this.now - this.start) / 60);
  }

  /** Time passes. */
  advance(seconds: number): void {
    this.now += seconds;
    if (this.now >= this.#wildUntil) this.volatility = 0.7;
    if (this.now >= this.#gasDearUntil) this.gasFactor = 1;
    const common = this.#random.normal();
    for (const underlying of this.underlyings) {
      const shock = Math.SQRT1_2 * common + Math.SQRT1_2 * this.#random.normal();
      underlying.log += this.volatility * Math.sqrt(seconds / YEAR_SECONDS) * shock;
      underlying.impact.recover(seconds);
    }
  }

  /** The rounds that are due now. */
  follow(): { readonly id: number; readonly action: FeedAction }[] {
    return this.underlyings.flatMap(({ id, feed }) =>
      feed.follow(this.now, this.price(id)).map((action) => ({ id, action })),
    );
  }

  /** A jump of the true price from outside, in the logarithm. */
  jump(id: number, move: number): void {
    this.underlying(id).log += move;
    this.episodes.shock(id, move, this.now);
  }

  /** Legs that somebody takes by force are hedged outside: the price feels it. @param usd Positive: bought. */
  force(id: number, usd: number): void {
    this.episodes.forced(id, this.underlying(id).impact.push(usd), this.now);
  }

  goWild(volatility: number, seconds: number): void {
    this.volatility = volatility;
    this.#wildUntil = this.now + seconds;
  }

  makeGasDear(factor: number, seconds: number): void {
    this.gasFactor = factor;
    this.#gasDearUntil = this.now + seconds;
  }

  get areKeepersAway(): boolean {
    return this.now < this.keepersAwayUntil;
  }

  /** Whether nothing that depends on prices of this underlying may be done now. @param graceSeconds After the sequencer came back. */
  isInvalid(id: number, graceSeconds: number): boolean {
    const isSequencerOff = this.sequencerDownUntil !== 0 || this.now < this.sequencerUpSince + graceSeconds;
    return isSequencerOff || this.underlying(id).feed.isInvalid(this.now);
  }
}
