// npm run mutants: do the tests notice a slip? Run with --help for what it can do.
import { fileURLToPath } from "node:url";
import { explain, UNUSABLE_INPUT } from "@plimsoll/replay";
import { Command } from "commander";
import hre from "hardhat";
import { SURVIVORS } from "../test/mutants/survivors.ts";
import { whole } from "./arguments.ts";
import { profilesOf } from "./incidents/profiles.ts";
import { Workshop } from "./incidents/workshop.ts";
import { Crew } from "./mutants/crew.ts";
import { contentOf, diffOf, mutantsOf, type Mutant } from "./mutants/mutant.ts";
import { Queue } from "./mutants/queue.ts";
import { Records, digestOf, type Record } from "./mutants/records.ts";
import { sampleOf, type Stratum } from "./mutants/sample.ts";
import { scheduleOf } from "./mutants/schedule.ts";
import { TEST_FOLDERS, isConcerned, suitesOf, type Suite } from "./mutants/suites.ts";
import { isGood, summarise, toText } from "./mutants/summary.ts";
import { parseFiles, type Program } from "./mutants/syntax.ts";
import { DEPLOYED, TARGETS } from "./mutants/targets.ts";
import { controlOf, type Control, type Verdict } from "./mutants/trial.ts";

const NOT_AS_IT_SHOULD_BE = 1;
/** An eighth of what is configured: a slip that is not seen in so many is tried again, where somebody asks for it, with all. */
const QUICK_FUZZ_RUNS = 32;
const root = fileURLToPath(new URL("..", import.meta.url));

const HELP = `
A mutant is the code with one slip in it: < for <=, + for -, a condition turned round, a require or an assignment left out, the other rounding, two
arguments exchanged. Tests that are green on it would not have noticed the slip. The mutants are made from the compiler's syntax tree, in the files of
scripts/mutants/targets.ts (risk, oracle, ledger, liquidation), and drawn by the seed, of each file in proportion to how many it has. Each is compiled
in a copy in a temporary folder, without optimiser where the stack allows it, and meets the Solidity tests that can see it, the nearest first (unit tests,
then incidents, then invariants; those that are slow last), until one is red. First all of them run on the unchanged code, compiled in the same way; what is red there does not count.

What survives either shows a test that is missing, or has its reason in test/mutants/survivors.ts.

Results are added to out/mutants.jsonl, a line for each mutant, and taken over from there as long as the mutated file is the same: an interrupted run goes
on where it was. --retry tries again what has survived, after a test was written.

Examples:
  npm run mutants -- --list                          the mutants as patches, tries none
  npm run mutants -- --count 20 --only AuctionCurve Ledger
  npm run mutants -- --matching "OutflowLimit.sol usedAt" "Ledger.sol trade"
  npm run mutants -- --jobs 4
  npm run mutants -- --retry

Exit status: 0 when 90 % are killed, every survivor has a reason and no reason is stale; 1 when not; 2 for arguments that cannot be used.`;

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly only: readonly string[];
  readonly matching: readonly string[];
  readonly jobs: number;
  readonly results: string;
  readonly retry: boolean;
  readonly thorough: boolean;
  readonly list: boolean;
  readonly json: boolean;
}

/** No file that is mutated is called so. */
class UnknownFileError extends Error {
  override readonly name = "UnknownFileError";

  constructor(readonly file: string) {
    super(`${file} is not mutated; scripts/mutants/targets.ts lists what is`);
  }
}

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run mutants --")
    .description("Puts slips into the contracts and counts how many of them the tests notice.")
    .option("--count <number>", "mutants to try", whole(1), 200)
    .option("--seed <number>", "another seed draws others", whole(1), 1)
    .option("--only <files...>", "only these files, by name (AuctionCurve) or path", [])
    .option("--matching <texts...>", "only mutants that hold one of these: path function: lines before → after", [])
    .option("--jobs <number>", "mutants tried at a time, each by a process that uses up to 1 GB", whole(1), 1)
    .option("--results <file>", "where results are kept", "out/mutants.jsonl")
    .option("--retry", "try again what has survived", false)
    .option("--thorough", "every test, invariants too, as often as it is run otherwise", false)
    .option("--list", "print the mutants and end", false)
    .option("--json", "print the summary as one JSON object on the last line", false)
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(argv, { from: "user" })
    .opts<Options>();
}

/** Paths of the targets that are named, or all. */
function chosen(names: readonly string[]): readonly string[] {
  if (names.length === 0) return TARGETS;
  return names.map((name) => {
    const found = TARGETS.find((file) => file === name || file.endsWith(`/${name}`) || file.endsWith(`/${name}.sol`));
    if (found === undefined) throw new UnknownFileError(name);
    return found;
  });
}

/** Whether a mutant holds one of the texts, if there are any. */
function isMatching(texts: readonly string[]): (mutant: Mutant) => boolean {
  return ({ id }) => texts.length === 0 || texts.some((text) => id.includes(text));
}

/** Everything that trying a mutant needs, once. */
interface Ground {
  readonly program: Program;
  readonly suites: readonly Suite[];
  readonly control: Control;
  readonly workshop: Workshop;
}

