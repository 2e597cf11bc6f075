import type { PricePoint } from "@plimsoll/risk";
import { priceAt } from "../path.ts";
import { ASSETS, type Asset } from "../prices/arguments.ts";
import { fromAnswer } from "../prices/series.ts";
import type { Scenario } from "../scenario.ts";

/** What a feed answers, Unix seconds and USD. */
export interface FeedRound extends PricePoint {
  readonly asset: Asset;
}

/** The markets outside of the exchange, and the feeds that watch them. Times in Unix seconds, and never before the last one. */
export interface Outside {
  /** When they begin, Unix seconds. */
  readonly start: number;
  /** The rounds since the last question. */
  roundsUntil(time: number): readonly FeedRound[];
  /** USD. */
  truePrice(asset: Asset, time: number): number;
  /** Somebody has to buy in haste, or to sell: `usd` negative. */
  press(asset: Asset, usd: number): void;
}

/** Prices as they are written down: nothing that happens on the exchange moves them. */
export class RecordedPrices implements Outside {
  readonly start: number;
  #next = 0;
  readonly #rounds: readonly FeedRound[];

  constructor(private readonly scenario: Scenario) {
    this.start = scenario.start;
    this.#rounds = roundsOf(scenario);
  }

  roundsUntil(time: number): readonly FeedRound[] {
    const first = this.#next;
    while ((this.#rounds[this.#next]?.time ?? Infinity) <= time) this.#next++;
    return this.#rounds.slice(first, this.#next);
  }

  truePrice(asset: Asset, time: number): number {
    return priceAt(this.scenario.feeds[asset].path, time);
  }

  press(): void {
    // The past is deep enough for everybody.
  }
}

/** Of all feeds, in the order of their times. */
function roundsOf({ feeds, start, end }: Scenario): FeedRound[] {
  return ASSETS.flatMap((asset) =>
    feeds[asset].rounds.map(({ time, answer }) => ({ asset, time: Math.ceil(time), price: fromAnswer(answer) })),
  )
    .filter(({ time }) => time > start && time <= end)
    .sort((a, b) => a.time - b.time);
}
