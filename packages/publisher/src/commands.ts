import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { signSurfaceReport } from "@plimsoll/client";
import { ArgumentError, formatTime, UNDERLYINGS, type Asset } from "@plimsoll/replay";
import { annualVolatility, forecastQuality, levelsOf, type Day, type Smile } from "@plimsoll/risk";
import { pino } from "pino";
import { openOracle, readKey, venueOf, type NetworkOptions } from "./connection.ts";
import { DEFAULT_PLAN } from "./plan.ts";
import { ReportPool } from "./pool.ts";
import { runPass, type Publisher } from "./publisher.ts";
import {
  decodeReport,
  encodeReport,
  encodeView,
  readTextFile,
  readView,
  toReport,
  type SurfaceView,
} from "./reports.ts";
import { percent, renderFit, renderQuality, renderSurface, renderTable } from "./text.ts";
import { chainView, forecastView, HORIZONS, loadDays, MODELS } from "./views.ts";

/** Exit statuses. */
export const OK = 0;
export const REFUSED = 1;

export interface ForecastRequest {
  readonly sources: ReadonlyMap<Asset, string>;
  /** Unix seconds. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** End of the last day of the first training. */
  readonly testFrom: number | undefined;
  readonly smile: Smile;
  readonly json: boolean;
  readonly out: string | undefined;
}

/** Forecasts as of the end of the prices, and how good such forecasts were. */
export async function forecast(request: ForecastRequest): Promise<number> {
  const { sources, json, out } = request;
  if (out !== undefined && sources.size > 1) throw new ArgumentError("--out takes one asset: add --asset");
  if (sources.size === 0) throw new ArgumentError("nothing to forecast: add --prices FILE");
  const results = [];
  const span = { from: request.from, to: request.to ?? Date.now() / 1000 };
  for (const [asset, source] of sources) {
    const days = await loadDays(source, span);
    const view = forecastView(days, request.smile);
    const forecasts = MODELS.map((model) => {
      const forecaster = model.fit(days);
      const variances = HORIZONS.map((horizon) => forecaster.forecast(days, horizon));
      return { model: model.name, volatilities: variances.map(annualVolatility) };
    });
    const trainingDays = trainingDaysOf(days, request.testFrom);
    const quality = forecastQuality({ days, trainingDays, models: MODELS, horizons: HORIZONS });
    const header = ["volatility a year over the next", ...HORIZONS.map((horizon) => `${horizon} d`)];
    const rows = forecasts.map(({ model, volatilities }) => [model, ...volatilities.map((value) => percent(value))]);
    console.log(`\n${asset}, ${days.length} days to ${endOf(days.at(-1))}\n\n${renderTable([header, ...rows])}`);
    console.log(`\nSurface of the forecast\n${renderSurface(view)}`);
    console.log(`\nOut of sample, days that end from ${endOf(days[trainingDays])} on; refitted every 30 days`);
    console.log(renderQuality(quality));
    if (out !== undefined) await writeView(out, view);
    results.push({ asset, days: days.length, forecasts, surface: view.surface, source: view.source, quality });
  }
  if (json) console.log(JSON.stringify(results));
  return OK;
}

function endOf(day: Day | undefined): string {
  return formatTime(day?.end ?? NaN);
}

export interface CalibrateRequest {
  readonly chain: string;
  readonly spot: number | undefined;
  readonly at: number | undefined;
  readonly rate: number | undefined;
  readonly inCoin: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
}

/** Fits the surface to an option chain. */
export async function calibrate({ chain, spot, at, rate, inCoin, json, out }: CalibrateRequest): Promise<number> {
  const { view, fit } = await chainView(chain, { spot, time: at, rate, isQuotedInCoin: inCoin });
  console.log(`\nSurface as of ${formatTime(view.observedAt)}\n${renderSurface(view)}\n\nFit\n${renderFit(fit)}`);
  if (out !== undefined) await writeView(out, view);
  if (json) console.log(JSON.stringify({ ...fit, source: view.source, observedAt: view.observedAt }));
  return OK;
}

