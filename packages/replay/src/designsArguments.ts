import { Command, InvalidArgumentError, Option } from "commander";
import { ArgumentError } from "./errors.ts";
import type { MarginRule } from "./market/deployment.ts";
import type { Design } from "./model/design.ts";
import type { SweepPlan } from "./model/sweep.ts";
import {
  MAX_ACCOUNTS,
  MAX_LATENCY,
  MAX_SEEDS,
  MIN_ACCOUNTS,
  count,
  list,
  pricesOption,
  seedsUpTo,
  toGwei,
  toMargin,
} from "./options.ts";
import { type Asset, assignFiles, toBoundary } from "./prices/arguments.ts";

/** What somebody asked for on the command line. */
export interface DesignsRequest extends SweepPlan {
  readonly files: ReadonlyMap<Asset, string>;
  /** Unix seconds. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly json: boolean;
  readonly out: string;
  readonly image: string | undefined;
}

const DEFAULT_ACCOUNTS = 500;
const DEFAULT_DESIGNS: readonly Design[] = [
  { kind: "legs" },
  { kind: "pro-rata" },
  { kind: "fixed-bonus", bonus: 0.05 },
];
const DEFAULT_LATENCIES = [0, 2, 5, 10, 15, 30];

const HELP = `
Without --prices the built-in crash is taken: a seeded path of ETH and BTC, shaped by March 2020.

Designs: legs (as deployed: an auction for whichever legs the keeper likes best), pro-rata (the same auction, the same share
of every leg), fixed-bonus:5 (the whole account at mark, at once, for 5 % of its notional; the account keeps the rest).

This is a model in float64 of the contracts, the oracles, the people and the keeper of "npm start", without a chain; its backstop
has no limit, so that it shows how much is needed; a last table has it as deployed, and says who pays what it does not. docs/replays.md says how far model and contracts agree.

Examples:
  npm run designs
  npm run designs -- --accounts 60 --seeds 2 --latencies 2
  npm run designs -- --prices ETH=eth_1h.csv.gz,BTC=btc_1h.csv.gz --from 2020-03-12 --to 2020-03-13 --margins dynamic,static:10

Exit status: 0 when value is conserved to the smallest unit in every run, 1 when not, 2 for arguments or files that cannot be used.`;

interface Options extends Pick<SweepPlan, "accounts" | "designs" | "latencies" | "margins"> {
  readonly prices: string[];
  readonly from?: string;
  readonly to?: string;
  readonly seeds: number;
  readonly latency: number;
  readonly gasPrice: number;
  readonly json: boolean;
  readonly out: string;
  readonly image?: string;
}

/** Understands the command line. Throws commander's errors, and {@link ArgumentError} for what does not fit together. */
export function parseDesignsArguments(argv: readonly string[]): DesignsRequest {
  const options = makeCommand().parse(argv, { from: "user" }).opts<Options>();
  const { prices, from, to, seeds, latency, gasPrice, image, ...rest } = options;
  if (prices.length === 0 && (from !== undefined || to !== undefined))
    throw new ArgumentError("--from and --to cut price files; add --prices FILE");
  return {
    ...rest,
    files: assignFiles(prices),
    from: from === undefined ? undefined : toBoundary("--from", from),
    to: to === undefined ? undefined : toBoundary("--to", to, true),
    seeds: seedsUpTo(seeds),
    latencyMinutes: latency,
    gasPriceGwei: gasPrice,
    image,
  };
}

function makeCommand(): Command {
  return new Command("npm run designs --")
    .description(
      "Compares designs of liquidation on the same accounts in a crash, and sizes the backstop by keeper latency.",
    )
    .addOption(pricesOption())
    .option("--from <date>", "first moment, such as 2020-03-12 or 2020-03-12T06:00Z")
    .option("--to <date>", "last moment; a date alone means its end")
    .option(
      "--accounts <number>",
      "traders and market makers together",
      count(MIN_ACCOUNTS, MAX_ACCOUNTS),
      DEFAULT_ACCOUNTS,
    )
    .option(
      "--seeds <number>",
      "how many seeds, from 1 on: other people, other paths inside of bars",
      count(1, MAX_SEEDS),
      5,
    )
    .addOption(
      new Option("--designs <names>", "what is compared, with commas")
        .argParser(list(toDesign))
        .default(DEFAULT_DESIGNS, "legs,pro-rata,fixed-bonus:5"),
    )
    .option(
      "--latency <minutes>",
      "of the comparison: from a keeper's look to its transaction in a block",
      count(0, MAX_LATENCY),
      2,
    )
    .addOption(
      new Option("--latencies <minutes>", "at which the backstop is sized, with commas")
        .argParser(list(count(0, MAX_LATENCY)))
        .default(DEFAULT_LATENCIES, DEFAULT_LATENCIES.join()),
    )
    .addOption(
      new Option(
        "--margins <rules>",
        "dynamic (the protocol's) or static:10 for 10 % of notional, with commas; designs are compared under the first",
      )
        .argParser(list(toMargin))
        .default([{ kind: "dynamic" }] satisfies MarginRule[], "dynamic"),
    )
    .option("--gas-price <gwei>", "what gas costs throughout", toGwei, 1)
    .option("--json", "print the tables as one JSON object on the last line", false)
    .option("--out <folder>", "where designs.html and designs.json go", "out")
    .option("--image <file>", "also write the charts as PNG")
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride();
}

function toDesign(text: string): Design {
  if (text === "legs" || text === "pro-rata") return { kind: text };
  const percent = Number(/^fixed-bonus:(\d+(?:\.\d+)?)$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) return { kind: "fixed-bonus", bonus: percent / 100 };
  throw new InvalidArgumentError("Expected legs, pro-rata, or fixed-bonus:PERCENT, such as fixed-bonus:5.");
}
