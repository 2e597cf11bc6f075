// `npm run hidden-leverage`: looks for books that lose more between the scenarios than in them.
import { parseArgs } from "node:util";
import { fieldsOf, Kind, strikeOf } from "@plimsoll/client";
import { REQUIREMENTS, type Exposure, type Requirement, type TierName } from "../test/helpers/hiddenLeverage.ts";
import { searchKind, summarise, type HiddenSummary, type Quantiles } from "../test/helpers/hiddenSummary.ts";
import { LEVERAGE_KINDS, type LeverageKind } from "../test/helpers/leveragedBooks.ts";

const USAGE = `npm run hidden-leverage -- [options]

Random books of kinds that might hide a loss between the scenarios of the margin engine: for each, the worst loss over a
dense set of prices inside a tier's scan range and of volatility shocks between the volatility nodes, against what the tier
requires. The hidden part is what the requirement leaves uncovered, as a share of that loss, and as a share of spot for each
unit of gross size.

  --books <number>   of each kind (1000)
  --seed <number>    another seed gives other books (1)
  --prices <number>  in each tier's range, strikes on top (401)
  --shocks <number>  between the volatility nodes, the mark on top (16)
  --json             one JSON object
  --help             this text`;

const TIERS = ["maintenance", "initial"] as const;
const PROGRESS_MS = 5_000;
const WAD = 1e18;
const names: Readonly<Record<Requirement, string>> = {
  grid: "13 nodes alone",
  gridAndPinCharge: "13 nodes and pin charge",
  scan: "scan loss and pin charge",
  all: "with all add-ons",
};

interface Row extends Omit<HiddenSummary, "worst"> {
  readonly kind: LeverageKind;
  readonly tier: TierName;
  readonly requirement: Requirement;
}

interface Options {
  readonly books: number;
  readonly seed: number;
  readonly prices: number;
  readonly shocks: number;
}

function search({ books, seed, prices, shocks }: Options): { rows: Row[]; worst: Exposure | undefined } {
  const rows: Row[] = [];
  let worst: Exposure | undefined;
  let most = 0;
  let reported = performance.now();
  for (const kind of LEVERAGE_KINDS) {
    const progress = (done: number) => {
      if (performance.now() - reported < PROGRESS_MS) return;
      reported = performance.now();
      console.error(`${kind}: ${done} of ${books} books`);
    };
    const exposures = searchKind(kind, { seed, books, density: { prices, shocks }, progress });
    for (const tier of TIERS) {
      for (const requirement of REQUIREMENTS) {
        const { worst: found, ...summary } = summarise(exposures, { requirement, tier });
        rows.push({ kind, tier, requirement, ...summary });
        if (requirement !== "scan" || summary.ofGross.max <= most) continue;
        most = summary.ofGross.max;
        worst = found;
      }
    }
  }
  return { rows, worst };
}

function columnsOf({ mean, median, p99, max }: Quantiles, digits: number): string {
  return [mean, median, p99, max].map((share) => (100 * share).toFixed(digits).padStart(7)).join(" ");
}

function toText(rows: readonly Row[]): string {
  const shares = "   mean  median     p99     max";
  const heads = [
    `${" ".repeat(41)}  ${"hidden, % of the loss".padEnd(shares.length)}   hidden, % of spot per unit`,
    `${"requirement".padEnd(26)}  books exceed  ${shares}   ${shares}`,
  ];
  const lines = rows.map((row) => {
    const isFirst = row.requirement === REQUIREMENTS[0];
    const counts = `${String(row.books).padStart(7)} ${String(row.exceeding).padStart(6)}`;
    const line = `${names[row.requirement].padEnd(25)} ${counts}  ${columnsOf(row.ofLoss, 2)}   ${columnsOf(row.ofGross, 3)}`;
    return isFirst ? `\n${row.kind}, ${row.tier}\n${line}` : line;
  });
  return [...heads, ...lines].join("\n");
}

/** Everything that a person needs to look at a book again. */
function describe({ book, tier, loss, move, shock, required, gross }: Exposure): string {
  const [market] = book.market.underlyings;
  const legs = book.legs.map(({ instrument, size }) => {
    const { kind, expiry } = fieldsOf(instrument);
    if (kind === Kind.Perpetual) return `  ${size.toFixed(6)} perpetual`;
    const hours = ((expiry - book.market.now) / 3_600).toFixed(2);
    const strike = (Number(strikeOf(instrument)) / WAD).toFixed(2);
    return `  ${size.toFixed(6)} ${kind === Kind.Call ? "call" : "put"} ${strike} in ${hours} h`;
  });
  const amounts = REQUIREMENTS.map((one) => `${names[one]} ${required[one].toFixed(4)}`).join(", ");
  return [
    `worst by spot: ${book.kind} number ${book.index} of seed ${book.seed}, ${tier} tier`,
    ...legs,
    `  loses ${loss.toFixed(4)} USD at a move of ${move.toFixed(5)}, shock ${shock}; gross ${gross.toFixed(2)} USD`,
    `  requires: ${amounts}`,
    `  surface ${JSON.stringify(market?.surface)}, margin volatility ${(market?.initialVolatility ?? 0).toFixed(4)}`,
  ].join("\n");
}

function print(options: Options, isJson: boolean): void {
  const { rows, worst } = search(options);
  const where = worst && { kind: worst.book.kind, index: worst.book.index, tier: worst.tier, loss: worst.loss };
  if (isJson) console.log(JSON.stringify({ ...options, rows, worst: where }));
  else console.log(`${toText(rows)}\n\n${worst === undefined ? "no book hides anything" : describe(worst)}`);
}

const { values } = parseArgs({
  options: {
    books: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    prices: { type: "string", default: "401" },
    shocks: { type: "string", default: "16" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const options: Options = {
  books: Number(values.books),
  seed: Number(values.seed),
  prices: Number(values.prices),
  shocks: Number(values.shocks),
};
const isUsable = Object.values(options).every((value) => Number.isSafeInteger(value));
if (values.help) {
  console.log(USAGE);
} else if (!isUsable || options.books < 1 || options.prices < 2 || options.shocks < 2) {
  console.error("error: --books, --seed, --prices and --shocks are whole numbers, prices and shocks at least 2");
  process.exitCode = 2;
} else {
  print(options, values.json);
}
