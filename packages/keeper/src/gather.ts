import { WAD, addLegs, isDerivative, isHoldable, max, min, mulWadDown, negate, scaleLegs } from "./domain.js";
import type { Leg, Portfolio, Risk } from "./domain.js";
import type { WeighedLeg } from "./candidates.js";
import type { Evaluate } from "./legs.js";

/** Both sides of a package. `target`: requirement that may be removed, USD WAD. */
export interface Gathering {
  readonly portfolio: Portfolio;
  readonly risk: Risk;
  readonly taker: { readonly portfolio: Portfolio; readonly risk: Risk };
  readonly target: bigint;
  /** What a slice is worth to the taker, USD WAD, by what it removes there and adds here. */
  readonly worthOf: (slice: Slice) => bigint;
}

/** A part of one leg. USD WAD: value at mark, requirement removed from the account and added to the taker's. */
export interface Slice {
  readonly leg: Leg;
  readonly value: bigint;
  readonly removed: bigint;
  readonly added: bigint;
}

interface Side {
  readonly portfolio: Portfolio;
  readonly requirement: bigint;
}

/** Single legs that are tried in each round, the heaviest. */
const TRIED_LEGS = 16;
const ROUNDS = 8;
/** A slice has so much of the target for its requirement alone: it may remove as much. */
const SLICES_OF_TARGET = 4n;

/**
 * Slices of single legs, one after the other until the target is reached: each time the one that is worth most per USD of
 * requirement removed. Requirements are convex in sizes, so what a slice is worth falls as more of its like is taken.
 */
export async function gatherLegs(
  legs: readonly ValuedLeg[],
  { portfolio, risk, taker, target, worthOf }: Gathering,
  evaluate: Evaluate,
): Promise<Leg[]> {
  const heaviest = [...legs].filter(isDerivative).sort(byRequirement).slice(0, TRIED_LEGS);
  const slices = heaviest.map((leg) => sliceOf(leg, target / SLICES_OF_TARGET));
  let account: Side = { portfolio, requirement: risk.maintenanceBeforeFloor };
  let book: Side = { portfolio: taker.portfolio, requirement: taker.risk.maintenanceBeforeFloor };
  let gathered: Leg[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (risk.maintenanceBeforeFloor - account.requirement >= target) break;
    const { legs: held } = book.portfolio;
    const open = slices.filter((slice) => isLeft(slice, { legs, gathered }) && isHoldable(addLegs(held, [slice.leg])));
    const found = await bestSlice(open, { account, book, worthOf }, evaluate);
    if (!found) break;
    gathered = addLegs(gathered, [found.slice.leg]);
    ({ account, book } = found);
  }
  return gathered;
}

export interface ValuedLeg extends WeighedLeg {
  /** At mark, USD WAD. */
  readonly value: bigint;
}

function byRequirement(a: ValuedLeg, b: ValuedLeg): number {
  return a.requirement === b.requirement ? 0 : a.requirement < b.requirement ? 1 : -1;
}

function sliceOf(leg: ValuedLeg, requirement: bigint): { leg: Leg; value: bigint } {
  const share = min((requirement * WAD) / max(leg.requirement, 1n), WAD);
  const [sized] = scaleLegs([leg], share);
  return { leg: sized ?? { ...leg, size: 0n }, value: mulWadDown(leg.value, share) };
}

/** Whether so much is left of the leg. */
function isLeft(
  { leg }: { leg: Leg },
  { legs, gathered }: { legs: readonly Leg[]; gathered: readonly Leg[] },
): boolean {
  const sizeIn = (list: readonly Leg[]) => list.find(({ instrument }) => instrument === leg.instrument)?.size ?? 0n;
  const left = sizeIn(legs) - sizeIn(gathered);
  return leg.size !== 0n && (leg.size > 0n ? left >= leg.size : left <= leg.size);
}

interface Sides {
  readonly account: Side;
  readonly book: Side;
  readonly worthOf: Gathering["worthOf"];
}

async function bestSlice(
  slices: readonly { leg: Leg; value: bigint }[],
  { account, book, worthOf }: Sides,
  evaluate: Evaluate,
): Promise<(Sides & { slice: Slice }) | undefined> {
  const moves = slices.map(({ leg, value }) => ({
    from: { cash: account.portfolio.cash + value, legs: addLegs(account.portfolio.legs, negate([leg])) },
    to: { cash: book.portfolio.cash - value, legs: addLegs(book.portfolio.legs, [leg]) },
  }));
  const risks = await evaluate([...moves.map(({ from }) => from), ...moves.map(({ to }) => to)]);
  let best: (Sides & { slice: Slice; worth: bigint }) | undefined;
  for (const [i, { from, to }] of moves.entries()) {
    const [left, carried, tried] = [risks[i], risks[moves.length + i], slices[i]];
    if (!left || !carried || !tried) continue;
    const removed = account.requirement - left.maintenanceBeforeFloor;
    if (removed <= 0n) continue;
    const slice = { ...tried, removed, added: carried.maintenanceBeforeFloor - book.requirement };
    const worth = (worthOf(slice) * WAD) / removed;
    if (best && worth <= best.worth) continue;
    best = {
      account: { portfolio: from, requirement: left.maintenanceBeforeFloor },
      book: { portfolio: to, requirement: carried.maintenanceBeforeFloor },
      ...{ worthOf, slice, worth },
    };
  }
  return best;
}
