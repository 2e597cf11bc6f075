// npm run gas: what the protocol's gas is. Run with --help for what it can do.
import { Command, InvalidArgumentError, Option } from "commander";
import { parseUnits } from "ethers";
import { compileContracts } from "../packages/replay/src/compileContracts.ts";
import { explain } from "../packages/replay/src/errors.ts";
import { KEYS, risesOf } from "./gas/figures.ts";
import { measure } from "./gas/measure.ts";
import { figuresTable, METHOD, rollupMethod, rollupTable, verdictText, type SpendingPrices } from "./gas/report.ts";
import { dataCosts } from "./gas/rollup.ts";
import { readSnapshot, writeSnapshot } from "./gas/snapshot.ts";

const ABOVE_SNAPSHOT = 1;
const GWEI_DECIMALS = 9;

interface Options extends SpendingPrices {
  readonly json?: true;
  readonly update?: true;
}

function gwei(text: string): bigint {
  if (!/^\d+(\.\d{1,9})?$/.test(text)) throw new InvalidArgumentError("Not a number of gwei.");
  return parseUnits(text, GWEI_DECIMALS);
}

function whole(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Not a whole number.");
  return BigInt(text);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("Not a number above 0.");
  return value;
}

const HELP = `
${METHOD}

Prices and scalars are examples and change only the second table; each chain of the OP stack has its own scalars.

Examples:
  npm run gas
  npm run gas -- --json                                  one JSON object in the last line
  npm run gas -- --update                                takes the snapshot, snapshots/gas.json, again
  npm run gas -- --l1-base-fee 30 --ether-price 3500

Exit status: 0 when no figure is above the snapshot, 1 when one is, 2 for arguments that cannot be used.`;

function numeric(flags: string, description: string, parse: (text: string) => bigint | number): Option {
  return new Option(flags, description).argParser(parse);
}

function parseArguments(argv: readonly string[]): Options {
  return new Command("npm run gas --")
    .description("Measures the gas of the protocol and compares it with the snapshot, the goals and the nearest peer.")
    .option("--json", "print the figures as JSON in the last line")
    .option("--update", "write the figures to the snapshot")
    .addOption(numeric("--l1-base-fee <gwei>", "base fee of L1", gwei).default(gwei("2"), "2"))
    .addOption(numeric("--blob-base-fee <gwei>", "base fee of blobs on L1", gwei).default(gwei("0.1"), "0.1"))
    .addOption(numeric("--base-fee-scalar <millionths>", "the rollup's factor on it", whole).default(5227n, "5227"))
    .addOption(
      numeric("--blob-base-fee-scalar <millionths>", "the rollup's factor on it", whole).default(1_014_213n, "1014213"),
    )
    .addOption(numeric("--l2-gas-price <gwei>", "price of gas on the rollup", gwei).default(gwei("0.005"), "0.005"))
    .addOption(numeric("--ether-price <USD>", "price of ether", positive).default(2000))
    .addHelpText("after", HELP)
    .exitOverride()
    .parse(argv, { from: "user" })
    .opts<Options>();
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseArguments(argv);
  await compileContracts();
  const snapshot = await readSnapshot();
  const { figures, transactions } = await measure(KEYS);
  const costs = await dataCosts(transactions, options);
  console.log(`${figuresTable(figures, snapshot)}\n\n${METHOD}\n\n${verdictText(figures, snapshot)}\n`);
  console.log(`${rollupTable(costs, options)}\n\n${rollupMethod(options)}`);
  if (options.update) await writeSnapshot(figures);
  if (options.json) console.log(JSON.stringify(figures));
  return options.update || risesOf(figures, snapshot).length === 0 ? 0 : ABOVE_SNAPSHOT;
}

// Exits by itself: the in-process chains keep threads that would hold the process open.
process.exit(await main(process.argv.slice(2)).catch(explain));
