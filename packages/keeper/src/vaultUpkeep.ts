import type { Prepared } from "./actions.js";
import { poolInterface, vaultInterface } from "./contracts.js";
import { fromWad, max } from "./domain.js";
import type { MarketView } from "./domain.js";
import { dueIfKnown } from "./patience.js";
import type { Keeper } from "./tick.js";
import { VaultReads } from "./vaultReads.js";
import { settlementKey } from "./settlements.js";
import type { LossesAction } from "./settlements.js";
import { isLookDue, planVaults, vaultKey } from "./vaults.js";
import type { VaultAction } from "./vaults.js";

/**
 * Losses after which the accounts of the vaults are settled. Whoever values backstop or pool, or hands it a bankrupt account, goes through
 * those that each of its accounts has still to share: of several hundred, that no longer fits a transaction.
 */
const LOSSES_BEHIND = 64;

/** What a tick knows before it looks at vaults. */
export interface VaultOccasion {
  /** Unix seconds. */
  readonly now: number;
  readonly markets: readonly MarketView[];
  readonly blocked: ReadonlySet<string>;
}

/** What is due for depositors of pool and backstop, if it is time to look. Losses first, which make everything else dearer. */
export async function planVaultUpkeep(
  keeper: Keeper,
  occasion: VaultOccasion,
): Promise<(LossesAction | VaultAction)[]> {
  const { chain, contracts, metrics } = keeper;
  const { now, markets, blocked } = occasion;
  const config = keeper.config.vaults;
  if (!config.isEnabled || !isLookDue(keeper.vaultLook, { at: now, markets }, config)) return [];
  return await dueIfKnown(keeper, "pool and backstop", async () => {
    const reads = new VaultReads(chain, contracts);
    const losses = await planLosses(keeper, reads, blocked);
    const pool = await reads.pool(markets, config.maxRequestsPerCall);
    const isReleaseDue = await reads.isReleaseDue();
    keeper.vaultLook = { at: now, markets };
    const missing = pool?.buckets.reduce((sum, bucket) => sum + max(bucket.missing, 0n), 0n) ?? 0n;
    metrics.poolMissingUsd.set(fromWad(missing));
    return [...losses, ...planVaults({ pool, isReleaseDue, blocked, config })];
  });
}

async function planLosses(keeper: Keeper, reads: VaultReads, blocked: ReadonlySet<string>): Promise<LossesAction[]> {
  const tearUps = await reads.tearUps();
  if (tearUps - keeper.lossesSettled < LOSSES_BEHIND) return [];
  const accounts = await reads.accounts();
  keeper.lossesSettled = tearUps;
  const actions = accounts.map((account) => ({ kind: "settleLosses", account }) as const);
  return actions.filter((action) => !blocked.has(settlementKey(action)));
}

/** From what is due to a call that can be sent. @returns The reason where there is nothing to send it to. */
export function prepareVault({ contracts, config }: Keeper, action: VaultAction): Prepared | string {
  const { backstopVault, liquidityPool } = contracts.deployment;
  const common = { key: vaultKey(action), kind: action.kind, expectedProfit: 0n, subject: {} };
  if (action.kind === "releaseEmpty") {
    if (backstopVault === undefined) return "no backstop here";
    return { ...common, to: backstopVault, data: vaultInterface.encodeFunctionData("releaseEmpty") };
  }
  if (liquidityPool === undefined) return "no pool here";
  const data =
    action.kind === "refreshBucket"
      ? poolInterface.encodeFunctionData("refresh", [action.underlying, action.expiry])
      : poolInterface.encodeFunctionData("execute", [config.vaults.maxRequestsPerCall]);
  return { ...common, to: liquidityPool, data };
}
