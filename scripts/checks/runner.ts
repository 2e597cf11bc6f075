// Runs tests with one of Hardhat's runners and reports the counts to the parent process: `solidity` all of them, `mocha PATTERN`
// those of the files that match.
import { globSync } from "node:fs";
import hre from "hardhat";
import Mocha from "mocha";
import { runSolidityTests } from "../solidityTests.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

async function runSolidity(): Promise<Count> {
  const { summary } = await runSolidityTests(hre);
  console.log(summary.failureOutput);
  return summary;
}

async function runMocha(pattern: string): Promise<Count> {
  let count: Count = { passed: 0, failed: 0 };
  class Counting extends Mocha.reporters.Spec {
    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
      super(runner, options);
      runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
        count = { passed: this.stats.passes, failed: this.stats.failures };
      });
    }
  }
  hre.config.test.mocha.reporter = Counting;
  const testFiles = globSync(pattern).sort();
  if (testFiles.length > 0) await hre.tasks.getTask(["test", "mocha"]).run({ testFiles, noCompile: true });
  return count;
}

const [name, pattern = ""] = process.argv.slice(2);
const { passed, failed } = name === "mocha" ? await runMocha(pattern) : await runSolidity();
process.send?.({ passed, failed }, () => {
  // Without this, a handle that a test left open would keep the process alive.
  process.exit(failed === 0 ? 0 : 1);
});
