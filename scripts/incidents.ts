// npm run incidents: what brought others down, told on our contracts. Run with --help for what it can do.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import hre from "hardhat";
import { compileContracts } from "../packages/replay/src/compileContracts.ts";
import { INCIDENTS, type Incident, type Mutant } from "../test/incidents/mutants.ts";
import { CompileError } from "./incidents/compiler.ts";
import { SearchTextError, mutated } from "./incidents/mutation.ts";
import { profilesOf } from "./incidents/profiles.ts";
import { TestRunError } from "./incidents/testProcess.ts";
import { DEPLOYED, SCENARIOS, control, testFile, tryMutant } from "./incidents/trial.ts";
import { ControlError, UnknownIncidentError, chosen, outcomeOf, table, type Verdict } from "./incidents/verdict.ts";
import { Workshop } from "./incidents/workshop.ts";

const NOT_AS_IT_SHOULD_BE = 1;
const UNUSABLE_INPUT = 2;
const root = new URL("..", import.meta.url);

interface Options {
  readonly mutants?: true;
  readonly only: readonly string[];
}

const HELP = `
Each scenario of test/incidents is a loss of another system, told on the real contracts. With --mutants each is also run on
changed contracts that lack what stops it (test/incidents/mutants.ts), in a copy in a temporary folder, and must go red there, by
the assertion that is meant. A change that does not compile, or that fails something else, is no proof.

Examples:
  npm run incidents
  npm run incidents -- --mutants
  npm run incidents -- --mutants --only Mango Euler

Exit status: 0 when every scenario is green (and with --mutants every mutant red), 1 when not, 2 for arguments that cannot be used.`;

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run incidents --")
    .description("Runs the incidents on the contracts, and on mutants of them.")
    .option("--mutants", "run each scenario on its mutants too")
    .option("--only <names...>", "only these incidents", [])
    .addHelpText("after", HELP)
    .exitOverride()
    .parse(argv, { from: "user" })
    .opts<Options>();
}

async function runGreen(files: string[]): Promise<number> {
  const result: unknown = await hre.tasks.getTask(["test", "solidity"]).run({ testFiles: files });
  return (result as { success: boolean }).success ? 0 : NOT_AS_IT_SHOULD_BE;
}

async function judge(workshop: Workshop, incident: string, mutant: Mutant): Promise<Verdict> {
  const started = performance.now();
  const verdict = (outcome: Pick<Verdict, "outcome" | "reason">): Verdict => ({
    incident,
    mutant: mutant.name,
    seconds: (performance.now() - started) / 1000,
    ...outcome,
  });
  try {
    return verdict(outcomeOf(await tryMutant(workshop, incident, mutant), mutant));
  } catch (error) {
    if (error instanceof CompileError) return verdict({ outcome: "does not compile", reason: error.output });
    if (error instanceof TestRunError) return verdict({ outcome: "red for another reason", reason: error.message });
    throw error;
  }
}

/** Before anything is compiled: whether every change has its place. */
function requirePlaces(mutants: readonly Mutant[]): void {
  for (const edit of mutants.flatMap(({ edits }) => edits))
    mutated(readFileSync(new URL(edit.file, root), "utf8"), edit);
}

async function runMutants(incidents: readonly Incident[]): Promise<number> {
  const started = performance.now();
  const names = incidents.map(({ name }) => name);
  const all = incidents.flatMap(({ mutants }) => mutants);
  const stock = { profiles: profilesOf(hre.config), contracts: DEPLOYED, tests: [SCENARIOS] };
  const workshop = await Workshop.open(fileURLToPath(root), stock);
  const verdicts: Verdict[] = [];
  try {
    console.log("without a mutant …");
    const endings = await control(workshop, names, all);
    const failures = endings.filter(({ isGreen }) => !isGreen);
    if (failures.length > 0) throw new ControlError(failures);
    console.log(`without a mutant: ${endings.length} tests green`);
    for (const { name, mutants } of incidents) {
      for (const mutant of mutants) {
        const verdict = await judge(workshop, name, mutant);
        verdicts.push(verdict);
        console.log(`${verdicts.length} of ${all.length}  ${name}: ${mutant.name}: ${verdict.outcome}`);
      }
    }
  } finally {
    await workshop.close();
  }
  const red = verdicts.filter(({ outcome }) => outcome === "red").length;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${table(verdicts)}\n\n${red} of ${verdicts.length} mutants red, ${seconds} s`);
  return red === verdicts.length ? 0 : NOT_AS_IT_SHOULD_BE;
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseArguments(argv);
  const incidents = chosen(INCIDENTS, options.only);
  const files = incidents.map(({ name }) => testFile(name));
  if (options.mutants !== undefined) requirePlaces(incidents.flatMap(({ mutants }) => mutants));
  await compileContracts();
  if (options.mutants === undefined) return runGreen(files);
  await hre.tasks.getTask("build").run({ quiet: true, files });
  return runMutants(incidents);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
  const isInput = error instanceof UnknownIncidentError;
  const isFinding = [SearchTextError, ControlError, TestRunError].some((kind) => error instanceof kind);
  if (!(error instanceof Error) || !(isInput || isFinding)) throw error;
  console.error(`error: ${error.message}`);
  return isInput ? UNUSABLE_INPUT : NOT_AS_IT_SHOULD_BE;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
