// What is due for those who lend to the liquidity pool and to the backstop. Pure: what a look has read goes in, what should be done comes out.
import type { KeeperConfig } from "./config.js";
import { abs, max, min, mulWadDown, wad } from "./domain.js";
import type { MarketView } from "./domain.js";
import { relativeMove } from "./recheck.js";

/** Net delta, units, and net vega, USD per 1.00 of volatility. WAD. */
export interface Exposure {
  readonly delta: bigint;
  readonly vega: bigint;
}

/** One bucket as it stands now. USD WAD: `target` is the equity that it is to have, `missing` of it, negative where more is there. */
export interface BucketView {
  readonly underlying: number;
  /** Unix seconds; 0 for perpetuals. */
  readonly expiry: number;
  /** Without positions; `cash` is what it would return then. */
  readonly isEmpty: boolean;
  readonly cash: bigint;
  readonly exposure: Exposure;
  readonly target: bigint;
  readonly missing: bigint;
}

/** What quotes, limits and funding of an underlying go by: net exposure as stored, and the limits. */
export interface SteeringView {
  readonly underlying: number;
  readonly stored: Exposure;
  readonly limits: Exposure;
}

/** @param treasury Its cash, USD WAD. @param ready Requests that one call would execute now. */
export interface PoolView {
  readonly buckets: readonly BucketView[];
  readonly steering: readonly SteeringView[];
  readonly treasury: bigint;
  readonly ready: bigint;
}

export interface VaultState {
  /** Undefined where there is none. */
  readonly pool: PoolView | undefined;
  /** Whether accounts that the backstop took over are empty and hold money. */
  readonly isReleaseDue: boolean;
  /** Keys with a transaction in flight, or waiting after a failure. */
  readonly blocked: ReadonlySet<string>;
  readonly config: VaultConfig;
}

export type VaultConfig = Pick<KeeperConfig["vaults"], "missingShare" | "spareShare" | "driftShare">;

export type VaultAction =
  | { readonly kind: "refreshBucket"; readonly underlying: number; readonly expiry: number }
  | { readonly kind: "executeRequests" }
  | { readonly kind: "releaseEmpty" };

/** One transaction at a time per key. */
export function vaultKey(action: VaultAction): string {
  return action.kind === "refreshBucket" ? `refresh:${action.underlying}:${action.expiry}` : action.kind;
}

/** Refreshes first, the emptiest bucket before the others: what they free pays requests. */
export function planVaults(state: VaultState): VaultAction[] {
  const { pool, isReleaseDue, blocked } = state;
  const actions: VaultAction[] = pool === undefined ? [] : planRefreshes(pool, state.config);
  if (pool !== undefined && pool.ready > 0n) actions.push({ kind: "executeRequests" });
  if (isReleaseDue) actions.push({ kind: "releaseEmpty" });
  return actions.filter((action) => !blocked.has(vaultKey(action)));
}

function planRefreshes(pool: PoolView, config: VaultConfig): VaultAction[] {
  const drifted = new Set(
    pool.steering.filter((one) => hasDrifted(one, pool, config)).map(({ underlying }) => underlying),
  );
  return pool.buckets
    .filter((bucket) => isRefreshDue(bucket, pool, config) || (!bucket.isEmpty && drifted.has(bucket.underlying)))
    .toSorted((a, b) => (a.missing === b.missing ? 0 : a.missing < b.missing ? 1 : -1))
    .map(({ underlying, expiry }) => ({ kind: "refreshBucket", underlying, expiry }));
}

/** Whether a refresh would move enough cash either way, or forget an empty bucket. */
function isRefreshDue(
  { isEmpty, cash, target, missing }: BucketView,
  { treasury }: PoolView,
  config: VaultConfig,
): boolean {
  if (isEmpty) return cash >= 0n || treasury > 0n;
  const brought = min(missing, treasury);
  return (
    max(brought, 0n) > mulWadDown(wad(config.missingShare), target) ||
    -missing > mulWadDown(wad(config.spareShare), target)
  );
}

/** Whether what steers quotes is off by a share of its limit. Each bucket is read at the same block as what is stored. */
function hasDrifted({ underlying, stored, limits }: SteeringView, { buckets }: PoolView, config: VaultConfig): boolean {
  const own = buckets.filter((bucket) => bucket.underlying === underlying);
  const isOff = (part: keyof Exposure) => {
    const present = own.reduce((sum, { exposure }) => sum + exposure[part], 0n);
    return abs(present - stored[part]) > mulWadDown(wad(config.driftShare), limits[part]);
  };
  return isOff("delta") || isOff("vega");
}

/** When vaults were last looked at, Unix seconds, and the markets then. */
export interface Look {
  readonly at: number;
  readonly markets: readonly MarketView[];
}

/** Whether vaults are worth looking at again: by age, or because a price has moved. */
export function isLookDue(
  last: Look | undefined,
  { at, markets }: Look,
  { lookAfterSeconds, maxMove }: Pick<KeeperConfig["vaults"], "lookAfterSeconds" | "maxMove">,
): boolean {
  if (last === undefined || at - last.at >= lookAfterSeconds) return true;
  return markets.some(({ price }, i) => relativeMove(last.markets[i]?.price ?? 0n, price) >= maxMove);
}
