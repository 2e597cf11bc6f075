import type { Prepared, Subject } from "./actions.js";
import type { Chain, Head, Receipt } from "./chain.js";
import type { KeeperConfig } from "./config.js";
import { fromWad } from "./domain.js";
import { BroadcastFailed, RpcError, codeOf } from "./errors.js";
import { quote, replacement } from "./fees.js";
import type { Fees } from "./fees.js";
import type { Logger } from "pino";
import type { KeeperMetrics } from "./metrics.js";
import { CANCEL_GAS } from "./policy.js";
import type { SigningPolicy } from "./policy.js";
import type { Intent, KeeperStore } from "./store.js";

/** How a transaction ended. `expectedProfit` USD WAD before gas, 0 unless it succeeded. `hash` is empty if another took its nonce. */
export interface Settled extends Subject {
  readonly key: string;
  readonly kind: Intent["kind"];
  readonly hash: string;
  readonly success: boolean;
  readonly gasUsed: bigint;
  readonly gasCostWei: bigint;
  readonly expectedProfit: bigint;
}

/** What a transaction may use and cost. */
export interface GasTerms {
  readonly gasLimit: bigint;
  readonly gasExpected: bigint;
  readonly budgetWei: bigint;
}

interface SenderDeps {
  readonly chain: Chain;
  readonly policy: SigningPolicy;
  readonly store: KeeperStore;
  readonly config: Pick<KeeperConfig, "fees" | "maxInFlight">;
  readonly logger: Logger;
  readonly metrics: KeeperMetrics;
}

/** Stands for a transaction whose nonce another one has used. */
const lost = { success: false, gasUsed: 0n, gasPriceWei: 0n, hash: "" };

/** Answers by which a node says for good that it will not take a transaction. Anything else may have arrived. */
const REFUSED =
  /nonce too low|nonce has already been used|insufficient funds|underpriced|fee too low|less than block base fee|gas limit|intrinsic gas/i;
const ALREADY_KNOWN = /already known|already imported|known transaction/i;

/** Transactions from the decision to the receipt: at most one per key, replaced under the same nonce while they are not mined. */
export class Sender {
  private readonly inFlight = new Map<string, Intent>();

  constructor(private readonly deps: SenderDeps) {}

  /** Takes up what an earlier process had written down. */
  async load(): Promise<void> {
    for (const intent of await this.deps.store.intents()) this.inFlight.set(intent.key, intent);
  }

  keys(): string[] {
    return [...this.inFlight.keys()];
  }

  get isFull(): boolean {
    return this.inFlight.size >= this.deps.config.maxInFlight;
  }

  /** Writes the intent down, then broadcasts it. @throws PolicyDenied @throws BroadcastFailed */
  async submit(prepared: Prepared, terms: GasTerms, { head, now }: { head: Head; now: number }): Promise<string> {
    const { chain, policy, config } = this.deps;
    const pending = [...this.inFlight.values()].map(({ nonce }) => nonce + 1);
    const nonce = Math.max(await chain.nonce(policy.address), ...pending);
    const fees = quote(head, config.fees);
    return this.send({ ...prepared, nonce, ...terms, ...fees, hashes: [], sentAt: now }, now);
  }

  /** Looks for receipts, and replaces what has waited too long. */
  async poll(head: Head, now: number): Promise<Settled[]> {
    if (this.inFlight.size === 0) return [];
    const settled: Settled[] = [];
    // Read before the receipts: a nonce used up by then belongs to a receipt that can be seen.
    const nonce = await this.deps.chain.nonce(this.deps.policy.address);
    for (const intent of [...this.inFlight.values()].sort((a, b) => a.nonce - b.nonce)) {
      const receipt = await this.receiptOf(intent);
      if (receipt) settled.push(await this.settle(intent, receipt));
      else if (intent.nonce < nonce) settled.push(await this.settle(intent, undefined));
      else if (now - intent.sentAt >= this.deps.config.fees.replaceAfterSeconds) await this.replace(intent, head, now);
    }
    this.deps.metrics.inFlight.set(this.inFlight.size);
    return settled;
  }

