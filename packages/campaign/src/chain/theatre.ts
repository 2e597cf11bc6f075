import { MAY_MOVE, MAY_TRADE, MAY_WITHDRAW, batchOf } from "@plimsoll/client";
import { type Call, type NodeKind, SimulatedChain } from "@plimsoll/replay";
import { Wallet, ZeroAddress, id } from "ethers";
import { type Configuration, loadConfiguration } from "../../../../deploy/configuration.ts";
import { type LocalDeployment, deployLocal } from "../../../../deploy/local.ts";
import {
  type BatchCaller,
  BatchCaller__factory,
  type MockAggregator,
  MockAggregator__factory,
  TestToken__factory,
} from "../../../../typechain-types/index.ts";
import { SURFACE, type SurfaceContract } from "./contracts.ts";
import { type Person, makePeople } from "./people.ts";
import { makePuppet } from "./puppet.ts";
import { DRIVER, act, requireDone, transact } from "./transact.ts";

/** Friday 4 January 2030, 04:00 UTC: four hours before options expire. */
const START = Date.UTC(2030, 0, 4, 4) / 1000;
const GAS_PRICE_GWEI = 1;
/** After the sequencer came back: short, so that stories get past it. */
export const GRACE_SECONDS = 600;
const FOREVER = 2n ** 40n - 1n;
const UNLIMITED = 2n ** 255n;
/** What every wallet has, whole units of every token: more than any story spends. */
const WALLET_UNITS = 10n ** 9n;
const ALL_PERMISSIONS = MAY_TRADE | MAY_MOVE | MAY_WITHDRAW;

const token = TestToken__factory.createInterface();

/** The contracts on a chain of their own with everybody at the door, and a way back to this moment. */
export interface Theatre {
  readonly chain: SimulatedChain;
  readonly market: LocalDeployment;
  readonly configuration: Configuration;
  readonly addresses: Readonly<Record<SurfaceContract, string>>;
  /** Of tokens by underlying, and of USDC as 0. */
  readonly tokens: ReadonlyMap<number, { readonly address: string; readonly decimals: number }>;
  readonly aggregators: ReadonlyMap<number, MockAggregator>;
  /** The round that each feed has when a story begins. */
  readonly firstRounds: ReadonlyMap<number, bigint>;
  readonly sequencer: MockAggregator;
  readonly caller: BatchCaller;
  readonly people: readonly Person[];
  /** An address that everybody lets trade his account 0: a broker. */
  readonly broker: string;
  readonly start: number;
  snapshot: unknown;
}

/** Signs surface reports. */
export const PUBLISHER = new Wallet(id("plimsoll campaign publisher"));

const BROKER = "0x0000000000000000000000000000000000b40ce4";
/** Pushes rounds; any address may. */
export const TRANSMITTER = "0x00000000000000000000000000000000000f33d5";
/** Settles losses of others; anybody may. */
export const SETTLER = "0x00000000000000000000000000000000005e771e";

export interface TheatreOptions {
  /** Contracts may be larger than a real chain lets them be: those of mutants are compiled without the optimiser. */
  readonly isMutant?: boolean;
  /** Who computes; the fastest that there is if not said. */
  readonly node?: NodeKind | undefined;
}

/** Deploys everything; no delays, for nobody waits. */
export async function openTheatre({ isMutant = false, node }: TheatreOptions = {}): Promise<Theatre> {
  const chain = await SimulatedChain.create({
    start: START,
    gasPriceGwei: GAS_PRICE_GWEI,
    allowUnlimitedContractSize: isMutant,
    throwOnTransactionFailures: false,
    node,
  });
  const { ethers } = chain.connection;
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new RangeError("the chain has no accounts");
  const sequencer = await new MockAggregator__factory(deployer).deploy(0, "L2 uptime");
  await sequencer["push(int256,uint256)"](0, START - 86_400);
  const local = await loadConfiguration("local");
  const configuration: Configuration = {
    ...local,
    sequencer: { feed: await sequencer.getAddress(), graceSeconds: GRACE_SECONDS },
    publishers: { signers: [PUBLISHER.address], threshold: 1 },
  };
  const market = await deployLocal(chain.connection, { configuration, handOver: false });
  const theatre: Theatre = {
    ...{ chain, market, configuration, sequencer, people: makePeople(), broker: BROKER },
    ...(await feedsOf(market, configuration)),
    addresses: addressesOf(market),
    tokens: await tokensOf(market, configuration),
    caller: await new BatchCaller__factory(deployer).deploy(),
    start: chain.now,
    snapshot: undefined,
  };
  await seal(theatre);
  for (const person of theatre.people) await welcome(theatre, person);
  // Who has sent once has a balance, also after the way back.
  for (const address of [BROKER, SETTLER]) await makePuppet(chain, address);
  for (const from of [TRANSMITTER, DRIVER]) requireDone(await transact(chain, { from, to: from, data: "0x" }));
  theatre.snapshot = await chain.request("evm_snapshot");
  return theatre;
}

