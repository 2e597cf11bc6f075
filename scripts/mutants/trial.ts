import { CompileError } from "../incidents/compiler.ts";
import { TestTimeoutError, type Ending } from "../incidents/testProcess.ts";
import type { Workshop } from "../incidents/workshop.ts";
import type { Mutant } from "./mutant.ts";
import type { Suite, Touched } from "./suites.ts";

/** How a mutant ended. Both the first are killed; one that does not compile counts neither way. */
export type Outcome = "killed" | "timed out" | "survived" | "does not compile";

export interface Verdict {
  readonly outcome: Outcome;
  /** Test file that was red or too late; empty where there is none. */
  readonly by: string;
  /** Name of the test and why it failed, or what the compiler said. */
  readonly reason: string;
}

/** What is known of the tests on unchanged code, compiled as mutants are. */
export interface Control {
  /** Seconds by test file. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Tests, by file and name, that are red without a mutant: compiled without optimiser, some bounds on gas do not hold. */
  readonly red: ReadonlySet<string>;
  readonly green: number;
}

/** A mutant to be tried. */
export interface Job {
  readonly mutant: Mutant;
  /** The file with the slip in it. */
  readonly content: string;
  readonly touched: Touched;
  readonly schedule: readonly (readonly Suite[])[];
}

/** Far beyond what the same tests take without a mutant. */
const LIMIT_SECONDS = 60;
const LIMIT_FACTOR = 10;
const REASON_KEPT = 200;

/** Every contract compiled as mutants are, and every test run on that. */
export async function controlOf(
  workshop: Workshop,
  contracts: readonly string[],
  suites: readonly Suite[],
): Promise<Control> {
  await workshop.makeComparable(contracts);
  const endings = await workshop.run(suites.map(({ file }) => file));
  const seconds = new Map<string, number>();
  for (const ending of endings) seconds.set(ending.file, (seconds.get(ending.file) ?? 0) + ending.seconds);
  const red = endings.filter(({ isGreen }) => !isGreen);
  return { seconds, red: new Set(red.map(nameOf)), green: endings.length - red.length };
}

/** Runs the tests on a mutant until one is red, and leaves the originals behind. */
export async function tryMutant(
  workshop: Workshop,
  { mutant, content, touched, schedule }: Job,
  control: Control,
): Promise<Verdict> {
  const compiled = new Set<string>();
  try {
    await workshop.put(mutant.file, content);
    for (const run of schedule) {
      for (const contract of touched.contracts.filter((name) => run.some(({ deploys }) => deploys.has(name)))) {
        if (!compiled.has(contract)) await workshop.compile(contract);
        compiled.add(contract);
      }
      for (const { file, files } of run) if (files.has(mutant.file)) await workshop.compileTest(file);
      const files = run.map(({ file }) => file);
      const usual = files.reduce((sum, file) => sum + (control.seconds.get(file) ?? 0), 0);
      const endings = await workshop.run(files, LIMIT_SECONDS + LIMIT_FACTOR * usual);
      const first = endings.find((ending) => !ending.isGreen && !control.red.has(nameOf(ending)));
      if (first !== undefined) return { outcome: "killed", by: first.file, reason: reasonOf(first) };
    }
    return { outcome: "survived", by: "", reason: "" };
  } catch (error) {
    return verdictOf(error);
  } finally {
    await workshop.restore();
  }
}

/** What it says of a mutant that trying it failed; anything unexpected is thrown on. */
function verdictOf(error: unknown): Verdict {
  if (error instanceof CompileError) return { outcome: "does not compile", by: "", reason: shortened(error.output) };
  if (error instanceof TestTimeoutError) {
    return { outcome: "timed out", by: error.files.join(" "), reason: `after ${error.limitSeconds.toFixed(0)} s` };
  }
  throw error;
}

function nameOf({ file, name }: Ending): string {
  return `${file} ${name}`;
}

function reasonOf({ name, reason }: Ending): string {
  return shortened(`${name}: ${reason}`);
}

function shortened(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, REASON_KEPT);
}
