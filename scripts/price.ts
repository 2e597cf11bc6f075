// npm run price -- SYMBOL USD [--port N]
// Moves a price of the local chain that `npm run chain` started, by a new round of its feed.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { JsonRpcProvider, parseUnits } from "ethers";
import { MockAggregator__factory } from "../typechain-types/index.js";

const USAGE = "usage: npm run price -- SYMBOL USD [--port N]     e.g. npm run price -- ETH 1800";
const DEFAULT_PORT = "8545";
const LOCAL_CHAIN_ID = 31_337;

function fail(text: string): never {
  console.error(text);
  process.exit(1);
}

const { values, positionals } = parseArgs({ options: { port: { type: "string" } }, allowPositionals: true });
const [symbol, dollars] = positionals;
if (symbol === undefined || dollars === undefined) fail(USAGE);
if (!/^\d+(\.\d+)?$/.test(dollars)) fail(`not a price: ${dollars}\n${USAGE}`);

const url = `http://127.0.0.1:${values.port ?? DEFAULT_PORT}`;
const provider = new JsonRpcProvider(url, LOCAL_CHAIN_ID, { staticNetwork: true });
await provider.send("eth_chainId", []).catch(() => fail(`no chain at ${url}; start one: npm run chain`));
const file = `deploy/deployments/chain-${LOCAL_CHAIN_ID.toString()}/deployed_addresses.json`;
const record = JSON.parse(await readFile(file, "utf8").catch(() => fail(`no deployment record in ${file}`))) as unknown;
const addresses = new Map(Object.entries(record as Record<string, string>));
const address = addresses.get(`LocalMarket#${symbol.toUpperCase()}Aggregator`);
if (address === undefined) fail(`no feed for ${symbol}; there are ${symbols(addresses).join(", ")}`);

const aggregator = MockAggregator__factory.connect(address, await provider.getSigner(0));
const [, answer] = await aggregator.latestRoundData();
const decimals = Number(await aggregator.decimals());
const transaction = await aggregator["push(int256)"](parseUnits(dollars, decimals));
await transaction.wait();
console.log(`${symbol.toUpperCase()}: ${(Number(answer) / 10 ** decimals).toString()} → ${dollars} USD`);
provider.destroy();

function symbols(all: ReadonlyMap<string, string>): string[] {
  return [...all.keys()].flatMap((key) => /^LocalMarket#(\w+)Aggregator$/.exec(key)?.[1] ?? []);
}
