import { fieldsOf, Kind } from "@plimsoll/client";
import { bankruptcyPayment, compensationRate, isBankrupt } from "./auctionCurve.ts";
import type { MarginModel } from "./marginModel.ts";
import type { Leg, Portfolio, Risk } from "./market.ts";

/** As the constants of `Liquidator.sol`, which say why. */
export const LIQUIDATION_RULES = {
  minOwnShare: 0.5,
  minShare: 0.05,
  target: 1.15,
  /** USD. */
  targetTolerance: 1,
  feeShare: 0.1,
  backstopLimit: 0.25,
} as const;

/** Where an auction stands; as `AuctionState` of `ILiquidator.sol`. */
export interface AuctionState {
  readonly elapsedSeconds: number;
  readonly rate: number;
  /** What is left is the account floor's: legs can be taken, but only all of them. */
  readonly isFloorBound: boolean;
  /** c has reached E/R, or there is no equity: legs are no longer sold. */
  readonly isOfferedWhole: boolean;
  readonly isBankrupt: boolean;
  /** To the taker of the whole, USD, equity included. */
  readonly payment: number;
}

/** The error by which the contracts refuse a package, in the order in which they look. */
export type Refusal =
  | "AboveMaintenance"
  | "WholeOnly"
  | "HealthLowered"
  | "BelowInitialMargin"
  | "HedgeStripped"
  | "TailWorsened"
  | "TooSmall"
  | "NotWhole"
  | "OverLiquidation";

/** Legs carry the sign of the account's position. */
export interface Package {
  readonly from: Portfolio;
  readonly to: Portfolio;
  readonly legs: readonly Leg[];
  readonly rate: number;
}

/** What a package does to both sides; USD, at the maintenance tier. */
export interface Seizure {
  readonly before: Risk;
  /** The package alone. */
  readonly legs: Risk;
  readonly remaining: Risk;
  readonly taker: Risk;
  /** ΔR. */
  readonly removed: number;
  /** What leaves the account's equity, negative where the taker pays. */
  readonly payment: number;
  /** The backstop's part of it. */
  readonly fee: number;
  readonly from: Portfolio;
  readonly to: Portfolio;
  readonly refusal: Refusal | undefined;
}

/** Who else pays or is paid; USD. */
export interface AuctionTerms {
  /** What the protocol can add to the equity of a bankrupt account. */
  readonly reserve?: number;
  /** What is due to who started the auction: paid out of the equity, in bankruptcy by the reserve. */
  readonly due?: number;
}

export function auctionState(
  risk: Risk,
  elapsedSeconds: number,
  { reserve = 0, due = 0 }: AuctionTerms = {},
): AuctionState {
  const rate = compensationRate(elapsedSeconds);
  const isBelow = risk.equity < risk.maintenance;
  const bankrupt = isBelow && isBankrupt(risk.equity, elapsedSeconds);
  const available = bankrupt ? reserve : 0;
  const left = risk.equity - Math.min(due, available + Math.max(risk.equity, 0));
  const subsidy = bankrupt ? bankruptcyPayment(risk, elapsedSeconds) - left : 0;
  return {
    elapsedSeconds,
    rate,
    isFloorBound: isFloorBound(risk),
    isOfferedWhole: isOfferedWhole(rate, risk),
    isBankrupt: bankrupt,
    payment: left + Math.min(subsidy, available),
  };
}

/** Whether the backstop may take the account over. */
export function isBackstopsTurn(
  risk: Pick<Risk, "equity" | "maintenance">,
  elapsedSeconds: number,
  reserve: number,
): boolean {
  if (risk.equity >= risk.maintenance || !isBankrupt(risk.equity, elapsedSeconds)) return false;
  const offer = bankruptcyPayment(risk, elapsedSeconds);
  return offer - risk.equity > reserve || offer >= LIQUIDATION_RULES.backstopLimit * risk.maintenance;
}

export function isFloorBound(risk: Risk): boolean {
  return risk.maintenance > risk.maintenanceBeforeFloor;
}

function isOfferedWhole(rate: number, { equity, maintenance }: Risk): boolean {
  return equity <= 0 || rate * maintenance >= equity;
}