  private async receiptOf({ hashes }: Intent): Promise<Receipt | undefined> {
    for (const hash of hashes.toReversed()) {
      const receipt = await this.deps.chain.receipt(hash);
      if (receipt) return receipt;
    }
    return undefined;
  }

  private async settle(intent: Intent, receipt: Receipt | undefined): Promise<Settled> {
    const { policy, store, metrics, logger } = this.deps;
    const { key, kind, nonce, subject } = intent;
    const { success, gasUsed, gasPriceWei, hash } = receipt ?? lost;
    const gasCostWei = gasUsed * gasPriceWei;
    const expectedProfit = success && kind !== "cancel" ? intent.expectedProfit : 0n;
    policy.settle(nonce, gasCostWei);
    this.inFlight.delete(key);
    await store.deleteIntent(key);
    metrics.actions.inc({ kind, result: receipt ? (success ? "mined" : "reverted") : "lost" });
    metrics.profitUsd.inc(Math.max(fromWad(expectedProfit), 0));
    metrics.gasEther.inc(fromWad(gasCostWei));
    logger.info({ key, kind, success, gasUsed, hash }, "settled");
    return { ...subject, key, kind, success, gasUsed, gasCostWei, expectedProfit, hash };
  }

  /** Bids more for the same nonce; past the budget it gives the nonce back by a transfer of nothing to itself. */
  private async replace(intent: Intent, head: Head, now: number): Promise<void> {
    const { config, logger, metrics, policy } = this.deps;
    const fees = replacement(intent, quote(head, config.fees));
    const next = withinBudget(intent, fees, policy.address);
    if (!next) {
      logger.warn({ key: intent.key, nonce: intent.nonce, budgetWei: intent.budgetWei }, "budget is used up, waiting");
      metrics.actions.inc({ kind: intent.kind, result: "over-budget" });
      return;
    }
    metrics.actions.inc({ kind: intent.kind, result: next.kind === "cancel" ? "cancelled" : "replaced" });
    try {
      await this.send({ ...next, sentAt: now }, now);
    } catch (error) {
      metrics.errors.inc({ code: codeOf(error) });
      logger.warn({ key: intent.key, err: error }, "replacement failed");
    }
  }

  private async send(intent: Intent, now: number): Promise<string> {
    const { policy, store } = this.deps;
    const { raw, hash } = await policy.sign(intent, now);
    const known = this.inFlight.get(intent.key);
    const written: Intent = { ...intent, hashes: [...intent.hashes, hash] };
    this.inFlight.set(intent.key, written);
    await store.putIntent(written);
    const refusal = await this.broadcast(raw, hash);
    if (refusal === undefined) return hash;
    // An earlier transaction of this nonce may still be mined; a first one that was refused never existed.
    if (!known) {
      this.inFlight.delete(intent.key);
      await store.deleteIntent(intent.key);
      policy.settle(intent.nonce, 0n);
    }
    throw new BroadcastFailed(intent.key, refusal);
  }

  /** @returns Why the node refused the transaction for good, undefined if it did not. */
  private async broadcast(raw: string, hash: string): Promise<string | undefined> {
    try {
      await this.deps.chain.send(raw);
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      // Chains that mine at once report a revert as an error of sending.
      const isMined = (await this.deps.chain.receipt(hash).catch(() => undefined)) !== undefined;
      if (isMined || ALREADY_KNOWN.test(error.reason)) return undefined;
      if (REFUSED.test(error.reason)) return error.reason;
      this.deps.logger.warn({ hash, err: error }, "unclear whether the transaction arrived");
      return undefined;
    }
  }
}

function withinBudget(intent: Intent, fees: Fees, self: string): Intent | undefined {
  if (fees.maxFeePerGas * intent.gasExpected <= intent.budgetWei) return { ...intent, ...fees };
  const cancel = { to: self, data: "0x", gasLimit: CANCEL_GAS, gasExpected: CANCEL_GAS };
  const isAffordable = fees.maxFeePerGas * CANCEL_GAS <= intent.budgetWei;
  return isAffordable ? { ...intent, ...fees, ...cancel, kind: "cancel" } : undefined;
}
