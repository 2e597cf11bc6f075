import type { Summary } from "../result.ts";

/** What a run of the model found out. Amounts in USD. */
export interface ModelResult extends Summary {
  readonly design: string;
  readonly margin: string;
  readonly seed: string;
  readonly latencyMinutes: number;
  /** Of all that was wanted at the start, and of what margin let be opened. */
  readonly notional: number;
  readonly openInterest: number;
  /** What traders had, and what was asked of them, once everybody had opened. */
  readonly atStart: { readonly equity: number; readonly initial: number; readonly maintenance: number };
  /** Accounts of traders that were liquidated at least once, and those left without a leg by it. */
  readonly liquidatedAccounts: number;
  readonly closedAccounts: number;
  readonly liquidatedNotional: number;
  /** Of that what was closed against the other side, which has lost it. */
  readonly tornUpNotional: number;
  /** Account-hours that traders were seen below maintenance. */
  readonly hoursBelow: number;
  readonly backstop: BackstopUse;
  /** What accounts of traders owe at the end beyond what they have. */
  readonly openDeficit: number;
  readonly transactions: number;
  readonly failed: number;
}

/** The most that the backstop needed at any time, as amounts in USD and as a number of accounts. */
export interface BackstopUse {
  /** Out of its treasury, as margin for what it had taken over and for deficits, and what that owed beyond it. */
  readonly needed: number;
  /** Less worth than what was paid in. */
  readonly lost: number;
  readonly held: number;
}
