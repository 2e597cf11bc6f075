// What is due of expiries and of funding. Pure: what a pass has read goes in, what it should do comes out.
import { Kind, fieldsOf } from "@plimsoll/client";
import type { KeeperConfig } from "./config.js";
import { accountKey } from "./domain.js";

/** How the settlement price of one expiry stands. `newestAt`: Unix seconds of the feed's newest round. */
export interface ExpiryView {
  readonly underlying: number;
  readonly expiry: number;
  readonly isFinal: boolean;
  readonly newestAt: number;
}

/** The options that an account holds, as it is stored. */
export interface Holder {
  readonly account: bigint;
  readonly instruments: readonly bigint[];
}

/** Funding of one underlying. `accruedAt`: Unix seconds of the last accrual, 0 before the first. */
export interface FundingView {
  readonly underlying: number;
  readonly accruedAt: number;
}

export interface SettlementState {
  /** Unix seconds. */
  readonly now: number;
  readonly holders: readonly Holder[];
  readonly expiries: readonly ExpiryView[];
  /** Empty where the venue has no source of funding. */
  readonly funding: readonly FundingView[];
  /** Keys with a transaction in flight, or waiting after a failure. */
  readonly blocked: ReadonlySet<string>;
  readonly config: SettlementConfig;
}

export type SettlementConfig = Pick<
  KeeperConfig["settlements"],
  "accrueAfterSeconds" | "maxAccountsPerCall" | "maxSeriesPerCall" | "maxLegsPerCall"
>;

export type SettlementAction =
  | { readonly kind: "proveSettlement"; readonly underlying: number; readonly expiry: number }
  | { readonly kind: "settleExpired"; readonly series: readonly bigint[]; readonly accounts: readonly bigint[] }
  | LossesAction
  | { readonly kind: "accrueFunding"; readonly underlying: number };

/** An account takes its shares of losses, as many as a call allows. */
export interface LossesAction {
  readonly kind: "settleLosses";
  readonly account: bigint;
}

/** One transaction at a time per key. */
export function settlementKey(action: SettlementAction): string {
  switch (action.kind) {
    case "proveSettlement":
      return `prove:${action.underlying}:${action.expiry}`;
    case "settleExpired":
      return "settleExpired";
    case "settleLosses":
      return `losses:${accountKey(action.account)}`;
    case "accrueFunding":
      return `funding:${action.underlying}`;
  }
}

export function hasExpiry(instrument: bigint): boolean {
  const { kind } = fieldsOf(instrument);
  return kind !== Kind.Spot && kind !== Kind.Perpetual;
}

export function hasExpired(instrument: bigint, now: number): boolean {
  return hasExpiry(instrument) && fieldsOf(instrument).expiry <= now;
}

/** What to prove, settle and accrue now, in this order. */
export function planSettlements(state: SettlementState): SettlementAction[] {
  const actions = [...planProofs(state), ...planSettling(state), ...planFunding(state)];
  return actions.filter((action) => !state.blocked.has(settlementKey(action)));
}

/** Only what somebody holds, and only once a round exists that can make the price final. */
function planProofs({ now, holders, expiries }: SettlementState): SettlementAction[] {
  const held = new Set(
    holders.flatMap(({ instruments }) => instruments.filter((instrument) => hasExpired(instrument, now)).map(expiryOf)),
  );
  return expiries
    .filter(({ isFinal, expiry, newestAt }) => !isFinal && expiry <= now && newestAt >= expiry)
    .filter(({ underlying, expiry }) => held.has(`${underlying}:${expiry}`))
    .map(({ underlying, expiry }) => ({ kind: "proveSettlement", underlying, expiry }));
}

/** Series and holders together, so that nobody is seen half-way; what does not fit into a call waits for the next pass. */
function planSettling({ now, holders, expiries, config }: SettlementState): SettlementAction[] {
  const final = new Set(expiries.filter(({ isFinal }) => isFinal).map((view) => `${view.underlying}:${view.expiry}`));
  const series = new Set<bigint>();
  const accounts: bigint[] = [];
  let legs = 0;
  for (const { account, instruments } of holders) {
    const due = instruments.filter((instrument) => hasExpired(instrument, now) && final.has(expiryOf(instrument)));
    const joined = new Set([...series, ...due]);
    if (due.length === 0 || joined.size > config.maxSeriesPerCall) continue;
    // The first account fits whatever it holds.
    if (accounts.length > 0 && legs + due.length > config.maxLegsPerCall) continue;
    legs += due.length;
    for (const instrument of joined) series.add(instrument);
    if (accounts.push(account) === config.maxAccountsPerCall) break;
  }
  return accounts.length === 0 ? [] : [{ kind: "settleExpired", series: [...series], accounts }];
}

function planFunding({ now, funding, config }: SettlementState): SettlementAction[] {
  return funding
    .filter(({ accruedAt }) => isAccrualDue(accruedAt, { now, config }))
    .map(({ underlying }) => ({ kind: "accrueFunding", underlying }));
}

export function isAccrualDue(
  accruedAt: number,
  { now, config }: { now: number; config: Pick<SettlementConfig, "accrueAfterSeconds"> },
): boolean {
  return now - accruedAt >= config.accrueAfterSeconds;
}

function expiryOf(instrument: bigint): string {
  const { underlying, expiry } = fieldsOf(instrument);
  return `${underlying}:${expiry}`;
}

/** Bits of a round's number within its phase; the phase stands above them. */
export const PHASE_OFFSET = 64n;

/** An answer of a feed: its time, or undefined where there is none. */
export type RoundTime = (round: bigint) => Promise<number | undefined>;

/**
 * The last round of the newest round's phase that is not later than `time`; undefined if the phase begins later. Halving: some 20 reads.
 * A round without an answer counts as later, so that the walk begins before it.
 */
export async function roundBefore(newest: bigint, time: number, timeOf: RoundTime): Promise<bigint | undefined> {
  const base = (newest >> PHASE_OFFSET) << PHASE_OFFSET;
  let low = base;
  let high = newest + 1n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    const at = await timeOf(middle);
    if (at !== undefined && at <= time) low = middle;
    else high = middle;
  }
  return low === base ? undefined : low;
}
