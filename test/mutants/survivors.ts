/** A mutant that no test kills, and why none has to. */
export interface Survivor {
  /** As `npm run mutants` prints it. */
  readonly id: string;
  readonly reason: string;
}

export const SURVIVORS: readonly Survivor[] = [];