export interface SignRequest extends NetworkOptions {
  readonly surface: string;
  readonly asset: Asset;
  readonly at: number | undefined;
  readonly chainId: bigint | undefined;
  readonly out: string | undefined;
}

/** Signs a surface, without asking a node. */
export async function sign(request: SignRequest): Promise<number> {
  const view = await readView(request.surface);
  const recorded = request.chainId === undefined ? await venueOf(request) : undefined;
  const venue = recorded ?? (await venueOn(request));
  const timestamp = request.at ?? Math.floor(Date.now() / 1000);
  const report = toReport(view.surface, { underlying: UNDERLYINGS[request.asset], timestamp });
  const text = encodeReport({ ...(await signSurfaceReport(report, await readKey(), venue)), venue });
  if (request.out === undefined) console.log(text);
  else await writeFile(request.out, text);
  return OK;
}

async function venueOn({ oracle, chainId = 0n, network }: SignRequest) {
  if (oracle === undefined)
    throw new ArgumentError("--chain-id needs --oracle, the address of the volatility oracle there");
  return { ...(await venueOf({ network, oracle })), chainId };
}

/** Sends signed reports of one underlying. */
export async function send(files: readonly string[], options: NetworkOptions): Promise<number> {
  const reports = await Promise.all(files.map(async (file) => decodeReport(await readTextFile(file), file)));
  const oracle = await openOracle(options, await readKey());
  console.log(`published in transaction ${await oracle.publish(reports)}`);
  return OK;
}

export interface RunRequest extends NetworkOptions {
  /** Files or addresses; a chain counts before candles. */
  readonly candles: ReadonlyMap<Asset, string>;
  readonly chains: ReadonlyMap<Asset, string>;
  readonly smile: Smile;
  readonly inCoin: boolean;
  readonly pool: string;
  readonly interval: number;
  readonly maxAge: number;
  readonly maxMove: number;
  readonly move: number;
  readonly once: boolean;
  readonly logLevel: string;
}

/** Publishes until it is told to stop; a pass that fails is logged, never fatal. */
export async function run(request: RunRequest): Promise<number> {
  const views = viewsOf(request);
  const wallet = await readKey();
  const oracle = await openOracle(request, wallet);
  const logger = pino({ level: request.logLevel });
  const { maxAge, maxMove, move } = request;
  const config = {
    ...DEFAULT_PLAN,
    maxDataAgeSeconds: maxAge,
    maxMove,
    moves: { ...DEFAULT_PLAN.moves, level: move },
  };
  const pool = new ReportPool(request.pool);
  const publisher: Publisher = { oracle, signer: wallet, pool, views, config, logger };
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopping.abort();
    });
  }
  logger.info({ address: wallet.address, underlyings: [...publisher.views.keys()] }, "publisher started");
  for (;;) {
    const results = await runPass(publisher);
    if (request.once) return results.some(({ outcome }) => outcome === "failed") ? REFUSED : OK;
    await sleep(request.interval * 1000, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return OK;
  }
}

function viewsOf({ candles, chains, smile, inCoin }: RunRequest): Publisher["views"] {
  const views = new Map<number, (now: number) => Promise<SurfaceView>>();
  for (const [asset, source] of candles) {
    views.set(UNDERLYINGS[asset], async (now) => forecastView(await loadDays(source, { to: now }), smile));
  }
  for (const [asset, source] of chains) {
    const defaults = { rate: smile.rate, isQuotedInCoin: inCoin };
    views.set(UNDERLYINGS[asset], async () => (await chainView(source, defaults)).view);
  }
  if (views.size === 0)
    throw new ArgumentError("nothing to publish: add --prices, --candles-url, --chain or --chain-url");
  return views;
}

/** How many days are known at the first forecast. Default: two thirds. */
function trainingDaysOf(days: readonly Day[], testFrom: number | undefined): number {
  if (testFrom === undefined) return Math.floor((days.length * 2) / 3);
  const first = days.findIndex(({ end }) => end > testFrom);
  if (first < 1) throw new ArgumentError("--test-from lies outside the prices");
  return first;
}

async function writeView(file: string, view: SurfaceView): Promise<void> {
  await writeFile(file, encodeView(view, levelsOf(view.surface)));
}
