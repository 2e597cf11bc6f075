import { basename } from "node:path";
import { ASSETS, ArgumentError, type Asset, assignFiles, toBoundary } from "@plimsoll/replay";
import { Command, InvalidArgumentError, Option } from "commander";
import type { HistoryFiles } from "./marketHistory.ts";

/** What somebody asked to have validated. Times in Unix seconds. */
export interface Request {
  /** Empty: the simulated history. */
  readonly files: readonly HistoryFiles[];
  readonly assets: readonly Asset[];
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly stepSeconds: number;
  readonly seed: string;
  /** Name of a network, or a path that ends in `.json`. */
  readonly parameters: string;
  readonly json: boolean;
  readonly out: string;
  readonly image: string | undefined;
}

const HOUR = 3600;
/** Horizons of the tiers and the days on which books are opened are multiples. */
const STEPS = ["1", "2", "4"];

const HELP = `
What happens: for each asset the deployed contracts are put on a chain of its own. Prices become Chainlink
rounds (0.5 % deviation, 1 h heartbeat), the volatility oracle walks them, and the margin engine is asked every hour
what it requires: of one perpetual long and short, and of a short straddle, a short strangle and eight random options
opened every day. What the books then lose is compared with what was required. Rules of other systems are scaled to the same
coverage before --from, and compared after it.

Price files are those of npm start: CSV with a header, plain or gzipped, klines or Chainlink rounds, UTC. --implied
takes an index of 30-day implied volatility in percent (timestamp, dvol; or bars), published to the oracle every
three hours; without it the oracle lives on realised volatility alone. Prices before --from are what was known when it began:
they seed the oracle and fit the other rules. Without any, the seeds of --parameters hold; so does their
stressed peak for every --from in 2022 or later, when it was known. An implied level counts from the time of the next.

Without --prices a simulated half-year is validated: quick, and of no meaning beyond showing how it works.

Examples:
  npm run validate
  npm run validate -- --prices ETH=eth_1h.csv.gz,BTC=btc_1h.csv.gz --from 2022-01-01 --to 2023-12-31
  npm run validate -- --prices btc_1h.csv --asset BTC --implied btc_dvol.csv --from 2024-01-01 --json

Exit status: 0 when everything was computed, whatever it says; 2 for arguments or files that cannot be used.`;

/** Understands the command line. Throws commander's errors, and {@link ArgumentError} for what does not fit together. */
export function parseArguments(argv: readonly string[]): Request {
  const command = makeCommand().parse(argv, { from: "user" });
  const { prices, implied, asset, from, to, step, image, ...rest } = command.opts<Options>();
  if (prices.length === 0 && (from !== undefined || to !== undefined || implied.length > 0)) {
    throw new ArgumentError("--from, --to and --implied go with price files; add --prices FILE");
  }
  const files = filesOf({ prices, implied }, asset);
  return {
    ...rest,
    files,
    assets: files.length > 0 ? files.map((file) => file.asset) : ASSETS.filter((one) => asset?.includes(one) ?? true),
    from: from === undefined ? undefined : toBoundary("--from", from),
    to: to === undefined ? undefined : toBoundary("--to", to, true),
    stepSeconds: Number(step) * HOUR,
    image,
  };
}

interface Options extends Pick<Request, "seed" | "parameters" | "json" | "out"> {
  readonly prices: string[];
  readonly implied: string[];
  readonly asset?: readonly Asset[];
  readonly from?: string;
  readonly to?: string;
  readonly step: string;
  readonly image?: string;
}

/** @param asset Whose files are used; a bare file that names no asset belongs to it. */
export function filesOf(
  { prices, implied }: Pick<Options, "prices" | "implied">,
  asset: readonly Asset[] | undefined,
): HistoryFiles[] {
  const only = asset?.length === 1 ? asset[0] : undefined;
  const named = (entries: readonly string[]) =>
    only === undefined ? entries : entries.map((entry) => (isNameless(entry) ? `${only}=${entry}` : entry));
  const priceFiles = assignFiles(named(prices));
  const impliedFiles = assignFiles(named(implied));
  const wanted = asset ?? [...priceFiles.keys()];
  for (const one of impliedFiles.keys()) {
    if (!priceFiles.has(one)) throw new ArgumentError(`--implied is for ${one}, of which there are no prices`);
  }
  return wanted.flatMap((one) => {
    const file = priceFiles.get(one);
    if (file === undefined && prices.length > 0) throw new ArgumentError(`there are no prices of ${one}`);
    return file === undefined ? [] : [{ asset: one, prices: file, implied: impliedFiles.get(one) }];
  });
}

/** Whether nothing in it says which asset it is of. */
function isNameless(entry: string): boolean {
  return !/[=,]/.test(entry) && !ASSETS.some((asset) => basename(entry).toUpperCase().includes(asset));
}

/** The options that say which history is meant. @param withoutPrices What is taken instead, in words. */
export function addHistoryOptions(command: Command, withoutPrices: string): Command {
  const collect = (value: string, previous: readonly string[]) => [...previous, value];
  return command
    .addOption(
      new Option("--prices <file>", "price file, as FILE or ETH=FILE; several with commas")
        .argParser(collect)
        .default([], withoutPrices),
    )
    .addOption(
      new Option("--implied <file>", "index of implied volatility, as FILE or ETH=FILE; several with commas")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--asset <name>", "ETH, BTC or both with a comma; default: all that have prices", toAssets);
}

function makeCommand(): Command {
  const command = new Command("npm run validate --").description(
    "Measures the margin of the deployed contracts over price history: coverage, procyclicality, cost.",
  );
  return addHistoryOptions(command, "a simulated half-year")
    .option("--from <date>", "first moment, such as 2022-01-01; default: 91 days after the first price")
    .option("--to <date>", "last moment; a date alone means its end; default: the last price")
    .addOption(new Option("--step <hours>", "time between two samples").choices(STEPS).default("1"))
    .option("--parameters <name>", "network of deploy/parameters, or a file that ends in .json", "local")
    .option("--seed <text>", "another seed gives other paths inside of bars and other random books", "1")
    .option("--json", "print the delta-one rows as one JSON array on the last line", false)
    .option("--out <folder>", "where validation.html and validation.json go", "out")
    .option("--image <file>", "also write the main charts as PNG")
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride();
}

export function toAssets(text: string): readonly Asset[] {
  const names = [...new Set(text.toUpperCase().split(","))];
  const known = names.flatMap((name) => ASSETS.filter((asset) => asset === name));
  if (known.length === names.length && names.length > 0) return known;
  throw new InvalidArgumentError(`Expected ${ASSETS.join(" or ")}.`);
}
