// Compares what is on chain with what was intended: code, wiring, parameters, roles and their delays.
import type { NetworkConnection } from "hardhat/types/network";
import { artifacts } from "hardhat";
import { encodeBytes32String } from "ethers";
import { connect, type Contracts } from "../packages/client/src/contracts.ts";
import { spot } from "../packages/client/src/instrument.ts";
import type { UnderlyingConfiguration } from "./configuration.ts";
import { compare, type Difference } from "./difference.ts";
import { collateralOf, feedOf } from "./modules/Plimsoll.ts";
import type { Intended } from "./intended.ts";
import { roleDifferences } from "./verify-roles.ts";

/** All differences; none means that the deployment is the intended one. */
export async function verifyDeployment(connection: NetworkConnection, intended: Intended): Promise<Difference[]> {
  const contracts = connect(intended.addresses, connection.ethers.provider);
  const code = await codeDifferences(connection, intended.addresses);
  // Without code there is nobody to ask for the rest.
  if (code.some(({ found }) => found === "no code")) return code;
  const { clearinghouse } = contracts;
  const pieces = { clearinghouseForce: await clearinghouse.force(), clearinghouseBooks: await clearinghouse.books() };
  return [
    ...code,
    ...(await codeDifferences(connection, pieces)),
    ...(await wiringDifferences(contracts, intended)),
    ...(await parameterDifferences(contracts, intended)),
    ...(await roleDifferences(contracts, intended)),
  ];
}

async function codeDifferences(
  { ethers }: NetworkConnection,
  addresses: Readonly<Record<string, string>>,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [key, address] of Object.entries(addresses)) {
    const name = key.charAt(0).toUpperCase() + key.slice(1);
    const { deployedBytecode, immutableReferences = {} } = await artifacts.readArtifact(name);
    const immutables = Object.values(immutableReferences).flat();
    const found = await ethers.provider.getCode(address);
    const what = `code of ${name} at ${address}`;
    if (found === "0x") differences.push({ what, expected: "the compiled code", found: "no code" });
    else if (masked(found, immutables) !== masked(deployedBytecode, immutables)) {
      differences.push({ what, expected: "the compiled code", found: "other code" });
    }
  }
  return differences;
}

/** Code without the values that a constructor put into it; what these are is compared by asking the contract. */
function masked(code: string, immutables: readonly { start: number; length: number }[]): string {
  const bytes = Buffer.from(code.slice(2), "hex");
  for (const { start, length } of immutables)
    bytes.fill(0, Math.min(start, bytes.length), Math.min(start + length, bytes.length));
  return bytes.toString("hex");
}

async function wiringDifferences(contracts: Contracts, { addresses, configuration }: Intended): Promise<Difference[]> {
  const { clearinghouse, markets, priceOracle, volatilityOracle, liquidator, backstopVault } = contracts;
  const { marginEngine, marginScenarios } = contracts;
  const { accessManager } = addresses;
  const notice = await contracts.clearinghouseBooks.announcedModules();
  const usdc = await clearinghouse.usdc();
  return compare("wiring", [
    ["Clearinghouse.authority", await clearinghouse.authority(), accessManager],
    ["Markets.authority", await markets.authority(), accessManager],
    ["PriceOracle.authority", await priceOracle.authority(), accessManager],
    ["VolatilityOracle.authority", await volatilityOracle.authority(), accessManager],
    ["PoolQuoter.authority", await contracts.poolQuoter.authority(), accessManager],
    ["Clearinghouse.usdc", usdc, configuration.usdc ?? usdc],
    ["Clearinghouse.markets", await clearinghouse.markets(), addresses.markets],
    ["Clearinghouse.marginEngine", await clearinghouse.marginEngine(), addresses.marginEngine],
    ["Clearinghouse.liquidator", await clearinghouse.liquidator(), addresses.liquidator],
    ["Clearinghouse.fundingSource", await clearinghouse.fundingSource(), addresses.liquidityPool],
    ["Clearinghouse is sealed", notice.isSealed, true],
    ["Clearinghouse.announcedModules due", notice.dueAt, 0],
    ["Markets.cover", await markets.cover(), addresses.backstopVault],
    ["PriceOracle.SEQUENCER_FEED", await priceOracle.SEQUENCER_FEED(), configuration.sequencer.feed],
    [
      "PriceOracle.GRACE_PERIOD_SECONDS",
      await priceOracle.GRACE_PERIOD_SECONDS(),
      configuration.sequencer.graceSeconds,
    ],
    ["VolatilityOracle.PRICE_ORACLE", await volatilityOracle.PRICE_ORACLE(), addresses.priceOracle],
    ["MarginEngine.markets", await marginEngine.markets(), addresses.markets],
    ["MarginEngine.priceOracle", await marginEngine.priceOracle(), addresses.priceOracle],
    ["MarginEngine.volatilityOracle", await marginEngine.volatilityOracle(), addresses.volatilityOracle],
    ["MarginEngine.openInterest", await marginEngine.openInterest(), addresses.clearinghouse],
    ["MarginScenarios.markets", await marginScenarios.markets(), addresses.markets],
    ["MarginScenarios.priceOracle", await marginScenarios.priceOracle(), addresses.priceOracle],
    ["MarginScenarios.volatilityOracle", await marginScenarios.volatilityOracle(), addresses.volatilityOracle],
    ["Liquidator.clearinghouse", await liquidator.clearinghouse(), addresses.clearinghouse],
    ["Liquidator.backstop", await liquidator.backstop(), addresses.backstopVault],
    ["BackstopVault.clearinghouse", await backstopVault.clearinghouse(), addresses.clearinghouse],
    ["BackstopVault.asset", await backstopVault.asset(), usdc],
    ["OrderSettlement.clearinghouse", await contracts.orderSettlement.clearinghouse(), addresses.clearinghouse],
    ["Liquidator.marginScenarios", await contracts.liquidator.marginScenarios(), addresses.marginScenarios],
    ["OrderSettlement.priceOracle", await contracts.orderSettlement.priceOracle(), addresses.priceOracle],
    ["TradeRouter.clearinghouse", await contracts.tradeRouter.clearinghouse(), addresses.clearinghouse],
    ["TradeRouter.orderSettlement", await contracts.tradeRouter.orderSettlement(), addresses.orderSettlement],
    ["AutoTopUp.clearinghouse", await contracts.autoTopUp.clearinghouse(), addresses.clearinghouse],
    ["AutoTopUp.usdc", await contracts.autoTopUp.usdc(), usdc],
    ["PoolQuoter.clearinghouse", await contracts.poolQuoter.clearinghouse(), addresses.clearinghouse],
    ["LiquidityPool.clearinghouse", await contracts.liquidityPool.clearinghouse(), addresses.clearinghouse],
    ["LiquidityPool.quoter", await contracts.liquidityPool.quoter(), addresses.poolQuoter],
    ["LiquidityPool.asset", await contracts.liquidityPool.asset(), usdc],
    ["Lens.clearinghouse", await contracts.lens.clearinghouse(), addresses.clearinghouse],
    ["Lens.marginScenarios", await contracts.lens.marginScenarios(), addresses.marginScenarios],
  ]);
}

