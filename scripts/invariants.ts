// `npm run invariants -- --runs 256 --depth 128 [--seed 1]`: the Solidity invariants of test/invariant at more and longer sequences than
// `npm test` plays. The contracts must have been compiled. A violation prints its sequence; the same seed finds it again. The last line
// states calls, seed, commit and violations.
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../hardhat.config.ts";

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

function positive(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError("--runs, --depth and --seed are positive whole numbers");
}

/** What the runner says of a sequence of random calls. */
function callsOf(kind: unknown): number {
  if (typeof kind !== "object" || kind === null || !("calls" in kind)) return 0;
  return Number(kind.calls);
}

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "256" },
    depth: { type: "string", default: "128" },
    seed: { type: "string", default: "1" },
  },
});
const [runs, depth, seed] = [positive(values.runs), positive(values.depth), positive(values.seed)];

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
process.exitCode = violations === 0 && played.length > 0 ? 0 : 1;
