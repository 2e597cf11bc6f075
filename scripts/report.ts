import type { Difference } from "../deploy/difference.ts";

/** Prints what differs, and makes the process fail if anything does. */
export function report(differences: readonly Difference[]): void {
  for (const { what, expected, found } of differences) {
    console.error(`DIFFERS  ${what}\n  expected ${expected}\n  found    ${found}`);
  }
  if (differences.length === 0) console.log("verified: code, wiring, parameters, roles and delays are as intended");
  else process.exitCode = 1;
}
