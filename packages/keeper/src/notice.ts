import { fieldsOf, Kind } from "@plimsoll/client";
import { accountFromChain, marginCallOf, portfolioFromChain, toNumber, underlyingFromChain } from "@plimsoll/risk";
import type { MarginCall, Market, UnderlyingMarket, VolatilitySpeed } from "@plimsoll/risk";
import type { Interface } from "ethers";
import type { Logger } from "pino";
import type { IMarkets, IPriceOracle, IVolatilityOracle } from "../../../typechain-types/index.js";
import type { Chain } from "./chain.js";
import type { Deployment } from "./config.js";
import { ask, clearinghouseInterface, marketsInterface, priceInterface, volatilityInterface } from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { accountKey, max, packLeg } from "./domain.js";
import type { AccountView } from "./domain.js";

type Answer<T extends (...args: never[]) => unknown> = Awaited<ReturnType<T>>;
type Controller = Answer<IVolatilityOracle["controller"]>;

/** Logs what is missing, and how long volatility alone leaves. The call itself is made, so what cannot be read is only logged. */
export async function tellMarginCall(
  { logger, chain, contracts }: { readonly logger: Logger; readonly chain: Chain; readonly contracts: Contracts },
  account: bigint,
  now: number,
): Promise<void> {
  if (!logger.isLevelEnabled("info")) return;
  const key = accountKey(account);
  try {
    const [view] = await contracts.views([account]);
    if (!view) return;
    const { portfolio } = view;
    const { shortfall, noticeSeconds } = await readMarginCall(chain, contracts.deployment, { portfolio, now });
    logger.info({ key, shortfall, noticeSeconds }, "below initial margin");
  } catch (error) {
    logger.warn({ key, err: error }, "below initial margin, by how much is not known");
  }
}

/** What an account under a margin call has to be told, from what the deployed contracts answer now. */
export async function readMarginCall(
  chain: Chain,
  deployment: Deployment,
  { portfolio, now }: Pick<AccountView, "portfolio"> & { readonly now: number },
): Promise<MarginCall> {
  const { legs } = portfolio;
  const ids = [...new Set(legs.map(({ instrument }) => fieldsOf(instrument).underlying))];
  const at = await reader(chain, deployment);
  const found = await Promise.all(ids.map((underlying) => readUnderlying(at, underlying)));
  const tokens = legs.map(({ instrument }) => instrument).filter((one) => fieldsOf(one).kind === Kind.Spot);
  const haircuts = tokens.map(
    async (token) => [token, toNumber(await at.markets<bigint>("haircut", [token]))] as const,
  );
  const market: Market = {
    now,
    underlyings: found.map(({ market: one }) => one),
    account: accountFromChain(await at.markets<Answer<IMarkets["accountParameters"]>>("accountParameters", [])),
    haircuts: new Map(await Promise.all(haircuts)),
  };
  const positions = legs.map(packLeg);
  const speeds = new Map(found.map(({ market: { underlying }, speed }) => [underlying, speed]));
  return marginCallOf(portfolioFromChain({ cash: portfolio.cash, positions }), market, speeds);
}

async function readUnderlying(
  at: Reader,
  underlying: number,
): Promise<{ readonly market: UnderlyingMarket; readonly speed: VolatilitySpeed }> {
  const price = await at.prices<Answer<IPriceOracle["price"]>>("price", [underlying]);
  const [volatility, parameters, averageOpenInterest, greatest, controller] = await Promise.all([
    at.volatilities<Answer<IVolatilityOracle["snapshot"]>>("snapshot", [underlying, price.value, price.updatedAt]),
    at.markets<Answer<IMarkets["riskParameters"]>>("riskParameters", [underlying]),
    at.clearinghouse<bigint>("averageOpenInterest", [underlying]),
    at.volatilities<bigint>("forecast", [underlying, 0]),
    at.controller(underlying),
  ]);
  const { effective, target } = controller;
  return {
    market: underlyingFromChain({ underlying, price, volatility, parameters, averageOpenInterest }),
    speed: {
      greatest: toNumber(greatest),
      risePerHour: toNumber(max(effective.maintenanceRisePerHour, target.maintenanceRisePerHour)),
    },
  };
}

/** A view with one answer. */
type View = <T>(name: string, args: readonly unknown[]) => Promise<T>;

interface Reader {
  readonly clearinghouse: View;
  readonly markets: View;
  readonly prices: View;
  readonly volatilities: View;
  readonly controller: (underlying: number) => Promise<Controller>;
}

async function reader(chain: Chain, deployment: Deployment): Promise<Reader> {
  const viewOf =
    (to: string, contract: Interface): View =>
    async <T>(name: string, args: readonly unknown[]) =>
      (await ask(chain, { to, contract, name, args }))[0] as T;
  const volatility = { to: deployment.volatilityOracle, contract: volatilityInterface };
  const clearinghouse = viewOf(deployment.clearinghouse, clearinghouseInterface);
  return {
    clearinghouse,
    markets: viewOf(await clearinghouse<string>("markets", []), marketsInterface),
    prices: viewOf(deployment.priceOracle, priceInterface),
    volatilities: viewOf(volatility.to, volatility.contract),
    controller: async (underlying) =>
      (await ask(chain, { ...volatility, name: "controller", args: [underlying] })) as unknown as Controller,
  };
}
