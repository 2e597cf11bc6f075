import { PriceFileError } from "../errors.ts";
import type { Bar, PriceSeries, Round } from "./series.ts";
import { type Row, type Table, findColumn, readTable, toPrice, toTime } from "./table.ts";

const TIME_COLUMNS = ["timestamp", "time", "date", "datetime", "open_time", "unix"];
const ROUND_TIME_COLUMNS = ["updated_at", "updatedat"];

/** Reads exchange klines or Chainlink rounds; the header tells which. */
export function readPrices(file: string): PriceSeries {
  return toSeries(readTable(file));
}

/** Understands a table as klines (timestamp, open, high, low, close) or as Chainlink rounds (updated_at, round_id, answer). */
export function toSeries(table: Table): PriceSeries {
  const answer = findColumn(table, ["answer"]);
  if (answer === undefined) return toBars(table);
  const time = findColumn(table, ROUND_TIME_COLUMNS) ?? findColumn(table, TIME_COLUMNS);
  if (time === undefined) throw missingColumn(table, "updated_at, round_id, answer");
  return { kind: "rounds", rounds: toRounds(table, time, answer) };
}

function missingColumn(table: Table, expected: string): PriceFileError {
  const problem = `the columns are ${table.columns.join(", ")}`;
  return new PriceFileError(table.file, 1, { problem, expected });
}

function toBars(table: Table): PriceSeries {
  const time = findColumn(table, TIME_COLUMNS);
  const [open, high, low, close] = ["open", "high", "low", "close"].map((name) => findColumn(table, [name]));
  if (time === undefined || open === undefined || high === undefined || low === undefined || close === undefined) {
    throw missingColumn(
      table,
      "timestamp, open, high, low, close, or for Chainlink rounds updated_at, round_id, answer",
    );
  }
  const bars = table.rows.map((row) => {
    const price = (column: number) => toPrice(table, row, column);
    const bar = {
      time: toTime(table, row, time),
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
    };
    requireOrdered(bar, row, table);
    return bar;
  });
  requireRising(bars, table, { mayRepeat: false, expected: "a later time than in the row before" });
  return { kind: "bars", bars, intervalSeconds: intervalOf(bars, table) };
}

function requireOrdered(bar: Bar, row: Row, table: Table): void {
  const isOrdered = bar.low <= Math.min(bar.open, bar.close) && bar.high >= Math.max(bar.open, bar.close);
  if (isOrdered) return;
  throw new PriceFileError(table.file, row.line, {
    problem: `open ${bar.open}, high ${bar.high}, low ${bar.low}, close ${bar.close}`,
    expected: "low ≤ open, close ≤ high",
  });
}

interface OrderRule {
  readonly mayRepeat: boolean;
  readonly expected: string;
}

function requireRising(items: readonly { time: number }[], table: Table, { mayRepeat, expected }: OrderRule): void {
  items.forEach(({ time }, i) => {
    const previous = items[i - 1]?.time ?? -Infinity;
    if (time > previous || (mayRepeat && time === previous)) return;
    const problem = `the time ${formatTime(time)} follows ${formatTime(previous)}`;
    throw new PriceFileError(table.file, table.rows[i]?.line ?? 0, { problem, expected });
  });
}

/** The smallest distance between two bars: exchanges have outages, so a larger one is a gap. */
function intervalOf(bars: readonly Bar[], table: Table): number {
  let interval = Infinity;
  bars.forEach(({ time }, i) => {
    interval = Math.min(interval, time - (bars[i - 1]?.time ?? -Infinity));
  });
  if (Number.isFinite(interval)) return interval;
  throw new PriceFileError(table.file, 0, { problem: "there is only one bar", expected: "at least two" });
}

function toRounds(table: Table, time: number, answer: number): Round[] {
  const rounds = table.rows.map((row) => ({
    time: toTime(table, row, time),
    answer: toRoundAnswer(table, row, answer),
  }));
  requireRising(rounds, table, {
    mayRepeat: true,
    expected: "rounds in their order, none earlier than the one before",
  });
  return rounds;
}

function toRoundAnswer(table: Table, row: Row, column: number): bigint {
  const text = row.cells[column] ?? "";
  if (/^\d+$/.test(text) && !/^0+$/.test(text)) return BigInt(text);
  throw new PriceFileError(table.file, row.line, {
    problem: `answer is "${text}"`,
    expected: "a positive whole number with 8 decimals, such as 190818855732 for 1908.18855732 USD",
  });
}

export function formatTime(time: number): string {
  return Number.isFinite(time) ? new Date(time * 1000).toISOString().replace(".000Z", "Z") : String(time);
}
