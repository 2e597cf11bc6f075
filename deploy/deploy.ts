// A whole deployment: test tokens where none are given, checks of what was given, the protocol. Running it again completes
// what is missing and changes nothing else; what was done is recorded under `deploy/deployments/chain-<id>`.
import type { NetworkConnection } from "hardhat/types/network";
import { Contract } from "ethers";
import { parseAddresses, type Addresses } from "../packages/client/src/addresses.ts";
import type { Configuration, UnderlyingConfiguration } from "./configuration.ts";
import { MarketIncompleteError, plimsoll, type Market } from "./modules/Plimsoll.ts";
import { testTokens } from "./modules/TestTokens.ts";

export interface DeployOptions {
  readonly configuration: Configuration;
  /** Where tokens and feeds are, if not where the configuration says. */
  readonly market?: Market;
  /** False leaves everything to the deployer without delay: for simulations only. */
  readonly handOver?: boolean;
  readonly displayUi?: boolean;
}

/** A feed on chain that is not what the parameters say. */
export class FeedMismatchError extends Error {
  readonly symbol: string;
  readonly expected: string;
  readonly found: string;

  constructor(symbol: string, difference: { readonly expected: string; readonly found: string }) {
    super(`${symbol} feed: expected ${difference.expected}, found ${difference.found}`);
    this.name = "FeedMismatchError";
    this.symbol = symbol;
    this.expected = difference.expected;
    this.found = difference.found;
  }
}

/** Deploys the protocol, or completes a deployment, and returns where everything is. */
export async function deploy(connection: NetworkConnection, options: DeployOptions): Promise<Addresses> {
  const { configuration, handOver = true, displayUi = false } = options;
  const market = options.market ?? (await givenMarket(connection, options));
  for (const underlying of configuration.underlyings) await checkFeed(connection, { underlying, market });
  const deployed = await connection.ignition.deploy(plimsoll({ configuration, market, handOver }), { displayUi });
  const addressed = Object.entries(deployed).map(async ([name, contract]) => [name, await contract.getAddress()]);
  return parseAddresses(Object.fromEntries(await Promise.all(addressed)));
}

/** The market that the configuration names, with test tokens in the place of those that it leaves out. */
async function givenMarket(
  { ignition }: NetworkConnection,
  { configuration, displayUi = false }: DeployOptions,
): Promise<Market> {
  const { underlyings, usdc } = configuration;
  const collaterals = underlyings.flatMap(({ collateral, otherCollateral }) => [collateral, ...otherCollateral]);
  const isComplete = usdc !== undefined && collaterals.every(({ token }) => token !== undefined);
  const tests = isComplete ? {} : await ignition.deploy(testTokens(configuration), { displayUi });
  const deployed = new Map(Object.entries<{ getAddress: () => Promise<string> }>(tests));
  const addressOf = async (symbol: string, given: string | undefined) => {
    if (given !== undefined) return given;
    const token = deployed.get(symbol);
    if (token === undefined) throw new MarketIncompleteError(symbol);
    return await token.getAddress();
  };
  const tokens: Record<string, string> = {};
  const feeds: Record<string, string> = {};
  for (const { symbol, collateral, otherCollateral, feed } of underlyings) {
    if (feed.aggregator === undefined) throw new MarketIncompleteError(symbol);
    feeds[symbol] = feed.aggregator;
    tokens[symbol] = await addressOf(collateral.symbol, collateral.token);
    for (const other of otherCollateral) tokens[other.symbol] = await addressOf(other.symbol, other.token);
  }
  return { usdc: await addressOf("USDC", usdc), tokens, feeds };
}

/** Nothing that a parameter file says of a feed is believed: the feed itself is asked before it is wired. */
async function checkFeed(
  { ethers }: NetworkConnection,
  { underlying, market }: { underlying: UnderlyingConfiguration; market: Market },
): Promise<void> {
  const { symbol, feed } = underlying;
  const address = market.feeds[symbol];
  if (address === undefined) throw new MarketIncompleteError(symbol);
  const aggregator = new Contract(address, AGGREGATOR_ABI, ethers.provider);
  const decimals = String(await aggregator.getFunction("decimals")());
  if (decimals !== feed.decimals.toString()) {
    throw new FeedMismatchError(symbol, { expected: `${feed.decimals} decimals`, found: decimals });
  }
  const description = String(await aggregator.getFunction("description")());
  if (description !== feed.description) {
    throw new FeedMismatchError(symbol, { expected: feed.description, found: description });
  }
  const [, answer] = (await aggregator.getFunction("latestRoundData")()) as [bigint, bigint];
  if (answer <= feed.minAnswer || answer >= feed.maxAnswer) {
    const expected = `an answer between ${feed.minAnswer.toString()} and ${feed.maxAnswer.toString()}`;
    throw new FeedMismatchError(symbol, { expected, found: answer.toString() });
  }
}

const AGGREGATOR_ABI = [
  "function decimals() view returns (uint8)",
  "function description() view returns (string)",
  "function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)",
];
