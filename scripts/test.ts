// `npm test`: every check and every test, then one line with the total.
// `npm test -- compile solidity` runs only the steps whose name contains one of the words.
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** The child reports how many tests it ran; otherwise its exit status is the one result of the step. */
  readonly counts?: true;
}

const NOTHING: Count = { passed: 0, failed: 0 };
const ONE_FAILURE: Count = { passed: 0, failed: 1 };

const compilation: Step = { name: "Compile", command: ["hardhat", "build"] };

const checks: readonly Step[] = [
  { name: "Format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "Lint", command: ["npm", "run", "--silent", "lint"] },
  { name: "Types", command: ["tsc", "--noEmit"] },
  { name: "Vectors", command: ["tsx", "scripts/vectors.ts", "--check"] },
  { name: "Storage layout", command: ["tsx", "scripts/storage.ts", "--check"] },
  { name: "Proofs", command: ["tsx", "scripts/prove.ts"] },
  { name: "Catalogue", command: ["tsx", "scripts/catalogue.ts", "--check"] },
];

/** The longest first, so that two who share them end together. */
const tests: readonly Step[] = [
  testsOf("Integration tests", "mocha", "test/!(parity)/**/*.test.ts"),
  testsOf("Solidity tests", "solidity"),
  testsOf("Parity tests", "mocha", "test/parity/**/*.test.ts"),
  testsOf("Package tests", "mocha", "packages/*/test/**/*.test.ts"),
  { name: "Generated types", command: ["tsx", "scripts/typechain.ts", "--check"] },
  { name: "Sizes", command: ["tsx", "scripts/checks/sizes.ts"] },
];

function testsOf(name: string, ...runner: string[]): Step {
  return { name, command: ["tsx", "scripts/checks/runner.ts", ...runner], counts: true };
}

function isCount(message: unknown): message is Count {
  return typeof message === "object" && message !== null && "passed" in message && "failed" in message;
}

/** Runs the step; a runner that dies, that reports nothing or that found no test counts as one failure. */
function run({ command: [program = "", ...args], counts }: Step, isLive: boolean): Promise<Count> {
  return new Promise((resolve) => {
    let reported: Count | undefined;
    const output: Buffer[] = [];
    const shown = isLive ? "inherit" : "pipe";
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", shown, shown, "ipc"] });
    if (!isLive) giveWay(child.pid);
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => output.push(part));
    child.on("message", (message) => {
      if (isCount(message)) reported = message;
    });
    child.on("error", (error) => {
      console.error(error.message);
      resolve(ONE_FAILURE);
    });
    child.on("close", (status) => {
      process.stdout.write(Buffer.concat(output));
      if (counts) resolve(conclude(reported ?? NOTHING, status));
      else resolve(status === 0 ? { passed: 1, failed: 0 } : ONE_FAILURE);
    });
  });
}

/** What is shown is what takes longest: the compiler's two jobs, then the integration tests. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already.
  }
}

function conclude({ passed, failed }: Count, status: number | null): Count {
  const isIncomplete = failed === 0 && (status !== 0 || passed === 0);
  if (isIncomplete) console.error(`The runner ended with status ${status ?? "none"} after ${passed} passed tests.`);
  return { passed, failed: isIncomplete ? 1 : failed };
}

/** One after the other, until the list is empty, from which others may take as well. @param isLive Whether output is shown as it comes: of two at once it would be a jumble. */
async function runAll(due: Step[], isLive: boolean): Promise<Count> {
  let total = NOTHING;
  for (let step = due.shift(); step !== undefined; step = due.shift()) {
    const started = performance.now();
    if (isLive) console.log(`\n== ${step.name}`);
    const count = await run(step, isLive);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`== ${step.name}: ${count.failed === 0 ? "ok" : "FAILED"} in ${seconds} s`);
    total = sum(total, count);
  }
  return total;
}

/** Two at a time, for two processors: checks beside the compiler, then the tests, then what is left of the checks. */
async function main(): Promise<Count> {
  const due = checks.filter(isChosen);
  const compiling = compile(due);
  const live = async () => sum(await compiling, await runAll(due, true));
  const quiet = async () => {
    const checked = await runAll(due, false);
    await compiling;
    return sum(checked, await runAll(due, false));
  };
  return sum(...(await Promise.all([live(), quiet()])));
}

/** Puts the tests first of what is due, if there is something to test. */
async function compile(due: Step[]): Promise<Count> {
  const compiled = await runAll([compilation].filter(isChosen), true);
  if (compiled.failed === 0) due.unshift(...tests.filter(isChosen));
  else console.error("The contracts do not compile, so nothing that needs them was run.");
  return compiled;
}

const sum = (...counts: readonly Count[]): Count => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
});

const root = fileURLToPath(new URL("..", import.meta.url));
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const isChosen = ({ name }: Step) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
const { passed, failed } = await main();
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
