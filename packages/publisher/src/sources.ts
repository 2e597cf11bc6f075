import { findColumn, fromAnswer, parseTime, toPrice, toSeries, toTime, type Row, type Table } from "@plimsoll/replay";
import type { OptionChain, OptionQuote, PriceObservation } from "@plimsoll/risk";
import { InputError } from "./errors.ts";
import { loadDocument } from "./table.ts";

/** Inclusive, Unix seconds. */
export interface Span {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** What a chain does not say of itself. */
export interface ChainDefaults {
  /** Of the underlying, USD; else the member `spot` of the JSON. */
  readonly spot?: number | undefined;
  /** When it was quoted, Unix seconds; else the member `time` of the JSON. */
  readonly time?: number | undefined;
  /** Prices are in units of the underlying, not in USD. */
  readonly isQuotedInCoin?: boolean | undefined;
}

/** Prices with the moment at which each was true: a candle's close when it closed, a Chainlink round when it was written. */
export async function loadPrices(
  source: string,
  { from = -Infinity, to = Infinity }: Span = {},
): Promise<PriceObservation[]> {
  const { table } = await loadDocument(source);
  const series = toSeries(table);
  const observations =
    series.kind === "bars"
      ? series.bars.map(({ time, close }) => ({ time: time + series.intervalSeconds, price: close }))
      : series.rounds.map(({ time, answer }) => ({ time, price: fromAnswer(answer) }));
  // A candle that is still open has a close that is not final.
  const inside = observations.filter(({ time }) => time >= from && time <= to);
  if (inside.length === 0) throw new InputError(source, "no price in the span", "prices that cover it");
  return inside;
}

/** An option chain: expiry, strike, type, and bid and ask, a price or a volatility. */
export async function loadChain(source: string, defaults: ChainDefaults = {}): Promise<OptionChain> {
  const { table, members } = await loadDocument(source);
  const spot = defaults.spot ?? numberOf(members.spot);
  if (spot === undefined) throw new InputError(source, "no price of the underlying", "--spot, or a member spot");
  const time = defaults.time ?? parseTime(textOf(members.time));
  if (time === undefined) throw new InputError(source, "no time of the quotes", "--at, or a member time");
  const columns = columnsOf(table);
  const unit = defaults.isQuotedInCoin === true ? spot : 1;
  return { spot, time, quotes: table.rows.map((row) => toQuote(table, row, { columns, unit })) };
}

type Columns = ReturnType<typeof columnsOf>;

function columnsOf(table: Table) {
  const required = (names: readonly string[]) => {
    const column = findColumn(table, names);
    if (column !== undefined) return column;
    const problem = `the columns are ${table.columns.join(", ")}`;
    throw new InputError(
      table.file,
      problem,
      "expiry, strike, type, and bid, ask, price, implied_volatility or iv_percent",
    );
  };
  return {
    expiry: required(["expiry", "expiration", "expiration_timestamp"]),
    strike: required(["strike"]),
    type: required(["type", "option_type", "kind"]),
    bid: findColumn(table, ["bid", "bid_price", "best_bid_price"]),
    ask: findColumn(table, ["ask", "ask_price", "best_ask_price"]),
    price: findColumn(table, ["price", "mid", "mark_price"]),
    volatility: findColumn(table, ["implied_volatility"]),
    volatilityPercent: findColumn(table, ["iv_percent"]),
  };
}

function toQuote(table: Table, row: Row, { columns, unit }: { columns: Columns; unit: number }): OptionQuote {
  const amount = (column: number | undefined, scale: number) => {
    const value = column === undefined ? undefined : toAmount(table, row, column);
    return value === undefined ? undefined : value * scale;
  };
  const fields = {
    bid: amount(columns.bid, unit),
    ask: amount(columns.ask, unit),
    price: amount(columns.price, unit),
    impliedVolatility: amount(columns.volatility, 1) ?? amount(columns.volatilityPercent, 0.01),
  };
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return {
    expiry: toTime(table, row, columns.expiry),
    strike: toPrice(table, row, columns.strike),
    isCall: toIsCall(table, row, columns.type),
    ...known,
  };
}

/** An empty cell is no quote; so is 0, which markets without a bid show. */
function toAmount(table: Table, row: Row, column: number): number | undefined {
  const text = row.cells[column] ?? "";
  if (text === "" || text === "null") return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  const name = table.columns[column] ?? "cell";
  throw new InputError(placeOf(table, row), `${name} is "${text}"`, "a number from 0, or nothing");
}

function toIsCall(table: Table, row: Row, column: number): boolean {
  const text = (row.cells[column] ?? "").toLowerCase();
  if (text === "c" || text === "call") return true;
  if (text === "p" || text === "put") return false;
  throw new InputError(placeOf(table, row), `type is "${text}"`, "call, put, C or P");
}

function placeOf({ file }: Table, { line }: Row): string {
  return `${file}, line ${line}`;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
