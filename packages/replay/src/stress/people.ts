import type { People } from "../market/opening.ts";
import { type Opening, type Participant, assetOf } from "../market/population.ts";
import { type Asset, perAsset } from "../prices/arguments.ts";

/** How many, and how bold. */
export interface House {
  /** What all traders together want, USD by asset. */
  readonly notional: Readonly<Record<Asset, number>>;
  /** Positions and loans over equity, as a multiple of those of a replay. */
  readonly leverage: number;
}

/** The traders of a replay, each richer by the same factor, so that together they fill the exchange. */
export function fill({ notional, leverage }: House): People {
  return (traders, opening) => {
    const bolder = traders.map((trader) => grow(trader, 1, leverage));
    const factors = perAsset(
      (asset) => notional[asset] / sum(bolder.map((trader) => wantedBy(trader, asset, opening))),
    );
    return bolder.map((trader) => {
      const factor = factors[assetOf(trader)];
      return grow(trader, factor, factor);
    });
  };
}

function wantedBy(trader: Participant, asset: Asset, { prices }: Opening): number {
  if (assetOf(trader) !== asset) return 0;
  return trader.borrowed + sum(trader.legs.map(({ size }) => Math.abs(size) * prices[asset]));
}

function grow(trader: Participant, wealth: number, positions: number): Participant {
  const { funds, spare, borrowed, legs } = trader;
  return {
    ...trader,
    funds: { usd: funds.usd * wealth, ETH: funds.ETH * wealth, BTC: funds.BTC * wealth },
    spare: spare * wealth,
    borrowed: borrowed * positions,
    legs: legs.map((leg) => ({ ...leg, size: leg.size * positions })),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
