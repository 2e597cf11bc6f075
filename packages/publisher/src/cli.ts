// npm run publisher -- --help
import { DeploymentRecordError } from "@plimsoll/client";
import { ArgumentError, ASSETS, assignFiles, PriceFileError, toBoundary, type Asset } from "@plimsoll/replay";
import {
  ChainTooThinError,
  FrozenPriceError,
  HistoryGapError,
  HistoryTooShortError,
  InadmissibleSurfaceError,
  InvalidNumberError,
} from "@plimsoll/risk";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { calibrate, forecast, run, send, sign, REFUSED } from "./commands.ts";
import { NETWORKS } from "./connection.ts";
import { InputError, PublisherError } from "./errors.ts";
import { DEFAULT_PLAN } from "./plan.ts";
import { DEFAULT_SMILE } from "./views.ts";
import { CALIBRATE_HELP, FORECAST_HELP, MAIN_HELP, RUN_HELP, SEND_HELP, SIGN_HELP } from "./help.ts";

const UNUSABLE_INPUT = 2;
/** A person can mend these; everything else is a fault of the program and shows where. */
const EXPLAINED = [
  ArgumentError,
  ChainTooThinError,
  DeploymentRecordError,
  FrozenPriceError,
  HistoryGapError,
  HistoryTooShortError,
  InadmissibleSurfaceError,
  InvalidNumberError,
  PriceFileError,
  PublisherError,
] as const;

interface SmileOptions {
  readonly rho: number;
  readonly eta: number;
  readonly rate: number;
  readonly premium: number;
}

function makeProgram(finish: (status: Promise<number>) => Promise<void>): Command {
  const program = new Command("publisher")
    .description("Forecasts volatility, fits the mark surface, signs it and publishes it to the volatility oracle.")
    .addHelpText("after", MAIN_HELP)
    .exitOverride();
  addForecast(program, finish);
  addCalibrate(program, finish);
  addSign(program, finish);
  addSend(program, finish);
  addRun(program, finish);
  return program;
}

type Finish = (status: Promise<number>) => Promise<void>;

function addForecast(program: Command, finish: Finish): void {
  interface Options extends SmileOptions {
    readonly prices: string[];
    readonly asset?: Asset;
    readonly from?: string;
    readonly to?: string;
    readonly testFrom?: string;
    readonly out?: string;
    readonly json: boolean;
  }
  const command = program
    .command("forecast")
    .description("forecasts from candles, and their quality out of sample")
    .option("--prices <file>", "candles or Chainlink rounds: FILE, or ETH=FILE,BTC=FILE", collect, [])
    .addOption(assetOption())
    .option("--from <date>", "first price that counts")
    .option("--to <date>", "last price that counts; a date alone means its end")
    .option("--test-from <date>", "first day forecast out of sample; default: the last third")
    .option("--out <file>", "write the surface of the forecast, for sign")
    .option("--json", "print everything as one JSON array on the last line", false)
    .addHelpText("after", FORECAST_HELP);
  addSmile(command).action(({ prices, asset, from, to, testFrom, out, json, ...smile }: Options) =>
    finish(
      forecast({
        sources: chosen(assignFiles(prices), asset),
        from: from === undefined ? undefined : toBoundary("--from", from),
        to: to === undefined ? undefined : toBoundary("--to", to, true),
        testFrom: testFrom === undefined ? undefined : toBoundary("--test-from", testFrom),
        smile,
        json,
        out,
      }),
    ),
  );
}

function addCalibrate(program: Command, finish: Finish): void {
  interface Options {
    readonly chain: string;
    readonly spot?: number;
    readonly at?: string;
    readonly rate?: number;
    readonly inCoin: boolean;
    readonly json: boolean;
    readonly out?: string;
  }
  program
    .command("calibrate")
    .description("fits the surface to an option chain")
    .requiredOption("--chain <file>", "CSV or JSON, or an address")
    .option("--spot <usd>", "price of the underlying at that time", positive)
    .option("--at <time>", "when the chain was quoted")
    .option("--rate <share>", "a year, where no strike has call and put", finite)
    .option("--in-coin", "prices are in units of the underlying", false)
    .option("--out <file>", "write the surface, for sign")
    .option("--json", "print surface and fit as one JSON object on the last line", false)
    .addHelpText("after", CALIBRATE_HELP)
    .action(({ chain, spot, at, rate, inCoin, json, out }: Options) =>
      finish(
        calibrate({ chain, spot, at: at === undefined ? undefined : toBoundary("--at", at), rate, inCoin, json, out }),
      ),
    );
}

function addSign(program: Command, finish: Finish): void {
  interface Options {
    readonly surface: string;
    readonly asset: Asset;
    readonly at?: string;
    readonly chainId?: bigint;
    readonly out?: string;
    readonly network: keyof typeof NETWORKS;
    readonly oracle?: string;
  }
  const command = program
    .command("sign")
    .description("signs a surface, without asking a node")
    .requiredOption("--surface <file>", "as calibrate and forecast write it")
    .addOption(assetOption().makeOptionMandatory())
    .option("--at <time>", "time of the report; default: now")
    .option("--chain-id <number>", "chain, instead of the network's; needs --oracle", chainId)
    .option("--out <file>", "instead of standard output")
    .addHelpText("after", SIGN_HELP);
  addNetwork(command).action(({ at, chainId, out, ...rest }: Options) =>
    finish(sign({ ...rest, chainId, out, at: at === undefined ? undefined : toBoundary("--at", at) })),
  );
}

