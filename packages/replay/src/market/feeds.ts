import { MockAggregator__factory } from "../../../../typechain-types/index.ts";
import { type PricePath, priceAt } from "../path.ts";
import { ASSETS, type Asset, perAsset } from "../prices/arguments.ts";
import { type Round, toAnswer } from "../prices/series.ts";
import type { Scenario } from "../scenario.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";

const aggregator = MockAggregator__factory.createInterface();
/** Whoever transmits for the feeds; any address may push into a mock. */
const TRANSMITTER = "0x00000000000000000000000000000000000f33d5";

/** Pushes the rounds of all feeds into their aggregators, in the order of their times. */
export class FeedPlayer {
  #next = 0;
  readonly #chain: SimulatedChain;
  readonly #deployment: Deployment;
  readonly #paths: Readonly<Record<Asset, PricePath>>;
  readonly #rounds: readonly (Round & { readonly asset: Asset })[];

  constructor(chain: SimulatedChain, deployment: Deployment, { feeds, start, end }: Scenario) {
    this.#chain = chain;
    this.#deployment = deployment;
    this.#paths = perAsset((asset) => feeds[asset].path);
    this.#rounds = ASSETS.flatMap((asset) => feeds[asset].rounds.map((round) => ({ ...round, asset })))
      .filter(({ time }) => time > start && time <= end)
      .sort((a, b) => a.time - b.time);
  }

  /** Plays all rounds up to this time, each in a block at its own second. @returns how many. */
  async playUntil(time: number): Promise<number> {
    let played = 0;
    for (let round = this.#rounds[this.#next]; round !== undefined && round.time <= time; played++) {
      this.#chain.now = Math.max(this.#chain.now, Math.ceil(round.time));
      await this.#push(round.asset, round.answer);
      round = this.#rounds[++this.#next];
    }
    return played;
  }

  /** Ends with a round at the true price, so that what is left open is valued where it could be closed. */
  async playLast(): Promise<void> {
    for (const asset of ASSETS) await this.#push(asset, toAnswer(priceAt(this.#paths[asset], this.#chain.now)));
  }

  async #push(asset: Asset, answer: bigint): Promise<void> {
    const data = aggregator.encodeFunctionData("push(int256)", [answer]);
    await this.#chain.send({ from: TRANSMITTER, to: this.#deployment.aggregators[asset], data });
  }
}
