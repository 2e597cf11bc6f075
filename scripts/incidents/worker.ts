// Child of `npm run incidents` and `npm run mutants`: runs compiled Solidity tests of the project in its working directory, as often as the parent
// names some, and tells it how each ended.
import type { HardhatUserConfig } from "hardhat/types/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import { runSolidityTests } from "../solidityTests.ts";
import type { Ending } from "./testProcess.ts";

const FUZZ_SEED = "0x1";

/** As configured, but with the runs of a fuzz test that the parent names, and drawn alike each time. */
function withFuzzRuns(runs: number): HardhatUserConfig {
  const fuzz = { runs, seed: FUZZ_SEED };
  return { ...config, test: { ...config.test, solidity: { ...config.test?.solidity, fuzz } } };
}

async function run(testFiles: string[]): Promise<Ending[]> {
  // Hardhat reads artifacts once: what has been compiled since is seen by an environment of its own.
  const hre = await createHardhatRuntimeEnvironment(settings, {}, process.cwd());
  const { suiteResults } = await runSolidityTests(hre, { testFiles });
  return suiteResults.flatMap(({ id, testResults }) =>
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
