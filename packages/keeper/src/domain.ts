import { Kind, fieldsOf, instrumentOf, sizeOf, toPosition } from "@plimsoll/client";
import type { Position } from "@plimsoll/client";

/** One USD, one unit, 100 %: fixed point with 18 decimals. */
export const WAD = 10n ** 18n;

export function wad(value: number): bigint {
  return BigInt(Math.round(value * 1e9)) * 10n ** 9n;
}

/** For logs and metrics only. */
export function fromWad(value: bigint): number {
  return Number(value) / 1e18;
}

export function mulWadDown(a: bigint, b: bigint): bigint {
  return floorDiv(a * b, WAD);
}

/** Rounds towards plus infinity. `b` positive. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return -floorDiv(-a, b);
}

/** Rounds towards minus infinity. `b` positive. */
export function floorDiv(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}

export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function abs(a: bigint): bigint {
  return a < 0n ? -a : a;
}

/** As in the contracts: inside the heartbeat, older than it, not to be trusted. */
export const Validity = { Fresh: 0, Late: 1, Invalid: 2 } as const;
export type Validity = (typeof Validity)[keyof typeof Validity];

/** One leg. `size` in units, WAD, negative when short. */
export interface Leg {
  readonly instrument: bigint;
  readonly size: bigint;
}

/** `cash`: balance plus entry values, USD WAD, as the margin engine sees it. */
export interface Portfolio {
  readonly cash: bigint;
  readonly legs: readonly Leg[];
}

/** What one evaluation says; USD WAD, `validSince` in Unix seconds. */
export interface Risk {
  readonly equity: bigint;
  readonly initial: bigint;
  readonly maintenance: bigint;
  readonly maintenanceBeforeFloor: bigint;
  readonly stressLoss: bigint;
  readonly validity: Validity;
  readonly validSince: number;
}

/** `startedAt` 0 where there is no live auction; `confirmedAt` when it was last seen below its line; `rate` WAD per USD of requirement removed; `payment` for the whole, USD WAD. */
export interface AuctionState {
  readonly startedAt: number;
  readonly confirmedAt: number;
  readonly elapsedSeconds: number;
  readonly rate: bigint;
  readonly isWhole: boolean;
  readonly isBankrupt: boolean;
  readonly payment: bigint;
}

/** What an owner lets a top-up pull for an account, in USDC units, fees included; `target` is equity per USD of initial requirement, WAD. */
export interface Authorisation {
  readonly budgetInTokens: bigint;
  readonly limitInTokens: bigint;
  readonly maxFeeInTokens: bigint;
  /** Unix seconds, inclusive. */
  readonly expiry: number;
  readonly target: bigint;
  readonly mayFallShort: boolean;
}

/** An account as the Lens shows it. `marginCalledAt` 0 if not called. */
export interface AccountView {
  readonly account: bigint;
  readonly portfolio: Portfolio;
  readonly risk: Risk;
  readonly auction: AuctionState;
  readonly marginCalledAt: number;
}

/** One underlying as seen in a tick. Price USD WAD, volatilities per year WAD, times in Unix seconds. */
export interface MarketView {
  readonly underlying: number;
  readonly price: bigint;
  readonly updatedAt: number;
  readonly validity: Validity;
  readonly initialVolatility: bigint;
  readonly maintenanceVolatility: bigint;
  readonly walkedTo: number;
}

export function isDerivative({ instrument }: Leg): boolean {
  return fieldsOf(instrument).kind !== Kind.Spot;
}

/** One of the names under which a keeper does one thing at a time. */
export function accountKey(account: bigint): string {
  return `0x${account.toString(16)}`;
}

export function packLeg({ instrument, size }: Leg): Position {
  return toPosition(instrument, size);
}

export function unpackLeg(position: Position): Leg {
  return { instrument: instrumentOf(position), size: sizeOf(position) };
}

/** Legs with the sizes of the same instrument added; what comes to nothing is left out. */
export function addLegs(base: readonly Leg[], added: readonly Leg[]): Leg[] {
  const sizes = new Map<bigint, bigint>();
  for (const { instrument, size } of [...base, ...added]) sizes.set(instrument, (sizes.get(instrument) ?? 0n) + size);
  return [...sizes].filter(([, size]) => size !== 0n).map(([instrument, size]) => ({ instrument, size }));
}

export function negate(legs: readonly Leg[]): Leg[] {
  return legs.map(({ instrument, size }) => ({ instrument, size: -size }));
}

/** Sizes times `fraction` (WAD, up to one), truncated towards zero. */
export function scaleLegs(legs: readonly Leg[], fraction: bigint): Leg[] {
  return legs
    .map(({ instrument, size }) => ({ instrument, size: (size * fraction) / WAD }))
    .filter(({ size }) => size !== 0n);
}

/** As `types/Limits.sol`. */
const MAX_LEGS = 128;
const MAX_EXPIRIES = 12;

/** Whether one account can hold so many legs and, of each underlying, so many expiries. */
export function isHoldable(legs: readonly Leg[]): boolean {
  if (legs.length > MAX_LEGS) return false;
  const expiries = new Map<number, Set<number>>();
  for (const { instrument } of legs) {
    const { underlying, expiry } = fieldsOf(instrument);
    if (expiry !== 0) expiries.set(underlying, (expiries.get(underlying) ?? new Set()).add(expiry));
  }
  return [...expiries.values()].every(({ size }) => size <= MAX_EXPIRIES);
}
