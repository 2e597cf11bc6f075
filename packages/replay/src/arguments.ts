import { Command, Option } from "commander";
import { ArgumentError } from "./errors.ts";
import { type MarginRule, VENUES, type VenueKind } from "./market/deployment.ts";
import { LEG_DESIGNS, type LegDesign } from "./market/keeperSettings.ts";
import { MAX_ACCOUNTS, MAX_LATENCY, MIN_ACCOUNTS, count, pricesOption, toGwei, toMargin } from "./options.ts";
import { type Asset, assignFiles, toBoundary } from "./prices/arguments.ts";

/** What somebody asked for on the command line. */
export interface Request {
  readonly files: ReadonlyMap<Asset, string>;
  /** Unix seconds. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly seed: string;
  readonly accounts: number;
  readonly keepers: number;
  readonly latencyMinutes: number;
  readonly gasPriceGwei: number;
  readonly margin: MarginRule;
  readonly design: LegDesign;
  readonly venue: VenueKind;
  readonly json: boolean;
  readonly out: string;
  readonly image: string | undefined;
}

const DEFAULT_ACCOUNTS = 104;

const HELP = `
Without --prices a built-in crash is replayed: a seeded path of ETH and BTC, shaped by March 2020.

What happens: all contracts are deployed to a chain of their own. Simulated traders pay in, sign real orders
and trade with the liquidity pool, to which others lend. Prices become Chainlink rounds (0.5 % deviation, 1 h heartbeat). The keeper of packages/keeper liquidates,
with latency and gas, hedges elsewhere what it takes, settles what expires, and looks after the pool. The summary ends with a check that nothing is missing.

Price files are CSV with a header, plain or gzipped: klines (timestamp, open, high, low, close; any bar length
from a minute on) or Chainlink rounds (updated_at, round_id, answer). Times are UTC.

Examples:
  npm start
  npm start -- --margin static:10
  npm start -- --prices ETH=eth_1h.csv.gz,BTC=btc_1h.csv.gz --from 2020-03-12 --to 2020-03-13
  npm start -- --prices rounds_eth.csv --from 2023-08-17 --to 2023-08-18T06:00Z --json

Exit status: 0 when value is conserved to the smallest unit, 1 when not, 2 for arguments or files that cannot be used.`;

/** Understands the command line. Throws commander's errors, and {@link ArgumentError} for what does not fit together. */
export function parseArguments(argv: readonly string[]): Request {
  const command = makeCommand().parse(argv, { from: "user" });
  const options = command.opts<Options>();
  const { from, to, prices, ...rest } = options;
  if (prices.length === 0 && (from !== undefined || to !== undefined)) {
    throw new ArgumentError("--from and --to cut price files; add --prices FILE");
  }
  return {
    ...rest,
    files: assignFiles(prices),
    from: from === undefined ? undefined : toBoundary("--from", from),
    to: to === undefined ? undefined : toBoundary("--to", to, true),
    latencyMinutes: options.latency,
    gasPriceGwei: options.gasPrice,
    image: options.image,
  };
}

interface Options extends Pick<
  Request,
  "seed" | "accounts" | "keepers" | "margin" | "design" | "venue" | "json" | "out"
> {
  readonly prices: string[];
  readonly from?: string;
  readonly to?: string;
  readonly latency: number;
  readonly gasPrice: number;
  readonly image?: string;
}

function makeCommand(): Command {
  return new Command("npm start --")
    .description("Replays a crash on the real contracts and reports who was liquidated, who paid, and what is left.")
    .addOption(pricesOption())
    .option("--from <date>", "first moment replayed, such as 2020-03-12 or 2020-03-12T06:00Z")
    .option("--to <date>", "last moment replayed; a date alone means its end")
    .option("--seed <text>", "another seed gives other people and other paths inside of bars", "1")
    .option(
      "--accounts <number>",
      "traders and market makers together",
      count(MIN_ACCOUNTS, MAX_ACCOUNTS),
      DEFAULT_ACCOUNTS,
    )
    .addOption(
      new Option("--margin <rule>", "dynamic (the protocol's), or static:10 for 10 % of notional")
        .argParser(toMargin)
        .default({ kind: "dynamic" } satisfies MarginRule, "dynamic"),
    )
    .addOption(
      new Option("--design <name>", "which legs a keeper takes: those that it likes best, or the same share of all")
        .choices(LEG_DESIGNS)
        .default("legs"),
    )
    .addOption(
      new Option("--venue <kind>", "full (pool, fees, funding, expiries), or orders: what npm run designs models")
        .choices(VENUES)
        .default("full"),
    )
    .option("--keepers <number>", "keepers with capital", count(1, 8), 1)
    .option("--latency <minutes>", "from a keeper's look to its transaction in a block", count(0, MAX_LATENCY), 2)
    .option("--gas-price <gwei>", "what gas costs throughout", toGwei, 1)
    .option("--json", "print the summary as one JSON object on the last line", false)
    .option("--out <folder>", "where replay.html and replay.json go", "out")
    .option("--image <file>", "also write the main charts as PNG")
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride();
}
