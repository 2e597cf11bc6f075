import {
  type Asset,
  type PricePath,
  PriceFileError,
  type Random,
  type Round,
  bridgeBars,
  endOf,
  findColumn,
  pathOfRounds,
  readPrices,
  readTable,
  roundsOf,
  toPrice,
  toTime,
} from "@plimsoll/replay";

/** A level of implied volatility, per year, known from `time` on, Unix seconds. */
export interface ImpliedLevel {
  readonly time: number;
  readonly level: number;
}

/** All that is known of one asset: the true price by the minute, what its feed answered, and what options implied. */
export interface AssetHistory {
  readonly asset: Asset;
  readonly path: PricePath;
  readonly rounds: readonly Round[];
  /** In the order of their times; empty where no file was given. */
  readonly implied: readonly ImpliedLevel[];
}

/** Which files hold an asset. */
export interface HistoryFiles {
  readonly asset: Asset;
  readonly prices: string;
  readonly implied: string | undefined;
}

const TIME_COLUMNS = ["timestamp", "time", "date", "datetime"];
/** An index of implied volatility is written in percent; `close` where there are bars. */
const LEVEL_COLUMNS = ["dvol", "implied", "volatility", "close"];
const PERCENT = 100;
/** Bars are of one asset each, so nothing has to move together. */
const NO_CORRELATION = 0;

/** Reads the files of an asset. @param random Fills the inside of bars. */
export function readHistory({ asset, prices, implied }: HistoryFiles, random: Random): AssetHistory {
  const series = readPrices(prices);
  const known = implied === undefined ? [] : readImplied(implied);
  if (series.kind === "rounds") {
    return { asset, path: pathOfRounds(series.rounds), rounds: series.rounds, implied: known };
  }
  const noise = { common: random.fork("bars"), own: random.fork(asset), correlation: NO_CORRELATION };
  const path = bridgeBars(series.bars, series.intervalSeconds, noise);
  return { asset, path, rounds: roundsOf(path), implied: known };
}

/**
 * Reads an index of implied volatility in percent. A row counts from the time of the next one: whether its level is what
 * a bar begins with or ends with, files do not say, and nothing may be known too early. The last row never counts.
 */
export function readImplied(file: string): ImpliedLevel[] {
  const table = readTable(file);
  const time = findColumn(table, TIME_COLUMNS);
  const level = findColumn(table, LEVEL_COLUMNS);
  if (time === undefined || level === undefined) {
    const problem = `the columns are ${table.columns.join(", ")}`;
    throw new PriceFileError(file, 1, { problem, expected: "timestamp, dvol or timestamp, open, high, low, close" });
  }
  const levels = table.rows.map((row) => ({
    time: toTime(table, row, time),
    level: toPrice(table, row, level) / PERCENT,
  }));
  levels.sort((a, b) => a.time - b.time);
  return levels.slice(0, -1).map((one, i) => ({ ...one, time: levels[i + 1]?.time ?? one.time }));
}

/** The price at the end of each step; where prices are missing the last one stands. */
export function closesOf(path: PricePath, stepSeconds: number): { time: number; price: number }[] {
  const closes: { time: number; price: number }[] = [];
  const end = endOf(path);
  for (let time = Math.ceil(path.start / stepSeconds) * stepSeconds; time <= end; time += stepSeconds) {
    const index = Math.floor((time - path.start) / path.stepSeconds);
    const price = path.prices[index];
    if (price !== undefined) closes.push({ time, price });
  }
  return closes;
}
