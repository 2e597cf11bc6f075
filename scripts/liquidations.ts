// npm run liquidations: what random accounts pay when they are liquidated. Run with --help for what it can do.
import { explain, ProgressDisplay } from "@plimsoll/replay";
import { Command } from "commander";
import { loadConfiguration } from "../deploy/configuration.ts";
import { whole } from "./arguments.ts";
import { BookMaker } from "./liquidations/books.ts";
import { study, type Counts, type Study } from "./liquidations/study.ts";
import { toText } from "./liquidations/text.ts";

const LEFT_OPEN = 1;

const HELP = `
Random accounts (perpetuals, option writers, spreads, strangles, short-dated options, market makers of up to 64 legs on an
underlying; on ETH, BTC or both; collateral in USDC and tokens), each in a market of its own under the parameters of
deploy/parameters/local.json, with 90 to 100 % of their maintenance margin. Each is liquidated in the float64 model of the
contracts, at unmoved prices:
  - by the auction, a keeper of packages/keeper choosing legs, as soon as that pays him;
  - by the same auction, the keeper taking the same share of every position;
  - as a whole and at once, for 5 % of the value of its positions, or for the share of its requirement at which 99 of 100 are taken.
The loss is what leaves the account's equity, fee included. The keeper's costs are the defaults of packages/keeper and 5 USD a call.

Then: accounts far below their line, bankrupt ones among them; several keepers with inventories and costs of their own, each as
soon as it pays him (eager) or as late as the others let him (patient); and the keeper's choice against a search over all sizes.

Examples:
  npm run liquidations -- --books 200 --contested 50 --searched 20
  npm run liquidations -- --json                     all of it, one JSON object on the last line

Exit status: 0 when every auction ended, 1 when an account was left open, 2 for arguments that cannot be used.`;

interface Options extends Counts {
  readonly json: boolean;
}

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run liquidations --")
    .description("Measures what accounts lose when they are liquidated, by design and by how many keepers compete.")
    .option("--books <number>", "accounts a little below their line", whole(1), 10_000)
    .option("--deep <number>", "accounts far below it", whole(1), 2_000)
    .option("--contested <number>", "of the first, how many are auctioned among several keepers", whole(1), 1_000)
    .option("--searched <number>", "of the first, how many small ones are searched for better packages", whole(1), 200)
    .option("--seed <number>", "another seed gives other accounts", whole(1), 1)
    .option("--json", "print everything as one JSON object on the last line", false)
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(argv, { from: "user" })
    .opts<Options>();
}

async function main(argv: readonly string[]): Promise<number> {
  const { json, ...counts } = parseArguments(argv);
  const started = performance.now();
  const progress = new ProgressDisplay(process.stderr.isTTY);
  let found: Study;
  try {
    found = await study(new BookMaker(await loadConfiguration("local")), counts, progress.show);
  } finally {
    progress.stop();
  }
  const { designs, bonus, deep, contests, reference, open } = found;
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${toText(found)}\n\n${open} accounts left open, ${seconds} s`);
  if (json) console.log(JSON.stringify({ ...counts, seconds, open, bonus, designs, deep, contests, reference }));
  return open === 0 ? 0 : LEFT_OPEN;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
