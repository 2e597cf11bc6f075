// A simulated chain whose clock stands still unless it is turned, so that the same measurement gives the same figure.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { decodeError } from "../../packages/client/src/errors.ts";

/** A Thursday at 20:00 UTC: the nearest Friday's expiry is half a day away, the next one seven and a half. */
const START = Date.UTC(2027, 0, 7, 20) / 1000;
/** Enough for the heaviest of the measured transactions, however far from its goal. */
export const GAS_LIMIT = 200_000_000n;
const BLOCK_GAS_LIMIT = 1_000_000_000n;

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

export interface Call {
  readonly from: HardhatEthersSigner;
  readonly to: string;
  readonly data: string;
}

export interface Executed {
  readonly to: string;
  readonly data: string;
  readonly gasUsed: number;
}

/** Thrown where a transaction that is to be measured reverted. */
export class MeasuredCallFailedError extends Error {
  readonly to: string;

  constructor(to: string, cause: unknown) {
    super(`a call of ${to} failed: ${decodeError(cause)?.message ?? String(cause)}`, { cause });
    this.name = "MeasuredCallFailedError";
    this.to = to;
  }
}

export class Chain {
  readonly connection: NetworkConnection;
  /** Unix seconds of the next block. */
  now = START;

  private constructor(connection: NetworkConnection) {
    this.connection = connection;
    const { provider } = connection;
    const request = provider.request.bind(provider);
    const mining = new Set(["eth_sendTransaction", "eth_sendRawTransaction", "evm_mine"]);
    provider.request = async (args) => {
      if (mining.has(args.method)) await request({ method: "evm_setNextBlockTimestamp", params: [hex(this.now)] });
      return (await request(args)) as unknown;
    };
  }

  static async create(): Promise<Chain> {
    const override = {
      initialDate: new Date(START * 1000),
      allowBlocksWithSameTimestamp: true,
      blockGasLimit: BLOCK_GAS_LIMIT,
    };
    return new Chain(await network.create({ network: "market", override }));
  }

  /** Mines a block so many seconds later, so that reads see the time. */
  async wait(seconds: number): Promise<void> {
    this.now += seconds;
    await this.#request("evm_mine");
  }

  /** Reads against the newest block. */
  async read(to: string, data: string): Promise<string> {
    const result = await this.#request("eth_call", { to, data, gas: hex(BLOCK_GAS_LIMIT) }, "latest");
    return String(result);
  }

  /** One transaction in a block of its own. */
  async execute({ from, to, data }: Call): Promise<Executed> {
    try {
      const response = await from.sendTransaction({ to, data, gasLimit: GAS_LIMIT });
      const receipt = await response.wait();
      if (receipt === null) throw new TypeError("no receipt");
      return { to, data, gasUsed: Number(receipt.gasUsed) };
    } catch (error) {
      throw new MeasuredCallFailedError(to, error);
    }
  }

  /** Does something and leaves the chain as it was. */
  async apart<T>(action: () => Promise<T>): Promise<T> {
    const { now } = this;
    const snapshot = await this.#request("evm_snapshot");
    try {
      return await action();
    } finally {
      await this.#request("evm_revert", snapshot);
      this.now = now;
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async #request(method: string, ...params: unknown[]): Promise<unknown> {
    return await this.connection.provider.request({ method, params });
  }
}
