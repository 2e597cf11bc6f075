// npm run keeper -- --help
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { loadAddresses, parseAddresses } from "@plimsoll/client";
import type { Addresses } from "@plimsoll/client";
import { Command, InvalidArgumentError } from "commander";
import { Wallet } from "ethers";
import { pino } from "pino";
import type { Logger } from "pino";
import { eip1193Chain, httpTransport } from "./chain.js";
import { codeOf } from "./errors.js";
import { serveHealth } from "./health.js";
import { createKeeper } from "./keeper.js";
import { createMetrics } from "./metrics.js";
import { jsonFileStore } from "./store.js";
import { runTick, saveKeeper } from "./tick.js";
import type { Keeper } from "./tick.js";

interface Arguments {
  readonly network: string;
  readonly rpcUrl?: string;
  readonly witnessUrl?: string;
  readonly deployment?: string;
  readonly startBlock: number;
  readonly underlyings: readonly number[];
  readonly keyEnv: string;
  readonly stateDir: string;
  readonly interval: number;
  readonly riskCharge?: number;
  readonly minProfit?: number;
  readonly healthPort?: number;
  readonly once?: true;
  readonly logLevel: string;
}

const networks: Readonly<Record<string, { chainId: number; url: string | undefined }>> = {
  localhost: { chainId: 31_337, url: "http://127.0.0.1:8545" },
  sepolia: { chainId: 11_155_111, url: process.env.SEPOLIA_RPC_URL },
};
const RPC_TIMEOUT_SECONDS = 15;
/** Passes that may fail in a row before the health endpoint says so. */
const TOLERATED_MISSES = 3;

function nonNegative(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError("Not a number from 0.");
  return value;
}

function numbers(text: string): number[] {
  return text.split(",").map(nonNegative);
}

function parseArguments(): Arguments {
  const command = new Command("keeper")
    .description("Watches accounts, raises margin calls, runs auctions and liquidates for profit.")
    .requiredOption("--network <name>", Object.keys(networks).join(" or "))
    .option("--rpc-url <url>", "JSON-RPC endpoint, instead of the network's own (sepolia: SEPOLIA_RPC_URL)")
    .option("--witness-url <url>", "second endpoint; the keeper does not act while the two differ")
    .option("--deployment <file>", "JSON with the contracts' addresses, instead of the recorded deployment")
    .option("--start-block <number>", "block of the deployment, where the index begins", nonNegative, 0)
    .option("--underlyings <numbers>", "underlyings to watch", numbers, [1, 2])
    .option("--key-env <variable>", "environment variable that holds the private key", "KEEPER_KEY")
    .option("--state-dir <folder>", "where intents and the index are kept", "out/keeper")
    .option("--interval <seconds>", "between passes", nonNegative, 4)
    .option("--risk-charge <share>", "USD wanted per USD of requirement taken on", nonNegative)
    .option("--min-profit <usd>", "least profit of a liquidation", nonNegative)
    .option("--health-port <port>", "serve /health and /metrics on 127.0.0.1", nonNegative)
    .option("--once", "one pass, then stop")
    .option("--log-level <level>", "pino's level", "info");
  return command.parse().opts<Arguments>();
}

async function addressesFor({ deployment }: Arguments, chainId: number): Promise<Addresses> {
  if (deployment === undefined) return loadAddresses(chainId);
  return parseAddresses(JSON.parse(await readFile(deployment, "utf8")));
}

async function open(args: Arguments, logger: Logger): Promise<Keeper> {
  const network = networks[args.network];
  if (!network) throw new Error(`unknown network ${args.network}: ${Object.keys(networks).join(" or ")}`);
  const url = args.rpcUrl ?? network.url;
  if (url === undefined) throw new Error(`no endpoint for ${args.network}: give --rpc-url or set SEPOLIA_RPC_URL`);
  const key = process.env[args.keyEnv];
  if (key === undefined) throw new Error(`no key: set ${args.keyEnv}`);
  const chainAt = (endpoint: string) => eip1193Chain(httpTransport(endpoint, RPC_TIMEOUT_SECONDS));
  const { chainId } = network;
  const addresses = await addressesFor(args, chainId);
  const { startBlock, underlyings, riskCharge, minProfit } = args;
  return createKeeper({
    chain: chainAt(url),
    signer: new Wallet(key),
    deployment: { ...addresses, chainId, startBlock, underlyings: [...underlyings] },
    config: {
      ...(riskCharge !== undefined && { riskCharge }),
      ...(minProfit !== undefined && { minProfitUsd: minProfit }),
    },
    ...(args.witnessUrl !== undefined && { witness: chainAt(args.witnessUrl) }),
    store: await jsonFileStore(args.stateDir),
    metrics: createMetrics(),
    logger,
  });
}

/** Ticks until it is told to stop; a failed pass is logged and counted, never fatal. */
async function loop(
  keeper: Keeper,
  { interval, once }: Arguments,
  pulse: { at: number; stop: AbortSignal },
): Promise<void> {
  while (!pulse.stop.aborted) {
    try {
      const { status, sent, settled } = await runTick(keeper);
      if (status === "ran") pulse.at = keeper.clock();
      keeper.logger.debug({ status, sent: sent.length, settled: settled.length }, "pass");
    } catch (error) {
      keeper.metrics.errors.inc({ code: codeOf(error) });
      keeper.logger.error({ err: error }, "pass failed");
    }
    if (once) return;
    await sleep(interval * 1000, undefined, { signal: pulse.stop }).catch(() => undefined);
  }
}

async function main(): Promise<void> {
  const args = parseArguments();
  // Amounts are bigint, which JSON does not know.
  const logger = pino({ level: args.logLevel, formatters: { log: stringifyAmounts } });
  const keeper = await open(args, logger);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      stopping.abort();
    });
  const pulse = { at: keeper.clock(), stop: stopping.signal };
  const tolerated = TOLERATED_MISSES * Math.max(args.interval, keeper.config.maxHeadAgeSeconds);
  const isHealthy = () => keeper.clock() - pulse.at <= tolerated;
  const server =
    args.healthPort === undefined ? undefined : await serveHealth(args.healthPort, { isHealthy }, keeper.metrics);
  logger.info({ address: keeper.address, capital: `0x${keeper.book.capital.toString(16)}` }, "keeper started");
  await loop(keeper, args, pulse);
  await saveKeeper(keeper);
  server?.close();
  logger.info("keeper stopped");
}

function stringifyAmounts(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "bigint" ? value.toString() : value]),
  );
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
