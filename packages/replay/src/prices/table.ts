import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { CsvError, parse } from "csv-parse/sync";
import { PriceFileError } from "../errors.ts";

/** A CSV file with a header line. Rows keep the number of the line they came from, for messages. */
export interface Table {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

const GZIP_MAGIC = [0x1f, 0x8b];

/** Reads a CSV file, plain or gzipped (told by its first bytes, not by its name). */
export function readTable(file: string): Table {
  return parseTable(readText(file), file);
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    const isGzip = GZIP_MAGIC.every((byte, i) => bytes[i] === byte);
    return (isGzip ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new PriceFileError(file, 0, { problem, expected: "a readable CSV file, plain or gzipped" });
  }
}

/** Splits the text of a CSV file into cells. @param file Its name, for messages. */
export function parseTable(text: string, file: string): Table {
  const rows = splitRows(text, file);
  const [header, ...body] = rows;
  if (header === undefined) {
    throw new PriceFileError(file, 0, { problem: "the file is empty", expected: "a header line and rows" });
  }
  const columns = header.cells.map((name) => name.toLowerCase().replaceAll(/[\s-]+/g, "_"));
  if (columns.some((name) => /^\d/.test(name))) {
    throw new PriceFileError(file, header.line, {
      problem: `the first line is data (${header.cells.slice(0, 3).join(", ")} …)`,
      expected: "a header line that names the columns, such as timestamp,open,high,low,close",
    });
  }
  if (body.length === 0) {
    throw new PriceFileError(file, 0, { problem: "there is a header but no row", expected: "at least one row" });
  }
  return { file, columns, rows: body };
}

function splitRows(text: string, file: string): Row[] {
  try {
    const records: unknown = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true });
    return (records as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines,
      cells: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error["lines"] === "number" ? error["lines"] : 0;
    throw new PriceFileError(file, line, {
      problem: error.message.replace(/ on line \d+/, ""),
      expected: "as many cells in every line as the header has names",
    });
  }
}

/** The index of the first of these columns that the table has. */
export function findColumn(table: Table, names: readonly string[]): number | undefined {
  const index = table.columns.findIndex((column) => names.includes(column));
  return index < 0 ? undefined : index;
}

/** A cell as a positive number. */
export function toPrice(table: Table, row: Row, column: number): number {
  const text = row.cells[column] ?? "";
  const value = Number(text);
  if (text === "" || !Number.isFinite(value) || value <= 0) {
    throw new PriceFileError(table.file, row.line, {
      problem: `${table.columns[column] ?? "price"} is "${text}"`,
      expected: "a positive number",
    });
  }
  return value;
}

/** From here on a number of that size counts milliseconds, then microseconds: as seconds it would lie beyond the year 5000. */
const SMALLEST_MILLISECONDS = 1e11;
const SMALLEST_MICROSECONDS = 1e14;
const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?)?$/i;

/** A cell as Unix seconds. Dates and times without a zone are UTC. */
export function toTime(table: Table, row: Row, column: number): number {
  const text = row.cells[column] ?? "";
  const time = parseTime(text);
  if (time === undefined) {
    throw new PriceFileError(table.file, row.line, {
      problem: `${table.columns[column] ?? "timestamp"} is "${text}"`,
      expected: "2020-03-12T00:00:00Z, 2020-03-12 00:00:00, 2020-03-12, or Unix seconds, milliseconds or microseconds",
    });
  }
  return time;
}

/** Unix seconds of a date in one of the forms that price files have, or undefined. */
export function parseTime(text: string): number | undefined {
  if (/^\d{9,}(\.\d+)?$/.test(text)) return scaleToSeconds(Number(text));
  const match = DATE_AND_TIME.exec(text);
  if (match === null) return undefined;
  const [, date = "", clock = "00:00", zone = "Z"] = match;
  const milliseconds = Date.parse(`${date}T${clock}${zone.toUpperCase() === "UTC" ? "Z" : zone.toUpperCase()}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

function scaleToSeconds(value: number): number {
  if (value >= SMALLEST_MICROSECONDS) return value / 1e6;
  if (value >= SMALLEST_MILLISECONDS) return value / 1e3;
  return value;
}
