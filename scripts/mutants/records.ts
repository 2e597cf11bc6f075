import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { Mutant } from "./mutant.ts";
import { OPERATORS } from "./operators.ts";

const record = z.object({
  id: z.string(),
  /** Of the unchanged file: what was found of another version is not taken over. */
  digest: z.string(),
  file: z.string(),
  line: z.number(),
  operator: z.enum(OPERATORS),
  outcome: z.enum(["killed", "timed out", "survived", "does not compile"]),
  by: z.string(),
  reason: z.string(),
  seconds: z.number(),
});

/** What became of a mutant: one line of the file of results. */
export type Record = z.infer<typeof record>;

/** What earlier runs found, in a file that grows by a line for each mutant: an interrupted run goes on where it was. */
export class Records {
  readonly #path: string;
  readonly #found = new Map<string, Record>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    for (const line of lines) {
      const parsed = record.safeParse(parseLine(line));
      if (parsed.success) this.#found.set(parsed.data.id, parsed.data);
    }
  }

  of({ id }: Mutant, digest: string): Record | undefined {
    const found = this.#found.get(id);
    return found?.digest === digest ? found : undefined;
  }

  add(one: Record): void {
    this.#found.set(one.id, one);
    appendFileSync(this.#path, `${JSON.stringify(one)}\n`);
  }
}

export function digestOf(content: string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** A line that an interrupted run has not finished is none. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
