// npm run invariants: the Solidity invariants of test/invariant, longer than npm test plays them. Run with --help.
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../hardhat.config.ts";
import { explain } from "../packages/replay/src/errors.ts";
import { whole } from "./arguments.ts";
import { runSolidityTests } from "./solidityTests.ts";

const VIOLATION = 1;

interface Options {
  readonly runs: number;
  readonly depth: number;
  readonly seed: number;
}

const HELP = `
Each sequence begins on freshly deployed contracts and makes random calls; after every call all invariants are checked. A violation prints
its sequence, and the same seed finds it again. The contracts must have been compiled. The last line states calls, violations, seed and commit.

Examples:
  npm run invariants
  npm run invariants -- --runs 150 --depth 100 --seed 27

Exit status: 0 when everything held, 1 when not, 2 for arguments that cannot be used.`;

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run invariants --")
    .description("Plays random sequences of calls against the invariants of the contracts.")
    .option("--runs <number>", "sequences", whole(1), 256)
    .option("--depth <number>", "calls in each", whole(1), 128)
    .option("--seed <number>", "another seed plays other sequences", whole(1), 1)
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(argv, { from: "user" })
    .opts<Options>();
}

/** What the runner says of a sequence of random calls. */
function callsOf(kind: unknown): number {
  if (typeof kind !== "object" || kind === null || !("calls" in kind)) return 0;
  return Number(kind.calls);
}

async function play({ runs, depth, seed }: Options): Promise<number> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const hre = await createHardhatRuntimeEnvironment(config, {}, root);
  const { profiles } = hre.config.test.solidity;
  Object.assign(profiles.default ?? {}, {
    invariant: { ...profiles.default?.invariant, runs, depth },
    fuzz: { ...profiles.default?.fuzz, seed: `0x${seed.toString(16).padStart(64, "0")}` },
  });
  const started = performance.now();
  const testFiles = globSync("test/invariant/*.t.sol", { cwd: root }).sort();
  const { suiteResults } = await runSolidityTests(hre, { testFiles, grep: "invariant_" });
  const played = suiteResults.flatMap(({ testResults }) => testResults);
  const calls = played.reduce((sum, { kind }) => sum + callsOf(kind), 0);
  const violations = played.filter(({ status }) => status === "Failure").length;
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${calls} calls, ${violations} violations, seed ${seed}, commit ${commit}, ${seconds} s`);
  return violations === 0 && played.length > 0 ? 0 : VIOLATION;
}

async function main(argv: readonly string[]): Promise<number> {
  return play(parseArguments(argv));
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
