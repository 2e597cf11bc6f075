import type { KeeperConfig } from "./config.js";
import type { Intent } from "./store.js";

type Kind = Intent["kind"];

/** Gas before anything has been measured: orders of magnitude of accounts with a handful of legs. */
const initialGas: Readonly<Record<Kind, bigint>> = {
  walkRounds: 300_000n,
  startAuction: 1_500_000n,
  confirmAuction: 1_500_000n,
  endAuction: 1_500_000n,
  callMargin: 1_500_000n,
  clearMarginCall: 1_500_000n,
  liquidateLegs: 6_000_000n,
  takeOver: 4_000_000n,
  absorb: 4_000_000n,
  topUp: 1_500_000n,
  unwind: 3_000_000n,
  proveSettlement: 1_500_000n,
  settleExpired: 1_500_000n,
  settleLosses: 1_500_000n,
  accrueFunding: 150_000n,
  refreshCover: 150_000n,
  refreshBucket: 1_000_000n,
  executeRequests: 2_000_000n,
  releaseEmpty: 300_000n,
  cancel: 21_000n,
};

/** What the kinds of transactions have used lately. */
export class GasTable {
  private readonly averages = new Map<Kind, bigint>();

  constructor(private readonly config: KeeperConfig["gas"]) {}

  expected(kind: Kind): bigint {
    return this.averages.get(kind) ?? initialGas[kind];
  }

  /** Each measurement weighs a quarter. */
  record(kind: Kind, gasUsed: bigint): void {
    const previous = this.averages.get(kind);
    this.averages.set(kind, previous === undefined ? gasUsed : (previous * 3n + gasUsed) / 4n);
  }

  /** An estimate with a third on top, because state moves before a transaction is mined. */
  limitFor(estimate: bigint): bigint {
    const padded = (estimate * 4n) / 3n;
    return padded < this.config.limit ? padded : this.config.limit;
  }
}
