import { ArgumentError, toBoundary } from "@plimsoll/replay";
import { Command } from "commander";
import { addHistoryOptions, filesOf } from "../arguments.ts";
import type { Asset } from "@plimsoll/replay";
import type { HistoryFiles } from "../marketHistory.ts";

/** What somebody asked to have calibrated. Times in Unix seconds. */
export interface Request {
  readonly files: readonly HistoryFiles[];
  readonly trainUntil: number;
  readonly to: number | undefined;
  readonly seed: string;
  /** Where to start from: a network, or a path that ends in `.json`. */
  readonly parameters: string;
  /** Folder of parameter files to write the result into. */
  readonly write: string | undefined;
  readonly json: boolean;
  readonly out: string;
  readonly image: string | undefined;
}

const HELP = `
What happens: for each asset, prices become Chainlink rounds (0.5 % deviation, 1 h heartbeat), and the volatility oracle is
walked over them in float64 for every half-life and stressed weight of a grid. For each point the least z that
covers 99.1 % of 24-hour losses on both sides is exact. Of the points within the limits of procyclicality the cheapest is taken,
and of those that cost hardly more the calmest. Floor, ranges, speeds and the maintenance tier follow. Then the
result is measured on prices after --train-until, which the search has not seen, and on each year of the training by a
search without that year. Nothing is random but the inside of bars (--seed).

Price files are those of npm start: CSV with a header, plain or gzipped, klines or Chainlink rounds, UTC. The first
90 days warm up; a year more is the least to train on. --implied is measured, not trained on.

Examples:
  npm run calibrate -- --prices ETH=eth_1h.csv.gz,BTC=btc_1h.csv.gz
  npm run calibrate -- --prices btc_1h.csv --asset BTC --implied btc_dvol.csv --train-until 2022-01-01 --json
  npm run calibrate -- --prices ETH=eth_1h.csv.gz,BTC=btc_1h.csv.gz --write deploy/parameters

Exit status: 0 when parameters were found, 1 when none meet the limits, 2 for arguments or files that cannot be used.`;

/** Understands the command line. Throws commander's errors, and {@link ArgumentError} for what does not fit together. */
export function parseArguments(argv: readonly string[]): Request {
  const { prices, implied, asset, trainUntil, to, write, image, ...rest } = makeCommand()
    .parse(argv, { from: "user" })
    .opts<Options>();
  if (prices.length === 0) throw new ArgumentError("there is nothing to calibrate on; add --prices FILE");
  return {
    ...rest,
    files: filesOf({ prices, implied }, asset),
    trainUntil: toBoundary("--train-until", trainUntil),
    to: to === undefined ? undefined : toBoundary("--to", to, true),
    write,
    image,
  };
}

interface Options extends Pick<Request, "seed" | "parameters" | "json" | "out"> {
  readonly prices: string[];
  readonly implied: string[];
  readonly asset?: readonly Asset[];
  readonly trainUntil: string;
  readonly to?: string;
  readonly write?: string;
  readonly image?: string;
}

function makeCommand(): Command {
  const command = new Command("npm run calibrate --").description(
    "Finds the margin parameters on a training span, and reports what they are worth after it.",
  );
  return addHistoryOptions(command, "none")
    .option("--train-until <date>", "end of the training", "2022-01-01")
    .option("--to <date>", "end of the test; a date alone means its end; default: the last price")
    .option(
      "--parameters <name>",
      "network of deploy/parameters, or a file that ends in .json: where to start from",
      "local",
    )
    .option("--write <folder>", "write the result into every parameter file of this folder")
    .option("--seed <text>", "another seed gives other paths inside of bars", "1")
    .option("--json", "print the result as one JSON object on the last line", false)
    .option("--out <folder>", "where calibration.html and calibration.json go", "out")
    .option("--image <file>", "also write the main charts as PNG")
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride();
}
