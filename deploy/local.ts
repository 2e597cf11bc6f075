// Everything on a chain of one's own, with tokens that anyone may mint and feeds that anyone may move.
import type { NetworkConnection } from "hardhat/types/network";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { Addresses } from "../packages/client/src/addresses.ts";
import { connect, type Contracts } from "../packages/client/src/contracts.ts";
import type { Venue } from "../packages/client/src/order.ts";
import {
  AggregatorProxy__factory,
  MockAggregator__factory,
  TestToken__factory,
  type AggregatorProxy,
  type MockAggregator,
  type TestToken,
} from "../typechain-types/index.js";
import { loadConfiguration, type Configuration } from "./configuration.ts";
import { deploy } from "./deploy.ts";
import { localMarket } from "./modules/LocalMarket.ts";

export interface LocalOptions {
  /** Default: `deploy/parameters/local.json`. */
  readonly configuration?: Configuration;
  /** False leaves everything to the deployer without delay: for simulations only. */
  readonly handOver?: boolean;
  readonly displayUi?: boolean;
}

export interface LocalDeployment {
  readonly configuration: Configuration;
  readonly addresses: Addresses;
  /** Connected to the deployer. */
  readonly contracts: Contracts;
  readonly venue: Venue;
  readonly deployer: HardhatEthersSigner;
  /** By symbol: USDC and each collateral. */
  readonly tokens: Readonly<Record<string, TestToken>>;
  /** By symbol of the underlying: push answers here. */
  readonly aggregators: Readonly<Record<string, MockAggregator>>;
  /** By symbol of the underlying: what the price oracle reads. */
  readonly feeds: Readonly<Record<string, AggregatorProxy>>;
  /** The block before anything was deployed. */
  readonly startBlock: number;
}

/** Thrown for a token or feed that the local market does not have. */
export class NotDeployedError extends Error {
  readonly contract: string;

  constructor(contract: string) {
    super(`${contract} is not part of this deployment`);
    this.name = "NotDeployedError";
    this.contract = contract;
  }
}

/** Deploys tokens, feeds and the protocol. The deployer is the chain's first account. */
export async function deployLocal(connection: NetworkConnection, options: LocalOptions = {}): Promise<LocalDeployment> {
  const { ethers, ignition } = connection;
  const { configuration = await loadConfiguration("local"), handOver = true, displayUi = false } = options;
  const startBlock = await ethers.provider.getBlockNumber();
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new NotDeployedError("deployer");
  const market = await ignition.deploy(localMarket(configuration), { displayUi });
  const deployed = new Map(Object.entries(market));
  const addressOf = async (name: string) => {
    const contract = deployed.get(name);
    if (contract === undefined) throw new NotDeployedError(name);
    return await contract.getAddress();
  };

  const usdc = await addressOf("USDC");
  const tokens: Record<string, TestToken> = { USDC: TestToken__factory.connect(usdc, deployer) };
  const aggregators: Record<string, MockAggregator> = {};
  const feeds: Record<string, AggregatorProxy> = {};
  const addresses = { usdc, tokens: {} as Record<string, string>, feeds: {} as Record<string, string> };
  for (const { symbol, collateral, otherCollateral } of configuration.underlyings) {
    addresses.tokens[symbol] = await addressOf(collateral.symbol);
    for (const other of otherCollateral) {
      const token = await addressOf(other.symbol);
      addresses.tokens[other.symbol] = token;
      tokens[other.symbol] = TestToken__factory.connect(token, deployer);
    }
    addresses.feeds[symbol] = await addressOf(`${symbol}Feed`);
    tokens[collateral.symbol] = TestToken__factory.connect(addresses.tokens[symbol], deployer);
    feeds[symbol] = AggregatorProxy__factory.connect(addresses.feeds[symbol], deployer);
    aggregators[symbol] = MockAggregator__factory.connect(await addressOf(`${symbol}Aggregator`), deployer);
  }

  const protocol = await deploy(connection, { configuration, market: addresses, handOver, displayUi });
  const { chainId } = await ethers.provider.getNetwork();
  return {
    configuration,
    addresses: protocol,
    contracts: connect(protocol, deployer),
    venue: { chainId, orderSettlement: protocol.orderSettlement },
    deployer,
    tokens,
    aggregators,
    feeds,
    startBlock,
  };
}
