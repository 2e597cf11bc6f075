import type { Deployment } from "./config.js";
import { autoTopUpInterface, liquidatorInterface, volatilityInterface } from "./contracts.js";
import { coverKey } from "./cover.js";
import type { CoverAction } from "./cover.js";
import { accountKey, packLeg, wad } from "./domain.js";
import type { AccountView, Leg } from "./domain.js";
import { settlementKey } from "./settlements.js";
import type { SettlementAction } from "./settlements.js";
import type { UnwindAction } from "./unwinding.js";
import { vaultKey } from "./vaults.js";
import type { VaultAction } from "./vaults.js";

/** What a keeper may do. */
export type Action = PlannedAction | UnwindAction | SettlementAction | CoverAction | VaultAction;

/** What the planner wants done. A liquidation of legs still has to be told which. */
export type PlannedAction =
  | { readonly kind: "walkRounds"; readonly underlying: number }
  | { readonly kind: AccountActionKind; readonly account: bigint }
  | {
      readonly kind: "liquidateLegs";
      readonly account: bigint;
      readonly view: AccountView;
      readonly isFloorBound: boolean;
    }
  | {
      readonly kind: "takeOver";
      readonly account: bigint;
      readonly view: AccountView;
      readonly expectedProfit: bigint;
      /** By the backstop, where the keeper cannot carry it. */
      readonly canBeAbsorbed: boolean;
    }
  | TopUpAction;

/** `expectedProfit`: the fee, USD WAD. */
export interface TopUpAction {
  readonly kind: "topUp";
  readonly account: bigint;
  readonly expectedProfit: bigint;
}

export type AccountActionKind =
  "startAuction" | "confirmAuction" | "endAuction" | "callMargin" | "clearMarginCall" | "absorb";
export type ActionKind = Action["kind"];

/** Whom an action is about, who takes and what; `accounts`: who is settled. Packages of legs carry the sign of the position. */
export interface Subject {
  readonly account?: bigint | undefined;
  readonly taker?: bigint | undefined;
  readonly legs?: readonly Leg[] | undefined;
  readonly accounts?: readonly bigint[] | undefined;
}

/** A call to a contract, ready to be simulated and sent. `expectedProfit` before gas, USD WAD; 0 for what nobody pays for. */
export interface Prepared {
  readonly subject: Subject;
  readonly key: string;
  readonly kind: ActionKind;
  readonly to: string;
  readonly data: string;
  readonly expectedProfit: bigint;
}

/**
 * One transaction at a time per key: per account, per underlying for the walk and for its cap, per bucket for the pool. Top-ups have keys of their own: one that fails, because the
 * owner's wallet is empty, must not delay the liquidation of the account.
 */
export function keyOf(action: Action): string {
  if (isSettlement(action)) return settlementKey(action);
  if (isVaultAction(action)) return vaultKey(action);
  if (action.kind === "refreshCover") return coverKey(action.underlying);
  if (action.kind === "topUp") return topUpKey(action.account);
  return action.kind === "walkRounds" ? `walk:${action.underlying}` : accountKey(action.account);
}

export function isSettlement(action: Action): action is SettlementAction {
  const kinds: readonly ActionKind[] = ["proveSettlement", "settleExpired", "settleLosses", "accrueFunding"];
  return kinds.includes(action.kind);
}

export function isVaultAction(action: Action): action is VaultAction {
  return action.kind === "refreshBucket" || action.kind === "executeRequests" || action.kind === "releaseEmpty";
}

/** Share of the expected payment that an action must still bring: marks may move a little before it is mined. */
export const PAYMENT_TOLERANCE = wad(0.98);

export function topUpKey(account: bigint): string {
  return `topUp:${accountKey(account)}`;
}

const MAX_ROUNDS_PER_WALK = 128;

export function prepareWalk(deployment: Deployment, underlying: number): Prepared {
  return {
    key: `walk:${underlying}`,
    kind: "walkRounds",
    to: deployment.volatilityOracle,
    data: volatilityInterface.encodeFunctionData("walk", [underlying, MAX_ROUNDS_PER_WALK]),
    expectedProfit: 0n,
    subject: {},
  };
}

export function prepareAccountAction(deployment: Deployment, kind: AccountActionKind, account: bigint): Prepared {
  const data = encodeAccountAction(kind, account);
  return { key: accountKey(account), kind, to: deployment.liquidator, data, expectedProfit: 0n, subject: { account } };
}

/** @param autoTopUp - Its address. */
export function prepareTopUp(autoTopUp: string, { kind, account, expectedProfit }: TopUpAction): Prepared {
  const data = autoTopUpInterface.encodeFunctionData("topUp", [account]);
  return { key: topUpKey(account), kind, to: autoTopUp, data, expectedProfit, subject: { account } };
}

function encodeAccountAction(kind: AccountActionKind, account: bigint): string {
  switch (kind) {
    case "startAuction":
      return liquidatorInterface.encodeFunctionData("startAuction", [account]);
    case "confirmAuction":
      return liquidatorInterface.encodeFunctionData("confirmAuction", [account]);
    case "endAuction":
      return liquidatorInterface.encodeFunctionData("endAuction", [account]);
    case "callMargin":
      return liquidatorInterface.encodeFunctionData("callMargin", [account]);
    case "clearMarginCall":
      return liquidatorInterface.encodeFunctionData("clearMarginCall", [account]);
    case "absorb":
      return liquidatorInterface.encodeFunctionData("absorb", [account]);
  }
}

export interface LegsOrder {
  readonly account: bigint;
  readonly taker: bigint;
  readonly legs: readonly Leg[];
  readonly minRate: bigint;
  readonly deadline: number;
  readonly expectedProfit: bigint;
}

export function prepareLiquidation(deployment: Deployment, order: LegsOrder): Prepared {
  const { account, taker, legs, minRate, deadline, expectedProfit } = order;
  const data = liquidatorInterface.encodeFunctionData("liquidate", [
    { account, taker, legs: legs.map(packLeg), minRate, deadline },
  ]);
  const key = accountKey(account);
  return {
    key,
    kind: "liquidateLegs",
    to: deployment.liquidator,
    data,
    expectedProfit,
    subject: { account, taker, legs },
  };
}

export interface WholeOrder {
  readonly account: bigint;
  readonly taker: bigint;
  readonly funder: bigint;
  readonly funding: bigint;
  readonly minPayment: bigint;
  readonly deadline: number;
  readonly expectedProfit: bigint;
  readonly legs: readonly Leg[];
}

export function prepareTakeOver(deployment: Deployment, order: WholeOrder): Prepared {
  const { account, taker, funder, funding, minPayment, deadline, expectedProfit, legs } = order;
  const data = liquidatorInterface.encodeFunctionData("takeOver", [
    { account, taker, funder, funding, minPayment, deadline },
  ]);
  const key = accountKey(account);
  return { key, kind: "takeOver", to: deployment.liquidator, data, expectedProfit, subject: { account, taker, legs } };
}
