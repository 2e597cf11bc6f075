// `npm run bench:risk`: how fast packages/risk evaluates many accounts, and how fast a plain loop would.
import { parseArgs } from "node:util";
import { call, perpetual, put, spot, toWad, type Instrument } from "@plimsoll/client";
import {
  AccountTable,
  MarginModel,
  scanAccounts,
  scenariosOf,
  VOLATILITY_NODES,
  type Market,
  type Portfolio,
  type UnderlyingMarket,
} from "@plimsoll/risk";
import { startingMarket } from "../test/helpers/startingMarket.ts";
import { randomFrom, type Random } from "../test/helpers/kernel.ts";

const USAGE = `npm run bench:risk -- [options]

Evaluates many accounts, both tiers, on one thread, with a market that is new each time: every instrument is priced again.
Beside it, in the same run, a plain loop that calls Black-76 for each position in each scenario.

An option-scenario is one option position of one account, valued at one price and one volatility: the grid and the strike
nodes of the account with three volatilities each, and the stress scenarios. Linear positions are valued too and not
counted; twist scenarios recombine values that are there already, and are not counted either. The plain loop is spared
logarithm, smile and scenario prices, and the tests of a requirement.

  --accounts <number>  (100000)
  --rounds <number>    evaluations of all of them, of which the fastest counts, as for the plain loop (7)
  --seed <number>      (1)
  --json               one JSON object
  --help               this text`;

const POSITIONS = 8;
const EXPIRY_DAYS = [1, 2, 7, 14, 30, 60, 90, 180];
const STRIKE_RATIOS = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3];
const DAY = 86_400;
/** Share of accounts on one underlying alone. */
const SINGLE_SHARE = 0.7;
/** Accounts that the plain loop values. */
const NAIVE_ACCOUNTS = 2_000;
const MAX_STRIKE_NODES = 6;

function instrumentsOn({ underlying, spot: price }: UnderlyingMarket, now: number): Instrument[] {
  const options = EXPIRY_DAYS.flatMap((days) =>
    STRIKE_RATIOS.flatMap((ratio) => {
      const terms = { expiry: now + days * DAY, strike: toWad((price * ratio).toFixed(2)) };
      return [call(underlying, terms), put(underlying, terms)];
    }),
  );
  return [spot(underlying), perpetual(underlying), ...options];
}

function randomAccount(random: Random, listed: readonly Instrument[][]): Portfolio {
  const first = Math.floor(listed.length * random());
  const isSingle = random() < SINGLE_SHARE;
  const legs = Array.from({ length: POSITIONS }, (_, i) => {
    const choice = listed[isSingle ? first : (first + i) % listed.length] ?? [];
    const instrument = choice[Math.floor(choice.length * random())];
    if (instrument === undefined) throw new RangeError("nothing listed");
    return { instrument, size: 4 * random() - 2 };
  });
  return { cash: 10_000 * random(), legs };
}

/** Option positions and how many scenarios each is valued in. */
function countOptionScenarios(model: MarginModel, portfolio: Portfolio): number {
  let count = 0;
  for (const { underlying, parameters, overdueSeconds } of model.market.underlyings) {
    const quoted = portfolio.legs.map(({ instrument, size }) => ({ quote: model.quote(instrument), size }));
    const options = quoted.filter(({ quote }) => quote.isOption && quote.fields.underlying === underlying);
    const held = options.flatMap(({ quote, size }) => (size > 0 ? (quote.strikeNode ?? []) : []));
    const strikes = Math.min(new Set(held.map(({ move }) => move)).size, MAX_STRIKE_NODES);
    const nodes = (overdueSeconds > 0 ? 26 : 13) + strikes;
    count += options.length * (nodes * VOLATILITY_NODES + parameters.stresses.length);
  }
  return count;
}

interface NaiveResult {
  readonly optionScenarios: number;
  readonly milliseconds: number;
}

