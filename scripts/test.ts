// `npm test`: every check and every test, one after the other, then one line with the total.
// `npm test -- compile solidity` runs only the steps whose name contains one of the words.
import { spawn } from "node:child_process";
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
  /** Without compiled contracts the step cannot run, and fails. */
  readonly needsContracts?: true;
}

const COMPILE = "Compile";
const ONE_FAILURE: Count = { passed: 0, failed: 1 };

const steps: readonly Step[] = [
  { name: "Format", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "Lint", command: ["npm", "run", "--silent", "lint"] },
  { name: "Types", command: ["tsc", "--noEmit"] },
  { name: "Vectors", command: ["tsx", "scripts/vectors.ts", "--check"] },
  { name: "Storage layout", command: ["tsx", "scripts/storage.ts", "--check"] },
  { name: "Proofs", command: ["tsx", "scripts/prove.ts"] },
  { name: "Catalogue", command: ["tsx", "scripts/catalogue.ts", "--check"] },
  { name: COMPILE, command: ["hardhat", "build"] },
  { name: "Generated types", command: ["tsx", "scripts/typechain.ts", "--check"], needsContracts: true },
  { name: "Sizes", command: ["tsx", "scripts/checks/sizes.ts"], needsContracts: true },
  {
    name: "Solidity tests",
    command: ["tsx", "scripts/checks/runner.ts", "solidity"],
    counts: true,
    needsContracts: true,
  },
  {
    name: "TypeScript tests",
    command: ["tsx", "scripts/checks/runner.ts", "mocha"],
    counts: true,
    needsContracts: true,
  },
];

function isCount(message: unknown): message is Count {
  return typeof message === "object" && message !== null && "passed" in message && "failed" in message;
}

/** Runs the step; a runner that dies, that reports nothing or that found no test counts as one failure. */
function run({ command: [program = "", ...args], counts }: Step): Promise<Count> {
  return new Promise((resolve) => {
    let reported: Count | undefined;
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (message) => {
      if (isCount(message)) reported = message;
    });
    child.on("error", (error) => {
      console.error(error.message);
      resolve(ONE_FAILURE);
    });
    child.on("close", (status) => {
      if (counts) resolve(conclude(reported ?? { passed: 0, failed: 0 }, status));
      else resolve(status === 0 ? { passed: 1, failed: 0 } : ONE_FAILURE);
    });
  });
}

function conclude({ passed, failed }: Count, status: number | null): Count {
  const isIncomplete = failed === 0 && (status !== 0 || passed === 0);
  if (isIncomplete) console.error(`The runner ended with status ${status ?? "none"} after ${passed} passed tests.`);
  return { passed, failed: isIncomplete ? 1 : failed };
}

async function runAll(selected: readonly Step[]): Promise<Count> {
  let passed = 0;
  let failed = 0;
  let hasContracts = true;
  for (const step of selected) {
    const started = performance.now();
    console.log(`\n== ${step.name}`);
    const canRun = hasContracts || step.needsContracts === undefined;
    if (!canRun) console.error("Not run, because the contracts do not compile.");
    const count = canRun ? await run(step) : ONE_FAILURE;
    if (step.name === COMPILE && count.failed > 0) hasContracts = false;
    passed += count.passed;
    failed += count.failed;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`== ${step.name}: ${count.failed === 0 ? "ok" : "FAILED"} in ${seconds} s`);
  }
  return { passed, failed };
}

const root = fileURLToPath(new URL("..", import.meta.url));
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const isChosen = (name: string) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
const { passed, failed } = await runAll(steps.filter((step) => isChosen(step.name)));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
