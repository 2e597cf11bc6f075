// npm run health: tries random liquidations on the compiled contracts and counts how often one lowers E/R. Run with --help.
import { spawn } from "node:child_process";
import { explain, ProgressDisplay } from "@plimsoll/replay";
import { Command } from "commander";
import { whole } from "./arguments.ts";

const TEST = ["test/unit/Liquidator.Health.t.sol", "--grep", "noCallLowersEquityOverRequirement"];
/** States of one run of the test, a multiple of four: few enough to see progress, many enough to pay for starting it. */
const CHUNK = 4_000;
const VIOLATION = 1;

const HELP = `
A state is a random market, a book of options, perpetuals and collateral on two underlyings, and a share of equity below
maintenance; four states have market and book in common. On each one or two random packages are sent through the compiled
Liquidator, Clearinghouse and MarginEngine, each at its own rate. After every call that goes through, E/R at mark must not have fallen, and the promises of the guards must hold.
The same states are tried for the same seed; npm test tries the first thousand of seed 1.

Examples:
  npm run health
  npm run health -- --states 100000 --json      takes long

Exit status: 0 when no call lowered E/R, 1 when one did or too few calls moved legs, 2 for arguments that cannot be used.`;

interface Options {
  readonly states: number;
  readonly seed: number;
  readonly json: boolean;
}

interface Tried {
  readonly states: number;
  readonly calls: number;
  readonly moved: number;
  readonly violations: readonly string[];
  readonly isPassed: boolean;
}

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run health --")
    .description("Looks for a liquidation that lowers equity / requirement of the account that it is meant to help.")
    .option("--states <number>", "how many", whole(1), 1_000)
    .option("--seed <number>", "another seed tries other states", whole(0), 1)
    .option("--json", "print the counts as one JSON object on the last line", false)
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(argv, { from: "user" })
    .opts<Options>();
}

/** Runs the test on some states, in a process of its own. */
function tryStates(seed: number, { first, states }: { first: number; states: number }): Promise<Tried> {
  const env = { ...process.env, HEALTH_SEED: `${seed}`, HEALTH_FIRST: `${first}`, HEALTH_STATES: `${states}` };
  const args = ["test", "solidity", ...TEST];
  return new Promise((resolve, reject) => {
    const child = spawn("hardhat", args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (status) => {
      const [, ...counts] = /^states (\d+), calls (\d+), moved (\d+)$/m.exec(output) ?? [];
      const [tried, calls, moved] = counts.map(Number);
      if (tried === undefined || calls === undefined || moved === undefined) {
        reject(new Error(`the test reported no counts:\n${output}`));
        return;
      }
      const violations = output.match(/^violation in book .*$/gm) ?? [];
      resolve({ states: tried, calls, moved, violations, isPassed: status === 0 });
    });
  });
}

async function tryAll({ states, seed }: Options): Promise<Tried> {
  const progress = new ProgressDisplay(process.stderr.isTTY);
  let sum: Tried = { states: 0, calls: 0, moved: 0, violations: [], isPassed: true };
  try {
    for (let first = 0; first < states; first += CHUNK) {
      progress.show(activityOf(sum), first / states);
      const found = await tryStates(seed, { first, states: Math.min(CHUNK, states - first) });
      sum = {
        states: sum.states + found.states,
        calls: sum.calls + found.calls,
        moved: sum.moved + found.moved,
        violations: [...sum.violations, ...found.violations],
        isPassed: sum.isPassed && found.isPassed,
      };
    }
    progress.show(activityOf(sum), 1);
  } finally {
    progress.stop();
  }
  return sum;
}

/** With what is known so far, as this can take long. */
function activityOf({ states, moved, violations }: Tried): string {
  return `${states} states, ${moved} calls moved legs, ${violations.length} violations`;
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseArguments(argv);
  const started = performance.now();
  const { isPassed, violations, ...counts } = await tryAll(options);
  const seconds = Math.round((performance.now() - started) / 1000);
  for (const violation of violations) console.error(violation);
  const share = ((100 * counts.moved) / counts.calls).toFixed(1);
  console.log(`${counts.states} states, ${counts.calls} calls, of which ${counts.moved} (${share} %) moved legs`);
  console.log(`${violations.length} violations, ${seconds} s`);
  if (options.json) {
    console.log(JSON.stringify({ seed: options.seed, ...counts, violations: violations.length, seconds }));
  }
  return isPassed ? 0 : VIOLATION;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
