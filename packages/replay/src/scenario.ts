import { basename } from "node:path";
import { simulateCrash } from "./crash.ts";
import { ArgumentError, PriceFileError } from "./errors.ts";
import { type VolatilityHistory, volatilityHistory } from "./history.ts";
import { MINUTE, type Noise, type PricePath, bridgeBars, endOf, pathOfRounds } from "./path.ts";
import { ASSETS, type Asset } from "./prices/arguments.ts";
import { formatTime, readPrices } from "./prices/read.ts";
import { type Bar, type PriceSeries, type Round, fromAnswer } from "./prices/series.ts";
import type { Random } from "./random.ts";
import { roundsOf } from "./rounds.ts";

/** One asset in a replay: the true price, what its feed answers, and what was known of its volatility before. */
export interface AssetFeed {
  readonly path: PricePath;
  readonly rounds: readonly Round[];
  readonly history: (halfLifeSeconds: number) => VolatilityHistory | undefined;
  /** An asset without prices of its own stands still, and nobody trades it. */
  readonly isTraded: boolean;
}

/** What happens to prices in a replay. Times in Unix seconds. */
export interface Scenario {
  readonly title: string;
  readonly start: number;
  readonly end: number;
  readonly feeds: Readonly<Record<Asset, AssetFeed>>;
}

/** Which part of which files is to be replayed; `from` and `to` in Unix seconds, `to` exclusive. */
export interface FileSelection {
  readonly files: ReadonlyMap<Asset, string>;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Of the bridges inside the bars of two assets: their hourly returns correlate by 0.92 in stress. */
const BRIDGE_CORRELATION = 0.9;
/** Where an asset without prices stands, USD. */
const IDLE_PRICES: Readonly<Record<Asset, number>> = { ETH: 2_000, BTC: 30_000 };
const MIN_MINUTES = 30;

/** The built-in crash. */
export function crashScenario(random: Random): Scenario {
  const feeds = new Map<Asset, AssetFeed>();
  for (const [asset, path] of simulateCrash(random.fork("crash"))) {
    feeds.set(asset, { path, rounds: roundsOf(path), history: () => undefined, isTraded: true });
  }
  return toScenario("Built-in crash, shaped by March 2020", feeds);
}

/** Prices from files, cut to the chosen time. */
export function fileScenario({ files, from = -Infinity, to = Infinity }: FileSelection, random: Random): Scenario {
  if (from >= to) throw new ArgumentError(`--from ${formatTime(from)} is not before --to ${formatTime(to)}`);
  const feeds = new Map<Asset, AssetFeed>();
  for (const [asset, file] of files) {
    const noise = { common: random.fork("bars"), own: random.fork(asset), correlation: BRIDGE_CORRELATION };
    feeds.set(asset, toFeed(readPrices(file), { file, from, to }, noise));
  }
  const names = [...files].map(([asset, file]) => `${asset} from ${basename(file)}`);
  return toScenario(names.join(", "), feeds);
}

interface Cut {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

function toFeed(series: PriceSeries, cut: Cut, noise: Noise): AssetFeed {
  if (series.kind === "rounds") {
    const rounds = inside(series.rounds, cut);
    const before = series.rounds.filter(({ time }) => time < cut.from);
    const closes = before.map(({ time, answer }) => ({ time, price: fromAnswer(answer) }));
    return { path: pathOfRounds(rounds), rounds, history: historyOf(closes), isTraded: true };
  }
  const bars = inside<Bar>(series.bars, cut);
  const before = series.bars.filter(({ time }) => time < cut.from);
  const history = historyOf(before.map(({ time, close }) => ({ time, price: close })));
  const path = bridgeBars(bars, series.intervalSeconds, noise);
  return { path, rounds: roundsOf(path), history, isTraded: true };
}

function historyOf(closes: readonly { time: number; price: number }[]): AssetFeed["history"] {
  return (halfLifeSeconds) => volatilityHistory(closes, halfLifeSeconds);
}

function inside<T extends { readonly time: number }>(items: readonly T[], { file, from, to }: Cut): readonly T[] {
  const chosen = items.filter(({ time }) => time >= from && time < to);
  if (chosen.length > 0) return chosen;
  const [first, last] = [items[0]?.time ?? NaN, items.at(-1)?.time ?? NaN];
  throw new PriceFileError(file, 0, {
    problem: "there is no price in the time chosen",
    expected: `--from and --to within ${formatTime(first)} and ${formatTime(last)}`,
  });
}

function toScenario(title: string, given: ReadonlyMap<Asset, AssetFeed>): Scenario {
  const paths = [...given.values()].map(({ path }) => path);
  const start = Math.ceil(Math.max(...paths.map((path) => path.start)) / MINUTE) * MINUTE;
  const end = Math.min(...paths.map(endOf));
  if (end - start < MIN_MINUTES * MINUTE) {
    throw new ArgumentError(
      `the prices cover ${Math.max(0, Math.round((end - start) / MINUTE))} minutes in common; a replay needs ${MIN_MINUTES}`,
    );
  }
  const feedOf = (asset: Asset) => given.get(asset) ?? idleFeed(IDLE_PRICES[asset], start, end);
  const feeds = Object.fromEntries(ASSETS.map((asset) => [asset, feedOf(asset)]));
  return { title, start, end, feeds: feeds as Record<Asset, AssetFeed> };
}

function idleFeed(price: number, start: number, end: number): AssetFeed {
  const prices = new Float64Array(Math.floor((end - start) / MINUTE) + 1).fill(price);
  const path = { start, stepSeconds: MINUTE, prices };
  return { path, rounds: roundsOf(path), history: () => undefined, isTraded: false };
}
