import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

/** How the tests of one contract ended. */
export interface Suite {
  readonly id: { readonly source: string; readonly name: string };
  readonly testResults: readonly Result[];
}

export interface Result {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  readonly durationNs: bigint;
  readonly kind?: unknown;
}

export interface Outcome {
  readonly summary: { readonly passed: number; readonly failed: number; readonly failureOutput: string };
  readonly suiteResults: readonly Suite[];
}

export interface Selection {
  readonly testFiles?: string[];
  readonly grep?: string;
}

/** Runs compiled Solidity tests, all unless some are selected. */
export async function runSolidityTests(hre: HardhatRuntimeEnvironment, selection: Selection = {}): Promise<Outcome> {
  // A positive index makes Hardhat return the counts and the report of the failures instead of printing the latter.
  const result: unknown = await hre.tasks
    .getTask(["test", "solidity"])
    .run({ noCompile: true, testSummaryIndex: 1, ...selection });
  const { value, error } = result as { value?: unknown; error?: unknown };
  const outcome = value ?? error;
  if (!isOutcome(outcome)) throw new TypeError("Hardhat's Solidity runner returned no results");
  return outcome;
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === "object" && value !== null && "summary" in value && "suiteResults" in value;
}