/** As a deployment that is handed over: from here on modules need notice, and outflows are limited. */
async function seal({ chain, market: { deployer }, addresses }: Theatre): Promise<void> {
  const data = SURFACE.Clearinghouse.encodeFunctionData("announceModules", [ZeroAddress, ZeroAddress]);
  requireDone(await transact(chain, { from: deployer.address, to: addresses.Clearinghouse, data }));
}

/** Back to before anything happened. */
export async function rewind(theatre: Theatre): Promise<void> {
  await theatre.chain.request("evm_revert", theatre.snapshot);
  theatre.snapshot = await theatre.chain.request("evm_snapshot");
  theatre.chain.now = theatre.start;
}

/** Whom a person lets act on which account, as set at the door. */
export function permissionsAtTheDoor(
  { addresses, broker }: Theatre,
  { key }: Person,
): readonly { operator: string; permissions: number }[] {
  return [
    { operator: key.address, permissions: MAY_TRADE },
    { operator: addresses.OrderSettlement, permissions: MAY_TRADE },
    { operator: addresses.BackstopVault, permissions: MAY_TRADE },
    { operator: addresses.LiquidityPool, permissions: MAY_TRADE },
    { operator: addresses.TradeRouter, permissions: MAY_TRADE },
    { operator: broker, permissions: ALL_PERMISSIONS },
  ];
}

function addressesOf({ addresses }: LocalDeployment): Theatre["addresses"] {
  return {
    Clearinghouse: addresses.clearinghouse,
    ClearinghouseForce: addresses.clearinghouse,
    ClearinghouseBooks: addresses.clearinghouse,
    Liquidator: addresses.liquidator,
    BackstopVault: addresses.backstopVault,
    OrderSettlement: addresses.orderSettlement,
    AutoTopUp: addresses.autoTopUp,
    TradeRouter: addresses.tradeRouter,
    LiquidityPool: addresses.liquidityPool,
    PoolQuoter: addresses.poolQuoter,
    AccessManager: addresses.accessManager,
    Markets: addresses.markets,
    PriceOracle: addresses.priceOracle,
    VolatilityOracle: addresses.volatilityOracle,
  };
}

async function feedsOf(
  market: LocalDeployment,
  { underlyings }: Configuration,
): Promise<Pick<Theatre, "aggregators" | "firstRounds">> {
  const aggregators = new Map<number, MockAggregator>();
  const firstRounds = new Map<number, bigint>();
  for (const { id: underlying, symbol } of underlyings) {
    const aggregator = market.aggregators[symbol];
    if (aggregator !== undefined) aggregators.set(underlying, aggregator);
    // As the proxy numbers them, which the oracle reads.
    const round = await market.feeds[symbol]?.latestRoundData();
    if (round !== undefined) firstRounds.set(underlying, round[0]);
  }
  return { aggregators, firstRounds };
}

async function tokensOf({ tokens }: LocalDeployment, { underlyings }: Configuration): Promise<Theatre["tokens"]> {
  const found = new Map<number, { address: string; decimals: number }>();
  const names = new Map([[0, "USDC"], ...underlyings.map((one) => [one.id, one.collateral.symbol] as const)]);
  for (const [underlying, name] of names) {
    const contract = tokens[name];
    if (contract === undefined) continue;
    found.set(underlying, { address: await contract.getAddress(), decimals: Number(await contract.decimals()) });
  }
  return found;
}

async function welcome(theatre: Theatre, person: Person): Promise<void> {
  const { chain, addresses, tokens } = theatre;
  const { address, accounts, key } = person;
  await makePuppet(chain, address);
  const calls: Call[] = [];
  for (const { address: to, decimals } of tokens.values()) {
    for (const owner of [address, key.address]) {
      const data = token.encodeFunctionData("mint", [owner, WALLET_UNITS * 10n ** BigInt(decimals)]);
      calls.push({ from: address, to, data });
    }
    const { Clearinghouse, BackstopVault, AutoTopUp, LiquidityPool, TradeRouter } = addresses;
    for (const spender of [Clearinghouse, BackstopVault, AutoTopUp, LiquidityPool, TradeRouter]) {
      calls.push({ from: address, to, data: token.encodeFunctionData("approve", [spender, UNLIMITED]) });
    }
  }
  const approvals = permissionsAtTheDoor(theatre, person).map((one) => ({
    account: accounts[0],
    expiry: FOREVER,
    ...one,
  }));
  const data = SURFACE.Clearinghouse.encodeFunctionData("batch", [batchOf({ approvals })]);
  for (const call of [...calls, { from: address, to: addresses.Clearinghouse, data }])
    requireDone(await act(chain, call));
  // Known to the chain before anybody goes back to this moment.
  requireDone(await transact(chain, { from: key.address, to: key.address, data: "0x" }));
}
