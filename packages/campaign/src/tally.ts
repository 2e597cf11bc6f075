import type { Outcome } from "./chain/stage.ts";

const fromWad = (value: bigint) => Number(value) / 1e18;

/** What came of steps, added up. USD where not a count. */
export interface Tally {
  /** Steps that called something or changed the world. */
  operations: number;
  /** Of these, calls that the contracts refused. */
  refused: number;
  liquidations: number;
  takeOvers: number;
  deleveragings: number;
  badDebt: number;
  /** How often each function of the external surface went through. */
  readonly done: Record<string, number>;
  /** How often each event of the clearinghouse, the liquidator and the pool was seen, and each reason of a refusal. */
  readonly seen: Record<string, number>;
}

export function emptyTally(): Tally {
  return { operations: 0, refused: 0, liquidations: 0, takeOvers: 0, deleveragings: 0, badDebt: 0, done: {}, seen: {} };
}

/** What an event of the liquidator adds. */
const EVENTS: Readonly<Record<string, (tally: Tally, of: (name: string) => number) => void>> = {
  Liquidated(tally) {
    tally.liquidations++;
  },
  AccountTaken(tally, of) {
    tally.takeOvers++;
    tally.badDebt += of("badDebt");
  },
  AccountDeleveraged(tally, of) {
    tally.deleveragings++;
    tally.badDebt += of("fromReserve") + of("fromBackstop") + of("charged");
  },
};

const increase = (counts: Record<string, number>, key: string, by = 1) => (counts[key] = (counts[key] ?? 0) + by);

/** Counts one step; one that only changed the world has no outcome. @param called What was called. */
export function count(tally: Tally, outcome?: Outcome, called = ""): void {
  tally.operations++;
  if (outcome === undefined) return;
  if (outcome.refusal === undefined) increase(tally.done, called);
  else {
    tally.refused++;
    increase(tally.seen, `refused: ${outcome.refusal.errorName}`);
  }
  for (const { name } of [...outcome.ledger, ...outcome.liquidator, ...outcome.pool]) increase(tally.seen, name);
  for (const { name: event, args } of outcome.liquidator) {
    EVENTS[event]?.(tally, (key) => fromWad(args.getValue(key) as bigint));
  }
}

export function add(total: Tally, part: Tally): void {
  total.operations += part.operations;
  total.refused += part.refused;
  total.liquidations += part.liquidations;
  total.takeOvers += part.takeOvers;
  total.deleveragings += part.deleveragings;
  total.badDebt += part.badDebt;
  for (const key of ["done", "seen"] as const) {
    for (const [name, times] of Object.entries(part[key])) increase(total[key], name, times);
  }
}
