import type { Incident, Mutant } from "../../test/incidents/mutants.ts";
import type { Ending } from "./testProcess.ts";

/** `red` is the only good one: the assertion that the mutant names has failed. */
export type Outcome = "red" | "green" | "red for another reason" | "does not compile";

export interface Verdict {
  readonly incident: string;
  readonly mutant: string;
  readonly outcome: Outcome;
  /** Why, where the outcome is not `red`. */
  readonly reason: string;
  readonly seconds: number;
}

/** A name that no incident has. */
export class UnknownIncidentError extends Error {
  override readonly name = "UnknownIncidentError";

  constructor(
    readonly incident: string,
    readonly known: readonly string[],
  ) {
    super(`no incident is called ${incident}; there are ${known.join(", ")}`);
  }
}

/** The scenarios are not green on the code as it is, so that red says nothing. */
export class ControlError extends Error {
  override readonly name = "ControlError";

  constructor(readonly failures: readonly Ending[]) {
    super(["not green without a mutant:", ...failures.map(({ name, reason }) => `  ${name}: ${reason}`)].join("\n"));
  }
}

/** Those named, or all. */
export function chosen(incidents: readonly Incident[], names: readonly string[]): readonly Incident[] {
  const known = incidents.map(({ name }) => name);
  for (const name of names) if (!known.includes(name)) throw new UnknownIncidentError(name, known);
  return names.length === 0 ? incidents : incidents.filter(({ name }) => names.includes(name));
}

/** What a run on a mutant says: an assertion fails with its message inside the reason; a revert elsewhere is no proof. */
export function outcomeOf(endings: readonly Ending[], { red }: Mutant): { outcome: Outcome; reason: string } {
  const failures = endings.filter(({ isGreen }) => !isGreen);
  const reason = failures.map(({ name, reason: why }) => `${name}: ${why}`).join("; ");
  if (failures.length === 0) return { outcome: "green", reason: "no test failed" };
  const isMeant = failures.some(({ reason: why }) => why.startsWith("AssertionFailed") && why.includes(red));
  return isMeant ? { outcome: "red", reason: "" } : { outcome: "red for another reason", reason };
}

/** A line for each mutant. */
export function table(verdicts: readonly Verdict[]): string {
  const widths = [widthOf(verdicts, "incident"), widthOf(verdicts, "mutant")] as const;
  const lines = verdicts.map(({ incident, mutant, outcome, seconds, reason }) => {
    const line = `${incident.padEnd(widths[0])}  ${mutant.padEnd(widths[1])}  ${seconds.toFixed(1).padStart(5)} s  ${outcome}`;
    return reason === "" ? line : `${line}\n    ${reason}`;
  });
  return lines.join("\n");
}

function widthOf(verdicts: readonly Verdict[], column: "incident" | "mutant"): number {
  return Math.max(...verdicts.map((verdict) => verdict[column].length));
}
