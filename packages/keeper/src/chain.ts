import { RpcError } from "./errors.js";

/** `timestamp` in Unix seconds; `baseFee` in wei a gas, 0 on chains without one. */
export interface Head {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly baseFee: bigint;
}

export interface EventLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
}

export interface Receipt {
  readonly hash: string;
  readonly success: boolean;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
  readonly gasPriceWei: bigint;
}

export interface CallRequest {
  readonly from?: string;
  readonly to: string;
  readonly data: string;
}

/** All that the keeper asks of a node. */
export interface Chain {
  chainId(): Promise<number>;
  head(): Promise<Head>;
  blockHash(number: number): Promise<string | undefined>;
  /** Logs of the addresses in blocks `from` to `to`, both included. */
  logs(addresses: readonly string[], from: number, to: number): Promise<EventLog[]>;
  call(request: CallRequest): Promise<string>;
  estimateGas(request: CallRequest): Promise<bigint>;
  /** Nonces used in mined blocks. */
  nonce(address: string): Promise<number>;
  send(rawTransaction: string): Promise<string>;
  receipt(hash: string): Promise<Receipt | undefined>;
}

/** Anything that answers JSON-RPC requests: an in-process chain, a browser wallet, {@link httpTransport}. */
export interface Eip1193 {
  request(args: { method: string; params?: unknown[] }): Promise<unknown>;
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function text(source: Json, key: string): string {
  const value = source[key];
  return typeof value === "string" ? value : "0x";
}

function integer(source: Json, key: string): bigint {
  const value = text(source, key);
  return value === "0x" ? 0n : BigInt(value);
}

/** Nodes put the revert data at different depths. */
function revertData(error: unknown, depth = 0): string | undefined {
  if (!isObject(error) || depth > 4) return undefined;
  if (typeof error.data === "string" && error.data.startsWith("0x")) return error.data;
  return revertData(error.data, depth + 1) ?? revertData(error.cause, depth + 1) ?? revertData(error.error, depth + 1);
}

function toHead(block: Json): Head {
  return {
    number: Number(integer(block, "number")),
    hash: text(block, "hash"),
    parentHash: text(block, "parentHash"),
    timestamp: Number(integer(block, "timestamp")),
    baseFee: integer(block, "baseFeePerGas"),
  };
}

export function eip1193Chain(transport: Eip1193): Chain {
  async function rpc(method: string, params: unknown[]): Promise<unknown> {
    try {
      return await transport.request({ method, params });
    } catch (error) {
      throw new RpcError(method, error instanceof Error ? error.message : String(error), revertData(error));
    }
  }
  async function object(method: string, params: unknown[]): Promise<Json | undefined> {
    const result = await rpc(method, params);
    return isObject(result) ? result : undefined;
  }
  async function string(method: string, params: unknown[]): Promise<string> {
    const result = await rpc(method, params);
    if (typeof result !== "string") throw new RpcError(method, "the answer is not a string", undefined);
    return result;
  }
  return {
    chainId: async () => Number(await string("eth_chainId", [])),
    async head() {
      const block = await object("eth_getBlockByNumber", ["latest", false]);
      if (!block) throw new RpcError("eth_getBlockByNumber", "no latest block", undefined);
      return toHead(block);
    },
    async blockHash(number) {
      const block = await object("eth_getBlockByNumber", [hex(number), false]);
      return block && text(block, "hash");
    },
    async logs(address, from, to) {
      const found = await rpc("eth_getLogs", [{ address, fromBlock: hex(from), toBlock: hex(to) }]);
      if (!Array.isArray(found)) throw new RpcError("eth_getLogs", "the answer is not a list", undefined);
      return found.filter(isObject).map((log) => ({
        address: text(log, "address").toLowerCase(),
        topics: Array.isArray(log.topics) ? log.topics.map(String) : [],
        data: text(log, "data"),
        blockNumber: Number(integer(log, "blockNumber")),
      }));
    },
    call: (request) => string("eth_call", [request, "latest"]),
    estimateGas: async (request) => BigInt(await string("eth_estimateGas", [request])),
    nonce: async (address) => Number(await string("eth_getTransactionCount", [address, "latest"])),
    send: (raw) => string("eth_sendRawTransaction", [raw]),
    async receipt(hash) {
      const receipt = await object("eth_getTransactionReceipt", [hash]);
      if (!receipt) return undefined;
      return {
        hash,
        success: integer(receipt, "status") === 1n,
        blockNumber: Number(integer(receipt, "blockNumber")),
        gasUsed: integer(receipt, "gasUsed"),
        gasPriceWei: integer(receipt, "effectiveGasPrice"),
      };
    },
  };
}

class HttpFailure extends Error {
  constructor(
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

/** JSON-RPC over HTTP, one request a call, so that nothing waits for a batch. */
export function httpTransport(url: string, timeoutSeconds: number): Eip1193 {
  let id = 0;
  return {
    async request({ method, params = [] }) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      });
      // Providers say in the body of a 4xx what was wrong with the call; a body that is not JSON says nothing.
      const body: unknown = await response.json().catch(() => undefined);
      if (!isObject(body)) throw new HttpFailure(`HTTP ${response.status}`);
      if (isObject(body.error)) throw new HttpFailure(text(body.error, "message"), body.error.data);
      return body.result;
    },
  };
}
