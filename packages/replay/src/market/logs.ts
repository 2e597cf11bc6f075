import type { SimulatedChain } from "./chain.ts";

/** As a node returns it. */
export interface RawLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
  readonly blockNumber: string;
}

/** Whose logs, and which of their events: all, unless first topics are named. */
export interface LogFilter {
  readonly address: readonly string[];
  readonly topics?: readonly (readonly string[])[];
}

/** Reads logs from block to block. */
export class LogReader {
  constructor(
    private readonly chain: SimulatedChain,
    private readonly filter: LogFilter,
    private nextBlock: number,
  ) {}

  /** Those since the last call. */
  async read(): Promise<RawLog[]> {
    const toBlock = await this.chain.blockNumber();
    if (toBlock < this.nextBlock) return [];
    const blocks = { fromBlock: `0x${this.nextBlock.toString(16)}`, toBlock: `0x${toBlock.toString(16)}` };
    const logs = (await this.chain.request("eth_getLogs", { ...this.filter, ...blocks })) as RawLog[];
    this.nextBlock = toBlock + 1;
    return logs;
  }
}
