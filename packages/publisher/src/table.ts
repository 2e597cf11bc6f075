import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { parseTable, type Table } from "@plimsoll/replay";
import { z } from "zod";
import { InputError } from "./errors.ts";

/** A table of text, and what stood beside it. */
export interface Document {
  readonly table: Table;
  /** Of a JSON object: its members other than the rows. */
  readonly members: Readonly<Record<string, unknown>>;
}

const GZIP_MAGIC = [0x1f, 0x8b];
const FETCH_TIMEOUT_MS = 15_000;
const EXPECTED_JSON = "an array of objects, or an object with such an array in candles or quotes";
const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** Reads CSV (plain or gzipped) or JSON from a file or over HTTP. @param source - A path, or an address with http(s). */
export async function loadDocument(source: string): Promise<Document> {
  const text = /^https?:\/\//.test(source) ? await fetchText(source) : await readText(source);
  return /^\s*[[{]/.test(text) ? fromJson(text, source) : { table: parseTable(text, source), members: {} };
}

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    const isGzip = GZIP_MAGIC.every((byte, i) => bytes[i] === byte);
    return (isGzip ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new InputError(file, messageOf(error), "a readable CSV or JSON file, plain or gzipped");
  }
}

async function fetchText(address: string): Promise<string> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return await response.text();
  } catch (error) {
    throw new InputError(address, messageOf(error), "an answer with CSV or JSON");
  }
}

function fromJson(text: string, source: string): Document {
  const value = parseJson(text, source);
  const members = z.record(z.string(), z.unknown()).safeParse(value).data ?? {};
  const rows = z.array(rowSchema).safeParse(members.candles ?? members.quotes ?? value);
  if (!rows.success) throw new InputError(source, "JSON of another shape", EXPECTED_JSON);
  if (rows.data.length === 0) throw new InputError(source, "no rows", EXPECTED_JSON);
  const columns = [...new Set(rows.data.flatMap((row) => Object.keys(row)))];
  const cells = rows.data.map((row, i) => ({ line: i + 1, cells: columns.map((name) => String(row[name] ?? "")) }));
  const table = { file: source, columns: columns.map((name) => name.toLowerCase()), rows: cells };
  return { table, members };
}

/** JSON, or an error of one line. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(source, messageOf(error), "valid JSON");
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
