import type { Account } from "./account.ts";
import { CASH, type Instrument } from "./instrument.ts";

/** Permissions of an operator, a bit each. */
export const MAY_TRADE = 1;
export const MAY_MOVE = 2;
export const MAY_WITHDRAW = 4;

/** The last second that the contract can hold: permissions that do not expire. */
const NEVER = 2n ** 40n - 1n;

export interface Approval {
  readonly account: Account;
  readonly operator: string;
  readonly permissions: number;
  /** Unix seconds until which the permissions hold, inclusive. */
  readonly expiry: bigint;
}

export interface Deposit {
  readonly account: Account;
  readonly asset: Instrument;
  readonly amountInTokens: bigint;
}

export interface Transfer {
  readonly from: Account;
  readonly to: Account;
  readonly asset: Instrument;
  /** WAD: USD of cash, or units of a position. */
  readonly size: bigint;
}

export interface Fill {
  readonly buyer: Account;
  readonly seller: Account;
  readonly instrument: Instrument;
  /** Units, WAD. */
  readonly size: bigint;
  /** USD WAD a unit. */
  readonly price: bigint;
}

export interface Withdrawal {
  readonly account: Account;
  readonly asset: Instrument;
  readonly amountInTokens: bigint;
  readonly to: string;
}

/** What one call of the clearinghouse does, in this order; one margin evaluation follows; tokens leave last. */
export interface Batch {
  approvals: Approval[];
  reducing: Account[];
  deposits: Deposit[];
  transfers: Transfer[];
  fills: Fill[];
  withdrawals: Withdrawal[];
}

/** A batch of the given actions and nothing else. */
export function batchOf(actions: Partial<Batch>): Batch {
  return { approvals: [], reducing: [], deposits: [], transfers: [], fills: [], withdrawals: [], ...actions };
}

/** Lets the operator (an order settlement, a session key) trade the account, and nothing else. */
export function approveTrading(account: Account, operator: string, expiry: bigint = NEVER): Approval {
  return { account, operator, permissions: MAY_TRADE, expiry };
}

export function dismiss(account: Account, operator: string): Approval {
  return { account, operator, permissions: 0, expiry: 0n };
}

/** @param amountInTokens - USDC units (6 decimals). */
export function depositCash(account: Account, amountInTokens: bigint): Deposit {
  return { account, asset: CASH, amountInTokens };
}

/** @param amountInTokens - USDC units (6 decimals). */
export function withdrawCash(account: Account, amountInTokens: bigint, to: string): Withdrawal {
  return { account, asset: CASH, amountInTokens, to };
}
