import { type Account, spot } from "@plimsoll/client";
import {
  type Market,
  MarginModel,
  type Portfolio,
  accountFromChain,
  portfolioFromChain,
  toNumber,
  underlyingFromChain,
} from "@plimsoll/risk";
import { ASSETS, UNDERLYINGS } from "../prices/arguments.ts";
import type { Cause } from "../result.ts";
import type { Deployment } from "./deployment.ts";

/**
 * Why auctions start. An account is taken back to the last look at which it was above initial margin, and what moved
 * since is let in one by one: the prices (with the surface that marks options), or the margin volatility. What initial margin
 * leaves above maintenance is the notice that volatility gives: nobody may fall below maintenance by volatility alone since then.
 */
export class CauseFinder {
  readonly causes: Cause[] = [];
  readonly #deployment: Deployment;
  /** The market when each account was last seen above initial margin. */
  readonly #safe = new Map<Account, Market>();

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** Takes down the market for all accounts that are above initial margin. */
  async look(
    accounts: readonly { readonly account: Account; readonly isSafe: boolean }[],
    time: number,
  ): Promise<void> {
    const market = await this.#market(time);
    for (const { account, isSafe } of accounts) if (isSafe) this.#safe.set(account, market);
  }

  /**
   * An auction has started. Accounts that were never seen above initial margin have no notice to be held against; nor has one that
   * would have been below its line before already, because it holds something else by now.
   */
  async explain(account: Account, time: number): Promise<void> {
    const before = this.#safe.get(account);
    if (before === undefined) return;
    const now = await this.#market(time);
    const { cash, positions } = await this.#deployment.contracts.clearinghouse.portfolio(account);
    const portfolio = portfolioFromChain({ cash, positions });
    const cause = causeOf(portfolio, before, now);
    if (cause !== undefined) this.causes.push(cause);
  }

  async #market(time: number): Promise<Market> {
    const { contracts } = this.#deployment;
    const underlyings = await Promise.all(
      ASSETS.map(async (asset) => {
        const underlying = UNDERLYINGS[asset];
        const [price, surface, { initial, maintenance }, parameters, averageOpenInterest] = await Promise.all([
          contracts.priceOracle.price(underlying),
          contracts.volatilityOracle.surface(underlying),
          contracts.volatilityOracle.marginVolatility(underlying),
          contracts.markets.riskParameters(underlying),
          contracts.clearinghouse.averageOpenInterest(underlying),
        ]);
        const volatility = { surface, initial, maintenance };
        return underlyingFromChain({ underlying, price, volatility, parameters, averageOpenInterest });
      }),
    );
    const haircuts = await Promise.all(
      ASSETS.map(async (asset) => {
        const instrument = spot(UNDERLYINGS[asset]);
        return [instrument, toNumber(await contracts.markets.haircut(instrument))] as const;
      }),
    );
    const account = accountFromChain(await contracts.markets.accountParameters());
    return { now: time, underlyings, account, haircuts: new Map(haircuts) };
  }
}

/** What of the changes between two markets puts a portfolio below maintenance; undefined if they do not, or if it was there before. */
export function causeOf(portfolio: Portfolio, before: Market, now: Market): Cause | undefined {
  const isBelow = (market: Market) => {
    const { equity, maintenance } = new MarginModel(market).evaluate(portfolio);
    return equity < maintenance;
  };
  if (isBelow(before) || !isBelow(now)) return undefined;
  if (isBelow(withVolatility(before, now))) return "volatility";
  return isBelow(withVolatility(now, before)) ? "price" : "price and volatility";
}

/** The prices and the time of one market with the margin volatilities of another. */
function withVolatility(market: Market, { underlyings }: Market): Market {
  return {
    ...market,
    underlyings: market.underlyings.map((one) => {
      const other = underlyings.find(({ underlying }) => underlying === one.underlying) ?? one;
      return {
        ...one,
        initialVolatility: other.initialVolatility,
        maintenanceVolatility: other.maintenanceVolatility,
      };
    }),
  };
}
