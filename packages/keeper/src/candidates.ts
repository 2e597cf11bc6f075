import { Kind, fieldsOf } from "@plimsoll/client";
import { isDerivative } from "./domain.js";
import type { Leg } from "./domain.js";

/** A leg with its requirement alone, USD WAD. */
export interface WeighedLeg extends Leg {
  readonly requirement: bigint;
}

function underlyingOf({ instrument }: Leg): number {
  return fieldsOf(instrument).underlying;
}

/** The direction that a leg gains in: +1 with a rising, −1 with a falling underlying. */
function direction({ instrument, size }: Leg): number {
  const sign = size > 0n ? 1 : -1;
  return fieldsOf(instrument).kind === Kind.Put ? -sign : sign;
}

/** Legs on one underlying that gain in opposite directions. */
export function isHedgedPair(a: Leg, b: Leg): boolean {
  return underlyingOf(a) === underlyingOf(b) && direction(a) !== direction(b);
}

function byRequirement(a: readonly WeighedLeg[], b: readonly WeighedLeg[]): number {
  const [left, right] = [total(a), total(b)];
  return left === right ? 0 : left < right ? 1 : -1;
}

function total(legs: readonly WeighedLeg[]): bigint {
  return legs.reduce((sum, { requirement }) => sum + requirement, 0n);
}

function keyOf(legs: readonly Leg[]): string {
  return legs
    .map(({ instrument }) => instrument.toString(36))
    .sort()
    .join(" ");
}

/** The whole, with and without the collateral: what a floor-bound account is taken by. */
export function wholeGroups(legs: readonly WeighedLeg[]): WeighedLeg[][] {
  return distinct([legs.filter(isDerivative), [...legs]]);
}

/**
 * Groups of legs worth comparing, at most `limit`: a slice of everything (it removes requirement one for one and can always
 * be sized), of all derivatives, of each underlying's, hedged pairs, and single legs, the heaviest first.
 */
export function candidateGroups(legs: readonly WeighedLeg[], limit: number): WeighedLeg[][] {
  const derivatives = legs.filter(isDerivative);
  const underlyings = new Set(derivatives.map(underlyingOf));
  const perUnderlying = [...underlyings].map((id) => derivatives.filter((leg) => underlyingOf(leg) === id));
  const heaviest = [...derivatives].sort((a, b) => byRequirement([a], [b])).slice(0, limit);
  const pairs = heaviest.flatMap((a, i) =>
    heaviest
      .slice(i + 1)
      .filter((b) => isHedgedPair(a, b))
      .map((b) => [a, b]),
  );
  const singles = heaviest.map((leg) => [leg]);
  const small = interleave(singles, pairs.sort(byRequirement));
  return distinct([[...legs], derivatives, ...perUnderlying.sort(byRequirement), ...small]).slice(0, limit);
}

function interleave<T>(a: readonly T[], b: readonly T[]): T[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => [...a.slice(i, i + 1), ...b.slice(i, i + 1)]).flat();
}

function distinct(groups: WeighedLeg[][]): WeighedLeg[][] {
  const seen = new Map(groups.filter((group) => group.length > 0).map((group) => [keyOf(group), group]));
  return [...seen.values()];
}