function addSend(program: Command, finish: Finish): void {
  interface Options {
    readonly reports: string[];
    readonly network: keyof typeof NETWORKS;
    readonly rpcUrl?: string;
    readonly oracle?: string;
  }
  const command = program
    .command("send")
    .description("sends the signed reports of one underlying")
    .requiredOption("--reports <files...>", "as sign writes them")
    .option("--rpc-url <url>", "JSON-RPC endpoint, instead of the network's own (sepolia: SEPOLIA_RPC_URL)")
    .addHelpText("after", SEND_HELP);
  addNetwork(command).action(({ reports, ...options }: Options) => finish(send(reports, options)));
}

function addRun(program: Command, finish: Finish): void {
  interface Options extends SmileOptions {
    readonly prices: string[];
    readonly candlesUrl: [Asset, string][];
    readonly chain: string[];
    readonly chainUrl: [Asset, string][];
    readonly inCoin: boolean;
    readonly pool: string;
    readonly interval: number;
    readonly maxAge: number;
    readonly maxMove: number;
    readonly move: number;
    readonly once: boolean;
    readonly logLevel: string;
    readonly network: keyof typeof NETWORKS;
    readonly rpcUrl?: string;
    readonly oracle?: string;
  }
  const command = program
    .command("run")
    .description("publishes whenever the surface moved, and before the heartbeat is over")
    .option("--prices <file>", "candles, read again at every pass: ETH=FILE", collect, [])
    .option("--candles-url <address>", "the same over HTTP: ETH=https://…", collectAddress, [])
    .option("--chain <file>", "option chain, read again at every pass: ETH=FILE", collect, [])
    .option("--chain-url <address>", "the same over HTTP: ETH=https://…", collectAddress, [])
    .option("--in-coin", "option prices are in units of the underlying", false)
    .option("--pool <folder>", "signed reports, shared with the other publishers", "out/publisher")
    .option("--interval <seconds>", "between passes", positive, 60)
    .option("--move <share>", "relative change of a volatility that is published", positive, DEFAULT_PLAN.moves.level)
    .option("--max-move <share>", "relative change that is not believed", positive, DEFAULT_PLAN.maxMove)
    .option("--max-age <seconds>", "oldest data that are signed", positive, DEFAULT_PLAN.maxDataAgeSeconds)
    .option("--rpc-url <url>", "JSON-RPC endpoint, instead of the network's own (sepolia: SEPOLIA_RPC_URL)")
    .option("--once", "one pass, then stop", false)
    .option("--log-level <level>", "pino's level", "info")
    .addHelpText("after", RUN_HELP);
  addNetwork(addSmile(command)).action(
    ({ prices, candlesUrl, chain, chainUrl, rho, eta, rate, premium, ...rest }: Options) =>
      finish(
        run({
          ...rest,
          candles: new Map([...assignFiles(prices), ...candlesUrl]),
          chains: new Map([...assignFiles(chain), ...chainUrl]),
          smile: { rho, eta, rate, premium },
        }),
      ),
  );
}

function assetOption(): Option {
  return new Option("--asset <name>", "which underlying").choices(ASSETS);
}

function addSmile(command: Command): Command {
  return command
    .option("--rho <number>", "skew of a surface from forecasts", finite, DEFAULT_SMILE.rho)
    .option("--eta <number>", "curvature of a surface from forecasts", positive, DEFAULT_SMILE.eta)
    .option("--rate <share>", "a year, where option prices do not tell it", finite, DEFAULT_SMILE.rate)
    .option("--premium <factor>", "implied per forecast volatility", positive, DEFAULT_SMILE.premium);
}

function addNetwork(command: Command): Command {
  const networks = Object.keys(NETWORKS);
  return command
    .addOption(new Option("--network <name>", "where the oracle is").choices(networks).default("localhost"))
    .option("--oracle <address>", "the volatility oracle, instead of the recorded deployment's");
}

function chosen(sources: ReadonlyMap<Asset, string>, asset: Asset | undefined): ReadonlyMap<Asset, string> {
  if (asset === undefined) return sources;
  const [first] = sources.values();
  const source = sources.get(asset) ?? (sources.size === 1 ? first : undefined);
  if (source === undefined) throw new ArgumentError(`no prices of ${asset}: add --prices ${asset}=FILE`);
  return new Map([[asset, source]]);
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** Addresses may hold commas and equal signs, so one an option. */
function collectAddress(value: string, previous: readonly [Asset, string][]): [Asset, string][] {
  const [, name = "", address = ""] = /^(\w+)=(https?:\/\/.+)$/.exec(value) ?? [];
  const asset = ASSETS.find((known) => known === name.toUpperCase());
  if (asset === undefined) throw new InvalidArgumentError("Expected ETH=https://… or BTC=https://….");
  return [...previous, [asset, address]];
}

function finite(text: string): number {
  const value = Number(text);
  if (text !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a number.");
}

function positive(text: string): number {
  const value = finite(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
}

function chainId(text: string): bigint {
  if (/^\d+$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("Expected the number of a chain.");
}

/** Commander has printed what was wrong with an argument; everything else that a person can mend gets one line. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
  if (!EXPLAINED.some((type) => error instanceof type)) throw error;
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof PublisherError && !(error instanceof InputError) ? REFUSED : UNUSABLE_INPUT;
}

async function main(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = makeProgram(async (promised) => {
    status = await promised;
  });
  await program.parseAsync(argv, { from: "user" });
  return status;
}

// Exits by itself: connections to a node would hold the process open.
process.exit(await main(process.argv.slice(2)).catch(explain));
