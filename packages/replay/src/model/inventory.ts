import { type Account, fieldsOf } from "@plimsoll/client";
import { HedgeBook } from "../market/hedge.ts";
import { REHEDGE_SECONDS } from "../market/keeperSettings.ts";
import { ASSETS, UNDERLYINGS, perAsset } from "../prices/arguments.ts";
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
    for (const asset of ASSETS) {
      const price = market.truePrice(asset);
      const own = legs.filter(({ instrument }) => fieldsOf(instrument).underlying === UNDERLYINGS[asset]);
      const delta = own.reduce((sum, leg) => sum + market.deltaOf(leg), 0);
      this.hedge.trade(asset, -delta, price);
    }
  }

  /** Of the hedge, before costs, USD. */
  profit(): number {
    return this.hedge.profit(perAsset((asset) => this.clearing.market.truePrice(asset)));
  }
}