/** Goes through the sample, taking over what is known already. @returns what became of each. */
async function tryAll(strata: readonly Stratum[], options: Options, ground: Ground): Promise<Record[]> {
  const { program, suites, control, workshop } = ground;
  const records = new Records(options.results);
  const queue = new Queue(strata, options.seed);
  const found: Record[] = [];
  const kills = new Map<string, number>();
  const total = strata.reduce((sum, { wanted }) => sum + wanted, 0);
  const digests = new Map([...program.sources].map(([file, source]) => [file, digestOf(source.text(0, Infinity))]));
  const keep = (record: Record) => {
    found.push(record);
    const key = `${record.file} ${record.by}`;
    if (record.outcome === "killed") kills.set(key, (kills.get(key) ?? 0) + 1);
  };
  interface Task {
    readonly mutant: Mutant;
    readonly ended: (outcome: Record["outcome"]) => void;
    readonly started: number;
  }
  const next = (): Task | undefined => {
    for (let turn = queue.next(); turn !== undefined; turn = queue.next()) {
      const known = records.of(turn.mutant, digests.get(turn.mutant.file) ?? "");
      if (known === undefined || (options.retry && known.outcome === "survived")) {
        return { ...turn, started: performance.now() };
      }
      turn.ended(known.outcome);
      keep(known);
    }
    return undefined;
  };
  const jobOf = ({ mutant }: Task) => {
    const source = program.sources.get(mutant.file);
    if (source === undefined) throw new UnknownFileError(mutant.file);
    const touched = { file: mutant.file, contracts: workshop.touchedBy([mutant.file]) };
    const schedule = scheduleOf(suites, touched, { seconds: control.seconds, kills });
    return { mutant, content: contentOf(source, mutant), touched, schedule };
  };
  const done = ({ mutant, ended, started }: Task, verdict: Verdict) => {
    const { id, file, line, operator } = mutant;
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const record = { id, digest: digests.get(file) ?? "", file, line, operator, ...verdict, seconds };
    records.add(record);
    keep(record);
    ended(verdict.outcome);
    const tried = found.filter(({ outcome }) => outcome !== "does not compile").length;
    console.log(`${tried} of ${total}  ${verdict.outcome} in ${seconds} s ${verdict.by}\n    ${diffOf(mutant)}`);
  };
  const opening = { folder: workshop.folder, stock: workshop.stock, control };
  const crew = new Crew(options.jobs, opening);
  try {
    await crew.work(next, jobOf, done);
  } finally {
    crew.close();
  }
  return found;
}

async function run(strata: readonly Stratum[], program: Program, options: Options): Promise<Record[]> {
  const { thorough } = options;
  console.error("checking that contracts and tests are compiled (up to five minutes the first time) …");
  await hre.tasks.getTask("build").run({ quiet: true });
  const folders = TEST_FOLDERS.slice(0, thorough ? undefined : -1);
  const stock = {
    profiles: profilesOf(hre.config),
    contracts: DEPLOYED,
    tests: folders,
    ...(thorough ? {} : { fuzzRuns: QUICK_FUZZ_RUNS }),
  };
  const workshop = await Workshop.open(root, stock);
  try {
    console.log("without a mutant …");
    const touched = strata.map(({ file }) => ({ file, contracts: workshop.touchedBy([file]) }));
    const suites = suitesOf(root, workshop.compiler, { deployed: DEPLOYED, folders }).filter((suite) =>
      touched.some((one) => isConcerned(suite, one)),
    );
    const control = await controlOf(workshop, DEPLOYED, suites);
    console.log(`without a mutant: ${control.green} tests green`);
    for (const name of control.red) console.log(`red without a mutant, does not count: ${name}`);
    return await tryAll(strata, options, { program, suites, control, workshop });
  } finally {
    await workshop.close();
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const started = performance.now();
  const options = parseArguments(argv);
  const files = chosen(options.only);
  const program = parseFiles(root, TARGETS);
  const all = new Map([...program.sources].map(([file, source]) => [file, mutantsOf(program, source)]));
  const drawn = [...all]
    .filter(([file]) => files.includes(file))
    .map(([file, mutants]) => [file, mutants.filter(isMatching(options.matching))] as const);
  const strata = sampleOf(new Map(drawn), options.count, options.seed);
  if (options.list) {
    for (const { candidates, wanted } of strata)
      for (const one of candidates.slice(0, wanted)) console.log(diffOf(one));
    return 0;
  }
  const records = await run(strata, program, options);
  const ids = new Set([...all.values()].flat().map(({ id }) => id));
  const summary = summarise(records, SURVIVORS, (id) => ids.has(id));
  console.log(`\n${toText(summary, (performance.now() - started) / 1000)}`);
  if (options.json) console.log(JSON.stringify(summary));
  return isGood(summary) ? 0 : NOT_AS_IT_SHOULD_BE;
}

function explainAll(error: unknown): number {
  if (!(error instanceof UnknownFileError)) return explain(error);
  console.error(`error: ${error.message}`);
  return UNUSABLE_INPUT;
}

process.exitCode = await main(process.argv.slice(2)).catch(explainAll);
