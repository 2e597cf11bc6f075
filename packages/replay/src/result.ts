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

/** The last line of `--json`. USD amounts are rounded numbers; `conservationError` is exact, in the smallest unit. */
export interface Summary {
  readonly accounts: number;
  readonly marginCalls: number;
  readonly liquidations: number;
  readonly badDebt: number;
  readonly keeperProfit: number;
  readonly waterfall: Waterfall;
  readonly conservationError: string;
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

export const GROUPS = ["traders", "market makers", "keepers", "backstop", "reserve"] as const;
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
  readonly conservation: Conservation;
  readonly summary: Summary;
}
