import { availableParallelism } from "node:os";
import { count } from "@plimsoll/replay";
import { Command } from "commander";

/** What somebody asked for on the command line. */
export interface Request {
  readonly operations: number;
  readonly seed: number;
  readonly first: number;
  readonly minutes: number;
  readonly jobs: number;
  readonly json: boolean;
  readonly save: boolean;
  readonly mutants: boolean;
  readonly only: readonly string[];
  readonly story: string | undefined;
}

const MAX_OPERATIONS = 100_000_000;
const MAX_SEED = 2 ** 31 - 1;
const MAX_JOBS = 256;
const MAX_STORY = 2 ** 31 - 1;
const MAX_MINUTES = 100_000;

const HELP = `
Random people trade, borrow, liquidate and attack on the real contracts, on a chain of their own, while prices jump, feeds
fail and keepers stay away. Legs taken by force move the price, and the price takes more of them. After every step the books
that are kept from events alone must agree with the chain to the last 1e-18 (docs/solvency.md says what is checked).

If something does not hold, the story is shortened to the few steps that show it and printed. With --save it is written to
test/campaign/stories, where npm test plays it from then on.

Examples:
  npm run campaign
  npm run campaign -- --operations 100000 --seed 7 --json
  npm run campaign -- --operations 1000000 --minutes 60
  npm run campaign -- --operations 1000000 --first 2500
  npm run campaign -- --jobs 8
  npm run campaign -- --save
  npm run campaign -- --story test/campaign/stories/name.json
  npm run campaign -- --mutants
  npm run campaign -- --mutants --only "no margin after a withdrawal"

Exit status: 0 when everything held (with --mutants: when every mutant was found), 1 when not, 2 for arguments that cannot be used.`;

/** Understands the command line. Throws commander's errors. */
export function parseArguments(argv: readonly string[]): Request {
  const options = makeCommand()
    .parse([...argv], { from: "user" })
    .opts<Omit<Request, "story"> & { readonly story?: string }>();
  return { ...options, story: options.story };
}

function makeCommand(): Command {
  return new Command("npm run campaign --")
    .description("Looks for a sequence of calls and shocks that breaks the solvency of the exchange.")
    .option("--operations <number>", "how many steps to play", count(1, MAX_OPERATIONS), 10_000)
    .option("--seed <number>", "another seed plays other stories", count(0, MAX_SEED), 1)
    .option(
      "--first <story>",
      "number of the first story: that of stories of a run that ended goes on",
      count(0, MAX_STORY),
      0,
    )
    .option("--minutes <number>", "end after so long, with what was played", count(1, MAX_MINUTES), MAX_MINUTES)
    .option("--jobs <number>", "processes that play", count(1, MAX_JOBS), availableParallelism())
    .option("--json", "print the result as one JSON object on the last line", false)
    .option("--save", "write a violation that is found to test/campaign/stories", false)
    .option("--story <file>", "play this story instead, and tell it")
    .option("--mutants", "put known bugs into copies of the contracts, and look for each", false)
    .option("--only <names...>", "only these mutants", [])
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride();
}
