/** Something on chain that is not as intended. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** The rows in which what was found lacks something of what was expected. */
export function compare(topic: string, rows: readonly (readonly [string, unknown, unknown])[]): Difference[] {
  return rows
    .map(([name, found, expected]) => ({
      what: `${topic}: ${name}`,
      expected: textOf(expected),
      found: textOf(found, expected),
    }))
    .filter(({ expected, found }) => expected !== found);
}

/** A canonical text of a value, of a struct only the fields that `like` has. */
function textOf(value: unknown, like: unknown = value): string {
  if (Array.isArray(like)) {
    const items = Array.isArray(value) ? (value as unknown[]) : [];
    const length = Math.max(items.length, like.length);
    return `[${Array.from({ length }, (_, index) => textOf(items[index], like[index])).join(", ")}]`;
  }
  if (typeof like === "object" && like !== null) {
    const fields = Object.entries(like).map(([key, inner]) => {
      return `${key}: ${textOf((value as Record<string, unknown>)[key], inner)}`;
    });
    return `{ ${fields.join(", ")} }`;
  }
  return String(value).toLowerCase();
}
