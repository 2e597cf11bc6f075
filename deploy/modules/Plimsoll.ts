// The protocol: deployed, wired while the deployer may still act at once, then handed over to roles with their delays.
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type {
  Future,
  IgnitionModuleBuilder,
  NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";
import { encodeBytes32String, ZeroAddress } from "ethers";
import { spot } from "../../packages/client/src/instrument.ts";
import type { CollateralConfiguration, Configuration, UnderlyingConfiguration } from "../configuration.ts";
import { ADMIN_DELAY_SECONDS, ADMIN_ROLE, RESTRICTED_CONTRACTS, ROLE_NAMES, ROLES } from "../roles.ts";
import type { RestrictedContract } from "../roles.ts";
import { selectorOf } from "../selectors.ts";

/** What the protocol is built on: tokens and feeds by symbol of the underlying, other collateral by its own symbol. */
export interface Market {
  readonly usdc: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly feeds: Readonly<Record<string, string>>;
}

export interface PlimsollOptions {
  readonly configuration: Configuration;
  readonly market: Market;
  /** False leaves everything to the deployer without delay: for simulations only. */
  readonly handOver: boolean;
}

type Contract = NamedArtifactContractDeploymentFuture<string>;

interface Core {
  readonly accessManager: Contract;
  readonly restricted: Readonly<Record<RestrictedContract, Contract>>;
}

/** Thrown where a market lacks a token or a feed. */
export class MarketIncompleteError extends Error {
  readonly symbol: string;

  constructor(symbol: string) {
    super(`no token or no feed for ${symbol}`);
    this.name = "MarketIncompleteError";
    this.symbol = symbol;
  }
}

export function plimsoll(options: PlimsollOptions) {
  const { configuration, market } = options;
  return buildModule("Plimsoll", (m) => {
    const deployer = m.getAccount(0);
    const accessManager = m.contract("AccessManager", [deployer]);
    const { sequencer, account } = configuration;
    const priceOracle = m.contract("PriceOracle", [accessManager, sequencer.feed, sequencer.graceSeconds]);
    const volatilityOracle = m.contract("VolatilityOracle", [accessManager, priceOracle]);
    const markets = m.contract("Markets", [accessManager, account]);
    const pieces = ["ClearinghouseForce", "ClearinghouseBooks"].map((name) => m.contract(name, [market.usdc]));
    const clearinghouse = m.contract("Clearinghouse", [accessManager, market.usdc, markets, ...pieces]);
    const kernelTable = m.contract("KernelTable");
    const sources = [markets, priceOracle, volatilityOracle, clearinghouse];
    const marginEngine = m.contract("MarginEngine", [...sources, kernelTable]);
    const backstopVault = m.contract("BackstopVault", [clearinghouse]);
    const marginScenarios = m.contract("MarginScenarios", [markets, priceOracle, volatilityOracle, kernelTable]);
    const liquidator = m.contract("Liquidator", [clearinghouse, backstopVault, marginScenarios]);
    const orderSettlement = m.contract("OrderSettlement", [clearinghouse, priceOracle, configuration.fees]);
    const tradeRouter = m.contract("TradeRouter", [clearinghouse, orderSettlement]);
    const autoTopUp = m.contract("AutoTopUp", [clearinghouse]);
    const lens = m.contract("Lens", [clearinghouse, marginScenarios]);
    const poolQuoter = m.contract("PoolQuoter", [accessManager, clearinghouse]);
    const liquidityPool = m.contract("LiquidityPool", [clearinghouse, poolQuoter]);

    const core: Core = {
      accessManager,
      restricted: {
        Clearinghouse: clearinghouse,
        Markets: markets,
        PoolQuoter: poolQuoter,
        PriceOracle: priceOracle,
        VolatilityOracle: volatilityOracle,
      },
    };
    const wiring: Future[] = [
      m.call(clearinghouse, "setMarginEngine", [marginEngine]),
      m.call(clearinghouse, "setLiquidator", [liquidator]),
      m.call(clearinghouse, "setFundingSource", [liquidityPool]),
      m.call(markets, "setCover", [backstopVault]),
      m.call(clearinghouse, "setInterestRates", [configuration.interest]),
      ...list(m, core, options),
    ];
    if (configuration.publishers !== undefined) {
      const { signers, threshold } = configuration.publishers;
      wiring.push(m.call(volatilityOracle, "setSigners", [signers, threshold]));
    }
    if (options.handOver) {
      const seal = m.call(clearinghouse, "announceModules", [ZeroAddress, ZeroAddress], { id: "seal", after: wiring });
      handOver(m, core, { configuration, wiring: [...wiring, seal] });
    }
    return {
      accessManager,
      priceOracle,
      volatilityOracle,
      markets,
      marginEngine,
      marginScenarios,
      clearinghouse,
      liquidator,
      backstopVault,
      orderSettlement,
      tradeRouter,
      autoTopUp,
      lens,
      poolQuoter,
      liquidityPool,
    };
  });
}

/** Feeds, underlyings and collateral, an underlying after the other so that they stand in the order of the configuration. */
function list(m: IgnitionModuleBuilder, { restricted }: Core, { configuration, market }: PlimsollOptions): Future[] {
  const calls: Future[] = [];
  for (const underlying of configuration.underlyings) {
    const { id, symbol } = underlying;
    const { token, aggregator } = externals(underlying, market);
    const named = (action: string) => ({ id: `${symbol}_${action}`, after: calls.slice(-1) });
    const feed = m.call(restricted.PriceOracle, "setFeed", [id, feedOf(underlying, aggregator)], named("setFeed"));
    calls.push(feed);
    const listing = m.call(
      restricted.Markets,
      "listUnderlying",
      [id, listingOf(underlying), underlying.risk],
      named("listUnderlying"),
    );
    calls.push(listing);
    const { controller, realised, stressed } = underlying;
    calls.push(m.call(restricted.VolatilityOracle, "list", [id, controller, realised, stressed], named("list")));
    calls.push(m.call(restricted.PoolQuoter, "setParameters", [id, underlying.pool], named("setPoolParameters")));
    const collateral = collateralOf(underlying.collateral, token);
    calls.push(m.call(restricted.Markets, "listCollateral", [spot(id), collateral], named("listCollateral")));
    for (const [index, other] of underlying.otherCollateral.entries()) {
      const asset = spot(id, BigInt(index + 1));
      const listed = collateralOf(other, tokenOf(other.symbol, market));
      calls.push(m.call(restricted.Markets, "listCollateral", [asset, listed], named(`list${other.symbol}`)));
    }
  }
  return calls;
}

function tokenOf(symbol: string, { tokens }: Market): string {
  const token = tokens[symbol];
  if (token === undefined) throw new MarketIncompleteError(symbol);
  return token;
}

function externals({ symbol }: UnderlyingConfiguration, market: Market) {
  const aggregator = market.feeds[symbol];
  if (aggregator === undefined) throw new MarketIncompleteError(symbol);
  return { token: tokenOf(symbol, market), aggregator };
}

/** `IMarkets.Collateral` as the contract is to store it. */
export function collateralOf({ decimals, haircut, cap }: CollateralConfiguration, token: string) {
  return { token, decimals, haircut, cap };
}

/** `IPriceOracle.Feed` as the contract is to store it. */
export function feedOf({ feed }: UnderlyingConfiguration, aggregator: string) {
  const { decimals, heartbeatSeconds, maxAgeSeconds, minAnswer, maxAnswer } = feed;
  return { aggregator, decimals, heartbeatSeconds, maxAgeSeconds, minAnswer, maxAnswer };
}

/** `IMarkets.Underlying` as the contract is to store it. */
export function listingOf({ symbol, strikeStep, maxTenorSeconds, openInterestCap }: UnderlyingConfiguration) {
  return { symbol: encodeBytes32String(symbol), strikeStep, maxTenorSeconds, openInterestCap, openingPaused: false };
}

interface HandOver {
  readonly configuration: Configuration;
  /** What must be done while the deployer may still do it. */
  readonly wiring: Future[];
}

/** Gives every restricted function its role and every role its holder and delay; the deployer's power ends with the last call. */
function handOver(m: IgnitionModuleBuilder, { accessManager, restricted }: Core, { configuration, wiring }: HandOver) {
  const deployer = m.getAccount(0);
  const done = [...wiring];
  const manage = (id: string, method: string, args: Parameters<typeof m.call>[2]) => {
    done.push(m.call(accessManager, method, args, { id, after: wiring }));
  };
  for (const name of ROLE_NAMES) {
    const { id, delaySeconds, functions } = ROLES[name];
    manage(`label_${name}`, "labelRole", [id, name]);
    for (const [contract, methods] of Object.entries(functions) as [RestrictedContract, readonly string[]][]) {
      const selectors = methods.map((method) => selectorOf(contract, method));
      manage(`${name}_functions_${contract}`, "setTargetFunctionRole", [restricted[contract], selectors, id]);
    }
    manage(`grant_${name}`, "grantRole", [id, configuration.roles[name] ?? deployer, delaySeconds]);
    manage(`grantDelay_${name}`, "setGrantDelay", [id, ADMIN_DELAY_SECONDS]);
  }
  for (const contract of RESTRICTED_CONTRACTS) {
    manage(`adminDelay_${contract}`, "setTargetAdminDelay", [restricted[contract], ADMIN_DELAY_SECONDS]);
  }
  manage("grantDelay_admin", "setGrantDelay", [ADMIN_ROLE, ADMIN_DELAY_SECONDS]);

  const admin = configuration.roles.admin;
  const grant = m.call(accessManager, "grantRole", [ADMIN_ROLE, admin ?? deployer, ADMIN_DELAY_SECONDS], {
    id: "grant_admin",
    after: done,
  });
  if (admin !== undefined) {
    m.call(accessManager, "renounceRole", [ADMIN_ROLE, deployer], { id: "deployer_renounces", after: [grant] });
  }
}
