// A chain in memory: blocks that can be replaced, a pool whose miner ignores bids below his price.
import { Transaction, id } from "ethers";
import type { Chain, EventLog, Head, Receipt } from "../src/chain.ts";
import { RpcError } from "../src/errors.ts";

interface Block {
  readonly hash: string;
  readonly logs: readonly Omit<EventLog, "blockNumber">[];
}

export class FakeChain implements Chain {
  readonly blocks: Block[] = [];
  readonly pool = new Map<number, Transaction>();
  readonly mined = new Map<string, Receipt>();
  readonly broadcasts: Transaction[] = [];
  /** Least priority fee that the miner takes, wei a gas. */
  minimumTip = 0n;
  baseFee = 10n ** 9n;
  timestamp = 1_000;
  logQueries = 0;
  private nextNonce = 0;

  constructor(blocks = 1) {
    for (let i = 0; i < blocks; i++) this.extend();
  }

  extend(logs: Block["logs"] = [], branch = "main"): void {
    this.blocks.push({ hash: id(`${branch}:${this.blocks.length}`), logs });
  }

  /** Replaces all blocks from this number on. */
  reorganise(from: number, replacement: readonly Block["logs"][]): void {
    this.blocks.length = from;
    for (const logs of replacement) this.extend(logs, "fork");
  }

  /** Includes what bids enough, in the order of nonces. */
  mine(): void {
    for (let next = this.pool.get(this.nextNonce); next; next = this.pool.get(this.nextNonce)) {
      if ((next.maxPriorityFeePerGas ?? 0n) < this.minimumTip || next.hash === null) break;
      this.pool.delete(this.nextNonce++);
      const gasPriceWei = this.baseFee + (next.maxPriorityFeePerGas ?? 0n);
      const used = { success: true, blockNumber: this.blocks.length, gasUsed: 21_000n, gasPriceWei };
      this.mined.set(next.hash, { hash: next.hash, ...used });
    }
    this.extend();
  }

  chainId = () => Promise.resolve(31_337);
  head = (): Promise<Head> => Promise.resolve(this.headAt(this.blocks.length - 1));
  blockHash = (number: number) => Promise.resolve(this.blocks[number]?.hash);
  logs = (_: readonly string[], from: number, to: number): Promise<EventLog[]> => {
    this.logQueries++;
    const range = this.blocks.slice(from, to + 1);
    return Promise.resolve(range.flatMap(({ logs }, i) => logs.map((log) => ({ ...log, blockNumber: from + i }))));
  };
  call = () => Promise.resolve("0x");
  estimateGas = () => Promise.resolve(100_000n);
  nonce = () => Promise.resolve(this.nextNonce);
  receipt = (hash: string) => Promise.resolve(this.mined.get(hash));
  send = (raw: string): Promise<string> => {
    const transaction = Transaction.from(raw);
    const pending = this.pool.get(transaction.nonce);
    if (transaction.nonce < this.nextNonce) return this.refuse("nonce too low");
    if (pending && !outbids(transaction, pending)) return this.refuse("replacement transaction underpriced");
    this.pool.set(transaction.nonce, transaction);
    this.broadcasts.push(transaction);
    return Promise.resolve(transaction.hash ?? "");
  };

  private refuse(reason: string): Promise<never> {
    return Promise.reject(new RpcError("eth_sendRawTransaction", reason, undefined));
  }

  private headAt(number: number): Head {
    const [block, parent] = [this.blocks[number], this.blocks[number - 1]];
    if (!block) throw new Error(`no block ${number}`);
    const { timestamp, baseFee } = this;
    return { number, hash: block.hash, parentHash: parent?.hash ?? "0x", timestamp, baseFee };
  }
}

/** At least 12.5 % more on both fields. */
function outbids(next: Transaction, previous: Transaction): boolean {
  const isMore = (a: bigint | null, b: bigint | null) => (a ?? 0n) * 1_000n >= (b ?? 0n) * 1_125n;
  return (
    isMore(next.maxFeePerGas, previous.maxFeePerGas) && isMore(next.maxPriorityFeePerGas, previous.maxPriorityFeePerGas)
  );
}
