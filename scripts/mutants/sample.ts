import { Random } from "@plimsoll/replay";
import type { Mutant } from "./mutant.ts";

/** What is tried of one file: the first `wanted` of `candidates` that compile. */
export interface Stratum {
  readonly file: string;
  readonly wanted: number;
  readonly candidates: readonly Mutant[];
}

/**
 * Of each file as many as its share of all mutants, drawn by the seed; one at least of each file that has any, as far as `count` goes. What stands
 * behind the first `wanted` replaces mutants that do not compile. The same seed gives the same, whatever the other files hold.
 */
export function sampleOf(files: ReadonlyMap<string, readonly Mutant[]>, count: number, seed: number): Stratum[] {
  const sized = [...files].filter(([, mutants]) => mutants.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const wanted = shares(
    sized.map(([, mutants]) => mutants.length),
    count,
  );
  return sized.map(([file, mutants], i) => ({
    file,
    wanted: wanted[i] ?? 0,
    candidates: shuffled(mutants, new Random(`mutants/${seed}/${file}`)),
  }));
}

/** Whole numbers in proportion to the sizes that add up to `count`: rounded down, the rest to the largest remainders. */
export function shares(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const bounded = Math.min(count, total);
  const exact = sizes.map((size) => (bounded * size) / total);
  const given = exact.map(Math.floor);
  const missing = bounded - given.reduce((sum, size) => sum + size, 0);
  const order = exact
    .map((size, i) => ({ i, rest: size - Math.floor(size) }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of order.slice(0, missing)) given[i] = (given[i] ?? 0) + 1;
  return given;
}

/** In an order that the numbers give. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.integer(left.length), 1)).flat();
}