async function parameterDifferences(contracts: Contracts, { configuration }: Intended): Promise<Difference[]> {
  const { markets, volatilityOracle } = contracts;
  const { signers, threshold } = configuration.publishers ?? { signers: [], threshold: 0 };
  const known = await Promise.all(signers.map((signer) => volatilityOracle.isSigner(signer)));
  const differences = compare("parameters", [
    ["underlyings", await markets.underlyings(), configuration.underlyings.map(({ id }) => id)],
    ["account", await markets.accountParameters(), configuration.account],
    ["interest", await contracts.clearinghouseBooks.interestRates(), configuration.interest],
    ["fees", await contracts.orderSettlement.feeRates(), configuration.fees],
    ["account at the end of its ramp", (await markets.announcedAccountParameters())[0], configuration.account],
    ["publishers known", known, signers.map(() => true)],
    ["publishers' threshold", await volatilityOracle.threshold(), threshold],
  ]);
  for (const underlying of configuration.underlyings) {
    differences.push(...(await underlyingDifferences(contracts, underlying)));
  }
  return differences;
}

async function underlyingDifferences(
  { markets, priceOracle, volatilityOracle, poolQuoter }: Contracts,
  underlying: UnderlyingConfiguration,
): Promise<Difference[]> {
  const { id, symbol, collateral } = underlying;
  const feed = await priceOracle.feed(id);
  const listed = await markets.underlying(id);
  const held = await markets.collateral(spot(id));
  const controller = await volatilityOracle.controller(id);
  const { strikeStep, maxTenorSeconds, openInterestCap } = underlying;
  const caps = await markets.openInterestCaps(id);
  const others = await Promise.all(
    underlying.otherCollateral.map(async (other, index): Promise<[string, unknown, unknown]> => {
      const found = await markets.collateral(spot(id, BigInt(index + 1)));
      return [`collateral ${other.symbol}`, found, collateralOf(other, other.token ?? found.token)];
    }),
  );
  return compare(symbol, [
    ["feed", feed, feedOf(underlying, underlying.feed.aggregator ?? feed.aggregator)],
    ["listing", listed, { symbol: encodeBytes32String(symbol), strikeStep, maxTenorSeconds }],
    ["open interest cap", caps.set, openInterestCap],
    ["risk parameters", await markets.riskParameters(id), underlying.risk],
    ["controller in force", controller.effective, underlying.controller],
    ["controller at the end of its ramp", controller.target, underlying.controller],
    ["pool parameters", await poolQuoter.parameters(id), underlying.pool],
    ["collateral", held, collateralOf(collateral, collateral.token ?? held.token)],
    ["risk parameters at the end of their ramp", (await markets.announcedRiskParameters(id))[0], underlying.risk],
    ...others,
  ]);
}
