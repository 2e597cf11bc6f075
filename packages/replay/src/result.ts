import type { Conservation } from "./conservation.ts";
import type { Asset } from "./prices/arguments.ts";

/** What the waterfall paid for liquidations, USD. */
export interface Waterfall {
  /** Compensation that liquidated accounts paid out of their own equity. */
  readonly account: number;
  readonly reserve: number;
  readonly backstop: number;
  /** By the other side of an account's positions, and by all positive cash. */
  readonly deleveraged: number;
  readonly shared: number;
}

/** What a replay and the model of one have in common. USD amounts are rounded numbers; `conservationError` is exact, in the smallest unit. */
export interface Summary {
  readonly accounts: number;
  readonly marginCalls: number;
  readonly liquidations: number;
  readonly badDebt: number;
  readonly keeperProfit: number;
  readonly waterfall: Waterfall;
  readonly conservationError: string;
}

/** The last line of `--json`. */
export interface ReplaySummary extends Summary {
  /** Fees of orders, to the reserve. */
  readonly fees: number;
  /** Nothing where nobody trades with it. */
  readonly pool: PoolSummary | null;
}

/** What lending to the liquidity pool came to, USD: profit is the sum of the four after it. */
export interface PoolSummary {
  readonly profit: number;
  /** What traders paid beyond mark for what price and volatility may be off by. */
  readonly spread: number;
  /** The same for the inventory that they added and the margin that it takes. */
  readonly charges: number;
  readonly funding: number;
  /** All else: what positions gained and lost at mark, interest, liquidations. */
  readonly inventory: number;
  /** Of a share, from 1 at the start. */
  readonly sharePrice: number;
  /** Highest initial requirement of all buckets, per USD of equity. */
  readonly peakUtilisation: number;
}

/** The pool at a time. Requirements per USD of its equity. */
export interface PoolPoint {
  readonly time: number;
  readonly equity: number;
  readonly sharePrice: number;
  readonly utilisation: number;
  readonly maintenance: number;
}

/** What the liquidity pool did. USD. */
export interface PoolRecord {
  readonly points: readonly PoolPoint[];
  readonly trades: number;
  /** Value at mark. */
  readonly traded: number;
  /** Trades that it did not take, which market makers got. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly deposited: number;
  readonly redeemed: number;
  /** Requests that were executed, whole or in part, and those that were not accepted. */
  readonly requests: number;
  readonly requestsRefused: number;
  readonly refreshes: number;
  readonly liquidations: number;
}

/** All times in Unix seconds, all amounts in USD. */
export interface PricePoint {
  readonly time: number;
  readonly asset: Asset;
  readonly price: number;
}

/** Volatilities per year, as numbers (0.8 is 80 %). */
export interface VolatilityPoint {
  readonly time: number;
  readonly asset: Asset;
  readonly observed: number;
  readonly initial: number;
  readonly maintenance: number;
}

export const GROUPS = ["traders", "market makers", "keepers", "backstop", "reserve", "liquidity pool"] as const;
export type Group = (typeof GROUPS)[number];

export interface EquityPoint {
  readonly time: number;
  readonly group: Group;
  readonly equity: number;
}

/** How many accounts are below their lines at a time. */
export interface DistressPoint {
  readonly time: number;
  readonly belowInitial: number;
  readonly belowMaintenance: number;
  readonly insolvent: number;
}

/** One account against its lines. `notional`: of its derivatives and of spot that secures a debt. */
export interface AccountPoint {
  readonly time: number;
  readonly equity: number;
  readonly initial: number;
  readonly maintenance: number;
  readonly notional: number;
}

export interface LiquidationRecord {
  readonly time: number;
  readonly account: string;
  readonly kind: "legs" | "whole" | "backstop";
  /** Maintenance requirement that left the account; 0 where it was taken whole. */
  readonly requirementRemoved: number;
  readonly payment: number;
  readonly badDebt: number;
}

/**
 * What put an account below maintenance since it was last above initial margin: prices would have done so alone, margin
 * volatility would have done so at unchanged prices, or it took both.
 */
export const CAUSES = ["price", "price and volatility", "volatility"] as const;
export type Cause = (typeof CAUSES)[number];

export interface TraderOutcome {
  readonly label: string;
  readonly strategy: string;
  readonly equityAtStart: number;
  readonly equityAtEnd: number;
  /** Deposits less withdrawals after the start. */
  readonly netDeposits: number;
  readonly marginCalls: number;
  readonly liquidations: number;
}

/** Where the keepers' profit comes from, USD. */
export interface KeeperAccounts {
  readonly equityChange: number;
  readonly hedgeProfit: number;
  readonly hedgeCosts: number;
  readonly gas: number;
  readonly transactions: number;
  readonly failed: number;
}

/** Everything that a replay found out; what `out/replay.json` holds. */
export interface ReplayResult {
  readonly title: string;
  readonly seed: string;
  readonly margin: string;
  readonly start: number;
  readonly end: number;
  readonly prices: readonly PricePoint[];
  readonly rounds: Readonly<Record<Asset, number>>;
  readonly volatility: readonly VolatilityPoint[];
  readonly equity: readonly EquityPoint[];
  readonly distress: readonly DistressPoint[];
  readonly sample: { readonly label: string; readonly description: string; readonly points: readonly AccountPoint[] };
  readonly liquidations: readonly LiquidationRecord[];
  /** Accounts that were liquidated at least once. */
  readonly liquidatedAccounts: number;
  /** Of each auction of a trader's account, under the dynamic margin. */
  readonly causes: readonly Cause[];
  readonly marginCalls: readonly number[];
  readonly traders: readonly TraderOutcome[];
  readonly keepers: KeeperAccounts;
  readonly activity: { readonly done: number; readonly refused: number };
  /** Positions that expired and became cash. */
  readonly expired: number;
  readonly pool: PoolRecord | null;
  readonly conservation: Conservation;
  readonly summary: ReplaySummary;
}
