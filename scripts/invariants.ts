// npm run invariants: the Solidity invariants of test/invariant, longer than npm test plays them. Run with --help.
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../hardhat.config.ts";

const VIOLATION = 1;
const UNUSABLE_INPUT = 2;

interface Suite {
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly kind?: unknown }[];
}

function suitesOf(result: unknown): readonly Suite[] {
  const { value, error } = result as { value?: unknown; error?: unknown };
  const outcome = value ?? error;
  if (typeof outcome === "object" && outcome !== null && "suiteResults" in outcome) {
    return outcome.suiteResults as readonly Suite[];
  }
  throw new TypeError("Hardhat's Solidity runner returned no results");
}

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

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a whole number from 1 on.");
}

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run invariants --")
    .description("Plays random sequences of calls against the invariants of the contracts.")
    .option("--runs <number>", "sequences", whole, 256)
    .option("--depth <number>", "calls in each", whole, 128)
    .option("--seed <number>", "another seed plays other sequences", whole, 1)
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
  const result: unknown = await hre.tasks
    .getTask(["test", "solidity"])
    .run({ noCompile: true, testFiles, grep: "invariant_", testSummaryIndex: 1 });
  const played = suitesOf(result).flatMap(({ testResults }) => testResults);
  const calls = played.reduce((sum, { kind }) => sum + callsOf(kind), 0);
  const violations = played.filter(({ status }) => status === "Failure").length;
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${calls} calls, ${violations} violations, seed ${seed}, commit ${commit}, ${seconds} s`);
  return violations === 0 && played.length > 0 ? 0 : VIOLATION;
}

/** Commander has printed what was wrong with an argument. */
function explain(error: unknown): number {
  if (!(error instanceof CommanderError)) throw error;
  return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
}

const main = async () => play(parseArguments(process.argv.slice(2)));
process.exitCode = await main().catch(explain);
