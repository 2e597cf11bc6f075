// Child of `npm run incidents`: runs compiled Solidity tests of the project in its working directory and tells the parent how each ended.
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import type { Ending } from "./scenario.ts";

interface Suite {
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly reason?: string }[];
}

function suitesOf(result: unknown): readonly Suite[] {
  const { value, error } = result as { value?: unknown; error?: unknown };
  const outcome = value ?? error;
  if (typeof outcome === "object" && outcome !== null && "suiteResults" in outcome) {
    return outcome.suiteResults as readonly Suite[];
  }
  throw new TypeError("Hardhat's Solidity runner returned no results");
}

const root = process.cwd();
const hre = await createHardhatRuntimeEnvironment(config, {}, root);
const result: unknown = await hre.tasks
  .getTask(["test", "solidity"])
  .run({ noCompile: true, testFiles: process.argv.slice(2), testSummaryIndex: 1 });
const endings: Ending[] = suitesOf(result).flatMap((suite) =>
  suite.testResults.map(({ name, status, reason }) => ({ name, isGreen: status === "Success", reason: reason ?? "" })),
);
process.send?.(endings, () => {
  // Without this, a handle that a test left open would keep the process alive.
  process.exit(0);
});
