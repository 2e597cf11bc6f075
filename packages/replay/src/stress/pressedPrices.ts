import { type Depth, Episodes, Impact, spiralGainOf } from "@plimsoll/risk";
import type { FeedRound, Outside } from "../model/outside.ts";
import { priceAt } from "../path.ts";
import { ASSETS, type Asset, UNDERLYINGS, perAsset } from "../prices/arguments.ts";
import { type Round, fromAnswer, toAnswer } from "../prices/series.ts";
import { FEED_RULE, isDue } from "../rounds.ts";
import type { Scenario } from "../scenario.ts";

/** What forced flow did to prices. */
export interface Pressure {
  /** By the definition of the campaign: all moves by forced flow in the direction of the shock, over the shock. The larger of the assets'. */
  readonly spiralGain: number;
  /** The most that a price was off by forced flow at once, in the logarithm. */
  readonly displacement: number;
  /** Bought and sold in haste, USD. */
  readonly flow: number;
}

/** Of all prices, in the logarithm, from `begin` on, Unix seconds: what spiral gain is measured by. */
export interface OutsideMove {
  readonly size: number;
  readonly begin: number;
}

interface Traded {
  readonly impact: Impact;
  last: Round;
}

/** Prices of a scenario that forced flow moves; feeds follow them by deviation and heartbeat. */
export class PressedPrices implements Outside {
  readonly start: number;
  #now: number;
  #displacement = 0;
  #flow = 0;
  readonly #episodes = new Episodes();
  readonly #traded: Readonly<Record<Asset, Traded>>;

  constructor(
    private readonly scenario: Scenario,
    private readonly move: OutsideMove,
    depths: Readonly<Record<Asset, Depth>>,
  ) {
    this.start = this.#now = scenario.start;
    this.#traded = perAsset((asset) => ({
      impact: new Impact(depths[asset]),
      last: { time: scenario.start, answer: toAnswer(priceAt(scenario.feeds[asset].path, scenario.start)) },
    }));
  }

  roundsUntil(time: number): readonly FeedRound[] {
    const elapsed = time - this.#now;
    const { size, begin } = this.move;
    if (this.#now < begin && time >= begin)
      for (const asset of ASSETS) this.#episodes.shock(UNDERLYINGS[asset], size, begin);
    this.#now = time;
    return ASSETS.flatMap((asset) => {
      this.#traded[asset].impact.recover(elapsed);
      return this.#roundOf(asset);
    });
  }

  truePrice(asset: Asset, time: number): number {
    return priceAt(this.scenario.feeds[asset].path, time) * Math.exp(this.#traded[asset].impact.logMove);
  }

  press(asset: Asset, usd: number): void {
    const { impact } = this.#traded[asset];
    this.#episodes.forced(UNDERLYINGS[asset], impact.push(usd), this.#now);
    this.#displacement = Math.max(this.#displacement, Math.abs(impact.logMove));
    this.#flow += Math.abs(usd);
  }

  pressure(): Pressure {
    return {
      spiralGain: spiralGainOf(this.#episodes.gains()).max,
      displacement: this.#displacement,
      flow: this.#flow,
    };
  }

  #roundOf(asset: Asset): FeedRound[] {
    const traded = this.#traded[asset];
    const round = { time: this.#now, answer: toAnswer(this.truePrice(asset, this.#now)) };
    if (!isDue(round, traded.last, FEED_RULE)) return [];
    traded.last = round;
    return [{ asset, time: round.time, price: fromAnswer(round.answer) }];
  }
}
