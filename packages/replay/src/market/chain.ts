import { PlimsollError, decodeError } from "@plimsoll/client";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { Anvil, type RpcRequest } from "./anvil.ts";
import { type ChainNode, anvilNode, hardhatNode } from "./node.ts";

/** A call that changes state, from an address that need not have a key here. */
export interface Call {
  readonly from: string;
  readonly to: string;
  readonly data: string;
}

export type NodeKind = "anvil" | "hardhat";

export interface ChainOptions {
  /** Unix seconds of the first block. */
  readonly start: number;
  /** What gas costs throughout. */
  readonly gasPriceGwei: number;
  /** Whether contracts may be larger than a real chain lets them be, as they are without optimiser. */
  readonly allowUnlimitedContractSize?: boolean;
  /** Whether sending throws what a contract refuses with, or leaves it to the receipt. */
  readonly throwOnTransactionFailures?: boolean;
  /** Anvil where it is installed for this machine, else Hardhat's own: both are built on the same EVM. */
  readonly node?: NodeKind | undefined;
}

/** Enough for the heaviest call, and what a block of the simulated chain has room for. */
const GAS_LIMIT = 30_000_000n;
const BLOCK_GAS_LIMIT = 4_000_000_000n;
/** So rich that gas never stops anybody; what keepers pay is counted from receipts. */
const ETHER_BALANCE = 10n ** 24n;

const MINING_METHODS = new Set(["eth_sendTransaction", "eth_sendRawTransaction", "evm_mine"]);

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

/** A chain of our own, whose clock the replay turns. Transactions are raw, because there are many. */
export class SimulatedChain {
  /** Unix seconds of the next block. */
  now: number;
  readonly connection: NetworkConnection;
  readonly #node: ChainNode;
  readonly #gasPrice: bigint;
  readonly #known = new Set<string>();

  private constructor(connection: NetworkConnection, node: ChainNode, { start, gasPriceGwei }: ChainOptions) {
    this.connection = connection;
    this.#node = node;
    this.now = start;
    this.#gasPrice = BigInt(Math.round(gasPriceGwei * 1e9));
    // Whoever asks through the connection, asks this chain.
    connection.provider.request = (request) => this.#request(request as RpcRequest);
  }

  static async create(options: ChainOptions): Promise<SimulatedChain> {
    const { throwOnTransactionFailures = true, allowUnlimitedContractSize = false } = options;
    const connection = await network.create({
      network: "market",
      override: {
        initialDate: new Date(options.start * 1000),
        allowBlocksWithSameTimestamp: true,
        blockGasLimit: BLOCK_GAS_LIMIT,
        allowUnlimitedContractSize,
        throwOnTransactionFailures,
      },
    });
    const { node: kind = Anvil.isInstalled() ? "anvil" : "hardhat" } = options;
    if (kind === "hardhat") return new SimulatedChain(connection, hardhatNode(connection), options);
    const chainId = Number(await connection.provider.request({ method: "eth_chainId" }));
    const shape = { genesisTime: options.start, chainId, blockGasLimit: BLOCK_GAS_LIMIT, allowUnlimitedContractSize };
    return new SimulatedChain(connection, await anvilNode(shape, throwOnTransactionFailures), options);
  }

  async request(method: string, ...params: unknown[]): Promise<unknown> {
    return await this.connection.provider.request({ method, params });
  }

  /** Moves the clock and mines a block, so that reads see the new time. */
  async advanceTo(time: number): Promise<void> {
    this.now = Math.max(time, this.now);
    await this.request("evm_mine");
  }

  /** Sends a transaction in a block of its own at the present time; throws the contract's decoded error. */
  async send(call: Call): Promise<void> {
    try {
      await this.submit(call);
    } catch (error) {
      throw decodeError(error) ?? error;
    }
  }

  /** Sends in the same way. @returns its hash; throws what the node throws, if it does. */
  async submit({ from, to, data }: Call): Promise<unknown> {
    if (!this.#known.has(from)) await this.#welcome(from);
    const fees = { maxFeePerGas: hex(this.#gasPrice * 2n), maxPriorityFeePerGas: "0x0" };
    return await this.request("eth_sendTransaction", { from, to, data, gas: hex(GAS_LIMIT), ...fees });
  }

  /** Sends, and says why the contract refused, if it did: what simulated people want is not always allowed. */
  async attempt(call: Call): Promise<PlimsollError | undefined> {
    try {
      await this.send(call);
      return undefined;
    } catch (error) {
      if (error instanceof PlimsollError) return error;
      throw error;
    }
  }

  /** Broadcasts a signed transaction in a block at the present time. It may fail; its receipt tells. */
  async broadcast(rawTransaction: string): Promise<void> {
    try {
      await this.request("eth_sendRawTransaction", rawTransaction);
    } catch (error) {
      // The transaction is mined all the same: the node only reports that it reverted.
      if (decodeError(error) === undefined) throw error;
    }
  }

  /** Ether for gas, for an account that signs itself. */
  async endow(address: string): Promise<void> {
    await this.request("hardhat_setBalance", address, hex(ETHER_BALANCE));
  }

  async blockNumber(): Promise<number> {
    return Number(await this.request("eth_blockNumber"));
  }

  async close(): Promise<void> {
    this.#node.close();
    await this.connection.close();
  }

  /** Every block gets the replay's time and gas price, whoever sends: by the clock on the wall no two replays would agree. */
  #request(request: RpcRequest): Promise<unknown> {
    if (!MINING_METHODS.has(request.method)) return this.#node.request(request);
    const clock = { method: "evm_setNextBlockTimestamp", params: [hex(this.now)] };
    const gasPrice = { method: "hardhat_setNextBlockBaseFeePerGas", params: [hex(this.#gasPrice)] };
    return this.#node.mine([clock, gasPrice], request);
  }

  async #welcome(address: string): Promise<void> {
    await this.request("hardhat_impersonateAccount", address);
    await this.endow(address);
    this.#known.add(address);
  }
}
