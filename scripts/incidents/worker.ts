// Child of `npm run incidents` and `npm run mutants`: runs compiled Solidity tests of the project in its working directory, as often as the parent
// names some, and tells it how each ended.
import type { HardhatUserConfig } from "hardhat/types/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import type { Ending } from "./testProcess.ts";

const FUZZ_SEED = "0x1";

interface Suite {
  readonly id: { readonly source: string; readonly name: string };
  readonly testResults: readonly Result[];
}

interface Result {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  readonly durationNs: bigint;
}

function suitesOf(result: unknown): readonly Suite[] {
  const { value, error } = result as { value?: unknown; error?: unknown };
  const outcome = value ?? error;
  if (typeof outcome === "object" && outcome !== null && "suiteResults" in outcome) {
    return outcome.suiteResults as readonly Suite[];
  }
  throw new TypeError("Hardhat's Solidity runner returned no results");
}

/** As configured, but with the runs of a fuzz test that the parent names, and drawn alike each time. */
function withFuzzRuns(runs: number): HardhatUserConfig {
  const fuzz = { runs, seed: FUZZ_SEED };
  return { ...config, test: { ...config.test, solidity: { ...config.test?.solidity, fuzz } } };
}

async function run(files: string[]): Promise<Ending[]> {
  // Hardhat reads artifacts once: what has been compiled since is seen by an environment of its own.
  const hre = await createHardhatRuntimeEnvironment(settings, {}, process.cwd());
  const result: unknown = await hre.tasks
    .getTask(["test", "solidity"])
    .run({ noCompile: true, testFiles: files, testSummaryIndex: 1 });
  return suitesOf(result).flatMap(({ id, testResults }) =>
    testResults.map(({ name, status, reason, durationNs }) => ({
      file: id.source.replace(/^project\//, ""),
      name: `${id.name}.${name}`,
      isGreen: status === "Success",
      reason: reason ?? "",
      seconds: Number(durationNs) / 1e9,
    })),
  );
}

const [runs] = process.argv.slice(2);
const settings = runs === undefined ? config : withFuzzRuns(Number(runs));
process.on("message", (files: string[]) => {
  void run(files).then(
    (endings) => process.send?.(endings),
    (error: unknown) => process.send?.(String(error)),
  );
});
// Without this, a handle that a test left open would keep the process alive.
process.on("disconnect", () => process.exit(0));