/** Black-76 for each position in each scenario of the grid, and the worst sum. */
function naive(model: MarginModel, portfolios: readonly Portfolio[]): NaiveResult {
  const nodes = new Map(model.market.underlyings.map((one) => [one.underlying, scenariosOf(one).nodes]));
  const books = portfolios.map(({ legs }) =>
    legs
      .map(({ instrument, size }) => ({ quote: model.quote(instrument), size }))
      .filter(({ quote }) => quote.isOption),
  );
  let optionScenarios = 0;
  let worst = 0;
  const started = performance.now();
  for (const book of books) {
    for (const [underlying, places] of nodes) {
      for (const node of places) {
        for (let volatility = 0; volatility < VOLATILITY_NODES; volatility++) {
          let profit = 0;
          for (const { quote, size } of book) {
            if (quote.fields.underlying !== underlying) continue;
            profit += size * quote.profitAt(node, volatility);
            optionScenarios++;
          }
          worst = Math.min(worst, profit);
        }
      }
    }
  }
  const milliseconds = performance.now() - started;
  if (!(worst < 0)) throw new RangeError("no account loses anything");
  return { optionScenarios, milliseconds };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** What other programs take of the processor only ever makes a run slower. */
function fastest(values: readonly number[]): number {
  return Math.min(...values);
}

function run(accountCount: number, { rounds, seed }: { rounds: number; seed: number }) {
  const random = randomFrom(seed);
  const market: Market = startingMarket();
  const listed = market.underlyings.map((one) => instrumentsOn(one, market.now));
  const portfolios = Array.from({ length: accountCount }, () => randomAccount(random, listed));
  const built = performance.now();
  const table = new AccountTable(portfolios);
  const tableMilliseconds = performance.now() - built;
  const scans = Array.from({ length: rounds }, () => {
    const started = performance.now();
    scanAccounts(new MarginModel(market), table);
    return performance.now() - started;
  });
  const model = new MarginModel(market);
  const optionScenarios = portfolios.reduce((sum, portfolio) => sum + countOptionScenarios(model, portfolio), 0);
  const scanMilliseconds = fastest(scans);
  const naives = Array.from({ length: rounds }, () => naive(model, portfolios.slice(0, NAIVE_ACCOUNTS)));
  const scanRate = (optionScenarios / scanMilliseconds) * 1_000;
  const naiveRate = Math.max(...naives.map((plain) => (plain.optionScenarios / plain.milliseconds) * 1_000));
  return {
    accounts: accountCount,
    positions: POSITIONS,
    instruments: table.instruments.length,
    optionScenarios,
    scanMilliseconds,
    medianMilliseconds: median(scans),
    tableMilliseconds,
    scanRate,
    naiveRate,
    ratio: scanRate / naiveRate,
  };
}

function toText(result: ReturnType<typeof run>): string {
  const millions = (rate: number) => `${(rate / 1e6).toFixed(1)} million option-scenarios a second`;
  return [
    `${result.accounts} accounts of ${result.positions} positions, ${result.instruments} instruments, one thread`,
    `scan        ${result.scanMilliseconds.toFixed(0)} ms, prices included (median ${result.medianMilliseconds.toFixed(0)} ms): ${millions(result.scanRate)}`,
    `plain loop  ${millions(result.naiveRate)}`,
    `ratio       ${result.ratio.toFixed(1)}`,
    `(the table of accounts took ${result.tableMilliseconds.toFixed(0)} ms once; it changes with positions, not with prices)`,
  ].join("\n");
}

const { values } = parseArgs({
  options: {
    accounts: { type: "string", default: "100000" },
    rounds: { type: "string", default: "7" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [accounts, rounds, seed] = [Number(values.accounts), Number(values.rounds), Number(values.seed)];
if (values.help) {
  console.log(USAGE);
} else if (
  ![accounts, rounds].every((value) => Number.isSafeInteger(value) && value > 0) ||
  !Number.isSafeInteger(seed)
) {
  console.error("error: --accounts, --rounds and --seed are whole numbers");
  process.exitCode = 2;
} else {
  const result = run(accounts, { rounds, seed });
  console.log(values.json ? JSON.stringify(result) : toText(result));
}
