import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { BACKSTOP_SHARE } from "../market/opening.ts";
import { DEPLOYED } from "../model/run.ts";
import { MAX_ACCOUNTS, MAX_LATENCY, MAX_SEEDS, MIN_ACCOUNTS, count, list, seedsUpTo, toMargin } from "../options.ts";
import { MINUTE } from "../path.ts";
import { type Rule, nameOfRule } from "./rules.ts";
import type { StressPlan } from "./sweep.ts";

/** What somebody asked for on the command line. */
export interface StressRequest extends StressPlan {
  readonly threads: number;
  readonly json: boolean;
  readonly out: string;
  readonly image: string | undefined;
}

const DEFAULT_RULES: readonly Rule[] = [
  { kind: "dynamic" },
  { kind: "static", share: 0.1 },
  { kind: "static", share: 0.2 },
  { kind: "naive" },
];
const DEFAULT_DEPTHS = [1, 0.3, 0.1, 0.03, 0.01, Infinity];
const DEFAULT_LATENCIES = [2, 10, 30];
const DEFAULT_LEVERAGES = [1, 0.5, 2];
const DEFAULT_ACCOUNTS = 100;
const DEFAULT_SEEDS = 3;
const DEFAULT_MINUTES = 60;
/** Of the hours that a trial takes. */
const MAX_MINUTES = 600;
const MAX_THREADS = 64;
const DEPTH_RANGE = { least: 1e-4, most: 1e4 };
const LEVERAGE_RANGE = { least: 0.1, most: 5 };

const VOLATILITY_RANGE = { least: 5, most: 400 };
const SHARE_RANGE = { least: 0, most: 100 };
const LATENCY = "from a keeper's look to its transaction in a block";

const HELP = `
An exchange as full as its caps on open interest allow, an hour of calm, then ETH and BTC fall together and do not come back
for the rest of twelve hours. Whoever is liquidated is hedged outside, and that moves the price by kappa * sqrt(flow / depth),
half of it for half an hour; feeds follow, and liquidate more. Falls are halved until the least is found, to two per cent,
after which a loss reaches the reserve, the backstop, and the others: the other side of positions that are deleveraged,
all positive cash, or nobody at all yet.

Margins: dynamic (as deployed), static:10 for 10 % of notional, naive (a multiple of the volatility of the day: no stressed
weight, no floor, no speed limit). All accounts open under the deployed margin; then the rule is exchanged.
Depths are multiples of the depth that the concentration add-on assumes; "none": forced flow moves nothing.
Leverages are multiples of that of a replay's people; margin lets them open only a part of 2.
The first of a list is the place in which the other lists are swept; --cross sweeps every latency at every leverage.

Examples:
  npm run stress
  npm run stress -- --margins dynamic,static:10 --depths 1,none --latencies 2 --leverages 1 --seeds 1
  npm run stress -- --minutes 10 --accounts 400 --image stress.png --json

A trial takes a quarter of a second of processor time with 100 accounts, a frontier about eleven trials; the defaults look for
360 frontiers. It is a model in float64 of the contracts (docs/replays.md says how far it agrees); docs/solvency.md has
results, and says what they do not show.

Exit status: 0 when value is conserved to the smallest unit in every trial, 1 when not, 2 for arguments that cannot be used.`;

interface Options extends Pick<StressPlan, "depths" | "latencies" | "leverages" | "accounts" | "minutes"> {
  readonly volatility?: number;
  readonly backstop: number;
  readonly slots: number;
  readonly marginShare: number;
  readonly lapse: number;
  readonly margins: readonly Rule[];
  readonly seeds: number;
  readonly cross: boolean;
  readonly own: boolean;
  readonly threads: number;
  readonly json: boolean;
  readonly out: string;
  readonly image?: string;
}

