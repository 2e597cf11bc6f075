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
}

export function emptyTally(): Tally {
  return { operations: 0, refused: 0, liquidations: 0, takeOvers: 0, deleveragings: 0, badDebt: 0 };
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

/** Counts one step; one that only changed the world has no outcome. */
export function count(tally: Tally, outcome?: Outcome): void {
  tally.operations++;
  if (outcome?.refusal !== undefined) tally.refused++;
  for (const { name: event, args } of outcome?.liquidator ?? []) {
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
}
