import type { NetworkConnection } from "hardhat/types/network";
import { Anvil, type AnvilOptions, type RpcRequest } from "./anvil.ts";

/** Who computes the blocks of a simulated chain. Every transaction is in a block of its own, which is there when it answers. */
export interface ChainNode {
  request(request: RpcRequest): Promise<unknown>;
  /** Requests what mines a block. @param preparation What is to be said before, about that block. */
  mine(preparation: readonly RpcRequest[], request: RpcRequest): Promise<unknown>;
  close(): void;
}

/** Hardhat's, in this process: it notes every instruction for a stack trace, which takes it ten times as long as the instruction. */
export function hardhatNode({ provider }: NetworkConnection): ChainNode {
  const request = provider.request.bind(provider);
  return {
    request,
    async mine(preparation, mining) {
      for (const one of preparation) await request(one);
      return (await request(mining)) as unknown;
    },
    close() {},
  };
}

interface Receipt {
  readonly transactionHash: string;
  readonly status: string;
}

/** After so long without a receipt Anvil is told to mine: it was seen to forget one. */
const PATIENCE_MS = 1_000;

/**
 * Anvil, a child of this process: the same EVM without the notes.
 * @param throwsRefusals Whether it throws what a contract refuses a transaction with, or leaves it to the receipt.
 */
export async function anvilNode(options: AnvilOptions, throwsRefusals: boolean): Promise<ChainNode> {
  const anvil = await Anvil.start(options);
  // Else what is asked of the pending block is asked at a time that the clock on the wall has moved on.
  await anvil.request({ method: "anvil_setBlockTimestampInterval", params: [0] });
  let last: Receipt | undefined;

  /** The receipt of a transaction that was sent: Anvil answers before the block is there. Another block is like the one that was meant. */
  async function receiptOf(hash: unknown, preparation: readonly RpcRequest[]): Promise<Receipt> {
    const read = async () =>
      (await anvil.request({ method: "eth_getTransactionReceipt", params: [hash] })) as Receipt | null;
    let deadline = performance.now() + PATIENCE_MS;
    for (let receipt = await read(); ; receipt = await read()) {
      if (receipt !== null) return receipt;
      if (performance.now() < deadline) continue;
      await anvil.requestAll([...preparation, { method: "evm_mine" }]);
      deadline = performance.now() + PATIENCE_MS;
    }
  }

  async function send(preparation: readonly RpcRequest[], request: RpcRequest): Promise<string> {
    last = await receiptOf(await anvil.requestAll([...preparation, request]), preparation);
    const isRefused = last.status === "0x0" && throwsRefusals;
    // A refusal changed nothing, so that the same call is refused again, and says why. Who signed himself reads his receipt.
    if (isRefused && request.method === "eth_sendTransaction") await anvil.request({ ...request, method: "eth_call" });
    return last.transactionHash;
  }

  return {
    async request(request) {
      const [hash] = request.params ?? [];
      const isLast = request.method === "eth_getTransactionReceipt" && hash === last?.transactionHash;
      return isLast ? last : await anvil.request(request);
    },
    async mine(preparation, request) {
      if (request.method !== "evm_mine") return await send(preparation, request);
      return await anvil.requestAll([...preparation, request]);
    },
    close() {
      anvil.close();
    },
  };
}