/** Understands the command line. Throws commander's errors. */
export function parseStressArguments(argv: readonly string[]): StressRequest {
  const options = makeCommand().parse(argv, { from: "user" }).opts<Options>();
  const { margins, seeds, cross, own, image, volatility, backstop, slots, marginShare, lapse, ...rest } = options;
  return {
    ...rest,
    volatility: volatility === undefined ? undefined : volatility / 100,
    limits: {
      ...{ backstopShare: backstop / 100, slots, marginShare: marginShare / 100 },
      lapseSeconds: lapse * MINUTE,
    },
    rules: margins,
    seeds: seedsUpTo(seeds),
    isCrossed: cross,
    isOwn: own,
    image,
  };
}

function makeCommand(): Command {
  return new Command("npm run stress --")
    .description(
      "Finds how large a fall the exchange bears before others lose, by depth, latency, leverage and margin.",
    )
    .addOption(
      new Option("--margins <rules>", "dynamic, static:PERCENT or naive, with commas")
        .argParser(list(toRule))
        .default(DEFAULT_RULES, DEFAULT_RULES.map(nameOfRule).join(", ")),
    )
    .addOption(listOption(["--depths <multiples>", "of the markets outside"], toDepth, DEFAULT_DEPTHS))
    .addOption(listOption(["--latencies <minutes>", LATENCY], count(0, MAX_LATENCY), DEFAULT_LATENCIES))
    .addOption(listOption(["--leverages <multiples>", "of people"], number(LEVERAGE_RANGE), DEFAULT_LEVERAGES))
    .option("--cross", "every latency at every leverage", false)
    .option(
      "--accounts <number>",
      "traders and market makers together, who share the same open interest",
      count(MIN_ACCOUNTS, MAX_ACCOUNTS),
      DEFAULT_ACCOUNTS,
    )
    .option(
      "--seeds <number>",
      "how many seeds, from 1 on: other people, other noise",
      count(1, MAX_SEEDS),
      DEFAULT_SEEDS,
    )
    .option("--minutes <number>", "how long a fall takes", count(1, MAX_MINUTES), DEFAULT_MINUTES)
    .option(
      "--volatility <percent>",
      "realised a year when everybody opens; without it as deployed",
      number(VOLATILITY_RANGE),
    )
    .option("--own", "everybody opens under each rule itself, and not under the deployed one", false)
    .option("--backstop <percent>", "of open interest at the start", number(SHARE_RANGE), 100 * BACKSTOP_SHARE)
    .option("--slots <number>", "accounts that the backstop may hold at once", count(0, MAX_ACCOUNTS), DEPLOYED.slots)
    .option(
      "--margin-share <percent>",
      "of a budget of the backstop that may stand as margin in what it takes over",
      number(SHARE_RANGE),
      100 * DEPLOYED.marginShare,
    )
    .option(
      "--lapse <minutes>",
      "how long an auction lives unconfirmed",
      count(1, MAX_LATENCY),
      DEPLOYED.lapseSeconds / MINUTE,
    )
    .option("--threads <number>", "how many frontiers at once", count(1, MAX_THREADS), availableParallelism())
    .option("--json", "print the tables as one JSON object on the last line", false)
    .option("--out <folder>", "where stress.html and stress.json go", "out")
    .option("--image <file>", "also write the charts as PNG")
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .exitOverride();
}

function listOption<T>(
  [flags, meaning]: readonly [string, string],
  parse: (text: string) => T,
  preset: readonly T[],
): Option {
  return new Option(flags, `${meaning}, with commas`).argParser(list(parse)).default(preset, preset.map(nameOf).join());
}

const nameOf = (value: unknown) => (value === Infinity ? "none" : String(value));

function toRule(text: string): Rule {
  if (text === "naive") return { kind: "naive" };
  try {
    return toMargin(text);
  } catch {
    throw new InvalidArgumentError("Expected dynamic, naive or static:PERCENT, such as static:10.");
  }
}

function toDepth(text: string): number {
  return text === "none" ? Infinity : number(DEPTH_RANGE)(text);
}

function number({ least, most }: { readonly least: number; readonly most: number }): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text !== "" && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}
