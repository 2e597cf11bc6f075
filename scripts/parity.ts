// `npm run parity -- [--portfolios 10000] [--seed 1]`: the margin engine, deployed from its artifact, against the float64 model
// of `packages/risk` on random portfolios in random markets. The last line states the largest difference.
import { parseArgs } from "node:util";
import hre from "hardhat";
import {
  ENGINE_TOLERANCE,
  EngineFactory,
  engineDeviation,
  modelRisks,
  type EngineDeviation,
} from "../test/helpers/engineParity.ts";
import { randomFrom, type Random } from "../test/helpers/kernel.ts";
import { BOOK_KINDS, randomMarket, randomPortfolio } from "../test/helpers/marginBook.ts";

const USAGE = `npm run parity -- [options]

Values random portfolios in random markets by MarginEngine.sol and by packages/risk, and compares equity and requirements.

  --portfolios <number>  how many (10000)
  --seed <number>        another seed gives other markets and portfolios (1)
  --help                 this text

Exit status: 0 when all are within 1e-9 of gross notional, 1 when not, 2 for arguments that cannot be used.`;

const PORTFOLIOS_OF_A_KIND = 4;
const MAX_UNDERLYINGS = 3;
const PROGRESS_MS = 10_000;

interface Found extends EngineDeviation {
  readonly where: string;
}

/** Everything in one market. */
async function compareInMarket(factory: EngineFactory, random: Random, number: number): Promise<Found[]> {
  const engine = await factory.deploy(randomMarket(random, 1 + (number % MAX_UNDERLYINGS)));
  const { market } = engine;
  const kinds = BOOK_KINDS.flatMap((kind) => Array.from({ length: PORTFOLIOS_OF_A_KIND }, () => kind));
  const portfolios = kinds.map((kind) => randomPortfolio(random, market, kind));
  const answers = await engine.evaluate(portfolios);
  const risks = modelRisks(engine, portfolios);
  return portfolios.map((portfolio, i) => {
    const [answer, risk] = [answers[i], risks[i]];
    if (answer === undefined || risk === undefined) throw new RangeError("an answer for each portfolio");
    return { ...engineDeviation(answer, risk, { market, portfolio }), where: `${kinds[i] ?? ""} in market ${number}` };
  });
}

async function main(target: number, seed: number): Promise<number> {
  const factory = await EngineFactory.on(await hre.network.create("market"));
  const random = randomFrom(seed);
  let count = 0;
  let worst: Found = { field: "equity", ofTolerance: 0, where: "" };
  let reported = performance.now();
  for (let market = 0; count < target; market++) {
    for (const found of await compareInMarket(factory, random, market)) {
      count++;
      if (found.ofTolerance > worst.ofTolerance) worst = found;
    }
    if (performance.now() - reported < PROGRESS_MS) continue;
    reported = performance.now();
    console.error(`${count} of ${target} portfolios, largest difference so far ${toText(worst)}`);
  }
  const isWithin = worst.ofTolerance <= 1;
  console.log(isWithin ? "within the bound" : "OUTSIDE the bound");
  console.log(`largest difference ${toText(worst)}, ${count} portfolios, seed ${seed}`);
  return isWithin ? 0 : 1;
}

function toText({ field, ofTolerance, where }: Found): string {
  return `${(ofTolerance * ENGINE_TOLERANCE).toExponential(2)} of gross notional (${field}, ${where})`;
}

const { values } = parseArgs({
  options: {
    portfolios: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const [portfolios, seed] = [Number(values.portfolios), Number(values.seed)];
if (values.help) {
  console.log(USAGE);
} else if (!(portfolios > 0) || !Number.isSafeInteger(seed)) {
  console.error("error: --portfolios and --seed are whole numbers");
  process.exitCode = 2;
} else {
  process.exitCode = await main(portfolios, seed);
}