/** `Clearinghouse.seize` and the guards of `Liquidator.liquidate` in float64. */
export function seize(model: Pick<MarginModel, "evaluate">, { from, to, legs, rate }: Package): Seizure {
  const before = model.evaluate(from);
  const alone = model.evaluate({ cash: 0, legs });
  const value = alone.equity;
  const unpaid = { cash: from.cash + value, legs: withLegs(from.legs, legs, -1) };
  const supposed = model.evaluate(unpaid);
  const first = rate * (before.maintenance - supposed.maintenance);
  // Paying may turn cash into debt, and a requirement of nothing into the floor: the account pays for what is removed then.
  const paid = { ...unpaid, cash: unpaid.cash - first };
  const isOtherwiseLiable = first > 0 && hasLiabilities(paid) !== hasLiabilities(unpaid);
  const left = isOtherwiseLiable ? model.evaluate(paid) : supposed;
  const payment = isOtherwiseLiable ? rate * (before.maintenance - left.maintenance) : first;
  const remaining = { ...left, equity: supposed.equity - payment };
  const fee = Math.max(payment, 0) * LIQUIDATION_RULES.feeShare;
  const takerAfter = { cash: to.cash - value + payment - fee, legs: withLegs(to.legs, legs, 1) };
  const taker = model.evaluate(takerAfter);
  const removed = before.maintenance - remaining.maintenance;
  const outcome = { before, legs: alone, remaining, taker, removed, payment, fee };
  const portfolios = { from: { ...unpaid, cash: unpaid.cash - payment }, to: takerAfter };
  return { ...outcome, ...portfolios, refusal: refusalOf({ ...outcome, rate }) };
}

type Judged = Pick<Seizure, "before" | "legs" | "remaining" | "taker" | "removed"> & { readonly rate: number };

function refusalOf(outcome: Judged): Refusal | undefined {
  const { before, remaining, taker, rate } = outcome;
  if (before.equity >= before.maintenance) return "AboveMaintenance";
  if (isOfferedWhole(rate, before)) return "WholeOnly";
  if (remaining.equity * before.maintenance < before.equity * remaining.maintenance) return "HealthLowered";
  if (taker.equity < taker.initial) return "BelowInitialMargin";
  return unhelpfulness(outcome);
}

function unhelpfulness({ before, legs, remaining, removed: signed }: Judged): Refusal | undefined {
  const { minOwnShare, minShare, target, targetTolerance } = LIQUIDATION_RULES;
  const removed = Math.max(signed, 0);
  if (removed < minOwnShare * legs.maintenanceBeforeFloor) return "HedgeStripped";
  if (remaining.stressLoss > Math.max(before.stressLoss, remaining.equity)) return "TailWorsened";
  const isLast = remaining.equity >= remaining.maintenance || isFloorBound(remaining);
  if (!isLast && removed < minShare * before.maintenance) return "TooSmall";
  if (isFloorBound(before)) return remaining.maintenance === 0 ? undefined : "NotWhole";
  return remaining.equity > target * remaining.maintenance + targetTolerance ? "OverLiquidation" : undefined;
}

/** As `MarginRules.hasLiabilities`. */
function hasLiabilities({ cash, legs }: Portfolio): boolean {
  return cash < 0 || legs.some(({ instrument }) => fieldsOf(instrument).kind !== Kind.Spot);
}

/** Of a size that float64 leaves where a leg was taken as a whole. */
const DUST = 1e-12;

/** @param sign - −1 where the legs leave. */
function withLegs(base: readonly Leg[], legs: readonly Leg[], sign: 1 | -1): Leg[] {
  const sizes = new Map(base.map(({ instrument, size }) => [instrument, size]));
  for (const { instrument, size } of legs) {
    const held = sizes.get(instrument) ?? 0;
    const next = held + sign * size;
    if (Math.abs(next) <= DUST * Math.abs(size)) sizes.delete(instrument);
    else sizes.set(instrument, next);
  }
  return [...sizes].map(([instrument, size]) => ({ instrument, size }));
}
