import type { Account } from "@plimsoll/client";
import { HedgeBook } from "../market/hedge.ts";
import { REHEDGE_SECONDS } from "../market/keeperSettings.ts";
import { ASSETS, perAsset } from "../prices/arguments.ts";
import type { Clearing } from "./liquidator.ts";

/** What a keeper has taken over, and its hedge on another exchange. */
export class Inventory {
  readonly hedge = new HedgeBook();
  #hedgedAt = -Infinity;

  constructor(
    private readonly clearing: Clearing,
    private readonly capital: Account,
  ) {}

  /** Hedges what has come in, and now and then what has moved. @param released Transactions that reached a block. */
  keep(released: number): void {
    const { market, books } = this.clearing;
    if (released === 0 && market.now - this.#hedgedAt < REHEDGE_SECONDS) return;
    this.#hedgedAt = market.now;
    const { legs } = books.exact(this.capital);
    for (const asset of ASSETS) this.hedge.trade(asset, -market.deltaOf(legs, asset), market.truePrice(asset));
  }

  /** Of the hedge, before costs, USD. */
  profit(): number {
    return this.hedge.profit(perAsset((asset) => this.clearing.market.truePrice(asset)));
  }
}
