import type { KeeperOptions } from "@plimsoll/keeper";

/** Inventory with options in it is hedged again after this long, because its delta moves. */
export const REHEDGE_SECONDS = 1800;
/** At least: a queue that is only slow is no reason to bid again. */
const PATIENCE_SECONDS = 600;
/**
 * How soon an account is evaluated again: after an hour, or a move of 3 % (the narrowest maintenance range) times its
 * headroom. More often is only slower.
 */
const RECHECK = { minAgeSeconds: 900, maxAgeSeconds: 3600, maxMove: 0.03, movePerHeadroom: 0.03 };
/** How often the pool is looked at: a look evaluates all of its buckets, and more often is only slower. */
const VAULT_LOOKS = { lookAfterSeconds: 1800, maxMove: 0.03 };
/** Accounts in one lens call: larger answers cost the simulated chain more memory than they save calls. */
const LENS_CHUNK = 20;
/**
 * A crash brings hundreds of auctions at once, and each transaction is under way for minutes. A keeper with fewer would start and
 * confirm auctions for ever, which come first in its plan, and never take anything.
 */
const MAX_IN_FLIGHT = 1_000;
/** Most gas, USD, that an action may cost which pays only later, such as starting an auction. */
const MAINTENANCE_BUDGET = 1_000;
/** A thousand ether: the replay counts what is spent and stops nobody. */
const SPENDING_LIMIT_WEI = 10n ** 21n;

/** Which legs of an account under auction are taken: those that pay the keeper best, or the same share of every leg. */
export const LEG_DESIGNS = ["legs", "pro-rata"] as const;
export type LegDesign = (typeof LEG_DESIGNS)[number];
/** The first group that the keeper considers is a slice of everything; with no second one it is all that it considers. */
const SLICE_ALONE = { maxGroups: 1 };

/** What differs from replay to replay. */
export interface KeeperSettings {
  readonly latencySeconds: number;
  readonly design: LegDesign;
  /** Whether expiries, funding, caps on open interest and the pool are looked after: the model has none of them. */
  readonly hasUpkeep?: boolean;
}

/** How the keeper of a replay is set, on chain and in the model. */
export function keeperOptions({ latencySeconds, design, hasUpkeep = false }: KeeperSettings): KeeperOptions {
  const patience = Math.max(PATIENCE_SECONDS, latencySeconds);
  return {
    gas: { mode: "fixed" },
    legs: design === "pro-rata" ? SLICE_ALONE : {},
    recheck: RECHECK,
    settlements: { expiries: hasUpkeep, funding: hasUpkeep },
    cover: { isEnabled: hasUpkeep },
    vaults: { ...VAULT_LOOKS, isEnabled: hasUpkeep },
    lensChunk: LENS_CHUNK,
    maxInFlight: MAX_IN_FLIGHT,
    fees: { replaceAfterSeconds: patience },
    deadlineSeconds: patience,
    maintenanceBudgetUsd: MAINTENANCE_BUDGET,
    policy: { maxSpendPerTransactionWei: SPENDING_LIMIT_WEI, maxSpendPerDayWei: SPENDING_LIMIT_WEI },
  };
}
