// The committed figures.
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { KEYS, measured, type Figures } from "./figures.ts";

const FILE = new URL("../../snapshots/gas.json", import.meta.url);
const schema = z.partialRecord(z.enum(KEYS), z.number().int().nonnegative());

/** Empty where there is none. */
export async function readSnapshot(): Promise<Figures> {
  const text = await readFile(FILE, "utf8").catch(() => "{}");
  return schema.parse(JSON.parse(text));
}

/** Sorted by name, as the formatter would have it. */
export async function writeSnapshot(figures: Figures): Promise<void> {
  const sorted = Object.fromEntries(measured(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
}
