import { Random } from "@plimsoll/replay";
import type { Mutant } from "./mutant.ts";
import { shuffled, type Stratum } from "./sample.ts";
import type { Outcome } from "./trial.ts";

/** Hands out the mutants of a sample, files mixed, and another of the same file for each that does not compile. */
export class Queue {
  readonly #turns: Stratum[];
  readonly #taken = new Map<Stratum, number>();

  /** In an order that the seed gives, so that what an interrupted run has done is a sample too. */
  constructor(strata: readonly Stratum[], seed: number) {
    const turns = strata.flatMap((stratum) => Array.from({ length: stratum.wanted }, () => stratum));
    this.#turns = shuffled(turns, new Random(`mutants/${seed}/order`));
  }

  /** The next mutant, with how to say what became of it. */
  next(): { readonly mutant: Mutant; readonly ended: (outcome: Outcome) => void } | undefined {
    const stratum = this.#turns.shift();
    if (stratum === undefined) return undefined;
    const place = this.#taken.get(stratum) ?? 0;
    this.#taken.set(stratum, place + 1);
    const mutant = stratum.candidates[place];
    if (mutant === undefined) return this.next();
    const ended = (outcome: Outcome) => {
      if (outcome === "does not compile") this.#turns.push(stratum);
    };
    return { mutant, ended };
  }
}
