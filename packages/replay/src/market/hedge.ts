import type { Asset } from "../prices/arguments.ts";

/** Fee and slippage of a market order elsewhere, per USD of notional: 5 basis points of each. */
export const HEDGE_COST = 0.001;
/** Smaller differences than this are not worth an order, USD. */
const MIN_ORDER = 500;

interface Holding {
  units: number;
  /** What the trades so far moved in cash, USD. */
  cash: number;
}

/** Positions that a keeper holds on another exchange against what it took over, traded at the true price of the minute. */
export class HedgeBook {
  #costs = 0;
  readonly #holdings = new Map<Asset, Holding>();

  /** Brings the position to `units`, negative when short. @param price USD. */
  trade(asset: Asset, units: number, price: number): void {
    const holding = this.#holdings.get(asset) ?? { units: 0, cash: 0 };
    const bought = units - holding.units;
    if (Math.abs(bought) * price < MIN_ORDER) return;
    this.#costs += Math.abs(bought) * price * HEDGE_COST;
    this.#holdings.set(asset, { units, cash: holding.cash - bought * price });
  }

  /** Realised and open profit at these prices, USD, before costs. */
  profit(prices: Readonly<Record<Asset, number>>): number {
    let total = 0;
    for (const [asset, { units, cash }] of this.#holdings) total += cash + units * prices[asset];
    return total;
  }

  get costs(): number {
    return this.#costs;
  }
}

/** An option, or anything linear if `kind` is "linear". Strike in USD, `years` to expiry, `volatility` per year. */
export interface Exposure {
  readonly kind: "linear" | "call" | "put";
  readonly units: number;
  readonly strike: number;
  readonly years: number;
  readonly volatility: number;
}

/** Units of the underlying that the exposure behaves like at this price: the delta of Black (1976), rates zero. */
export function deltaOf({ kind, units, strike, years, volatility }: Exposure, price: number): number {
  if (kind === "linear") return units;
  const deviation = Math.max(volatility * Math.sqrt(Math.max(years, 0)), 1e-9);
  const call = normalDistribution(Math.log(price / strike) / deviation + deviation / 2);
  return units * (kind === "call" ? call : call - 1);
}

/** Abramowitz and Stegun 26.2.17: absolute error below 7.5e-8, far inside what an order size needs. */
export function normalDistribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (series * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  return x >= 0 ? 1 - tail : tail;
}
