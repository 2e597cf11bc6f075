import { Transaction } from "ethers";
import type { SimulatedChain } from "./chain.ts";

interface Pending {
  readonly raw: string;
  readonly nonce: number;
  readonly due: number;
}

interface Request {
  readonly method: string;
  readonly params?: unknown[];
}

/**
 * The way from a keeper to the chain, with latency: reads are answered at once, transactions reach a block only after
 * `latencySeconds`. Until then the keeper sees them pending, and may replace one by another with the same nonce.
 */
export class Relay {
  #pending: Pending[] = [];
  readonly #chain: SimulatedChain;
  readonly #latencySeconds: number;

  constructor(chain: SimulatedChain, latencySeconds: number) {
    this.#chain = chain;
    this.#latencySeconds = latencySeconds;
  }

  async request({ method, params = [] }: Request): Promise<unknown> {
    if (method !== "eth_sendRawTransaction") return await this.#chain.request(method, ...params);
    const raw = String(params[0]);
    const { hash, nonce } = Transaction.from(raw);
    this.#pending = this.#pending.filter((pending) => pending.nonce !== nonce);
    this.#pending.push({ raw, nonce, due: this.#chain.now + this.#latencySeconds });
    return hash;
  }

  /** Lets the transactions whose time has come into blocks, in the order of their nonces. Returns how many. */
  async release(): Promise<number> {
    const isDue = ({ due }: Pending) => due <= this.#chain.now;
    const due = this.#pending.filter(isDue).sort((a, b) => a.nonce - b.nonce);
    this.#pending = this.#pending.filter((pending) => !isDue(pending));
    for (const { raw } of due) await this.#chain.broadcast(raw);
    return due.length;
  }
}
