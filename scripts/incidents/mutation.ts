import type { Edit } from "../../test/incidents/mutants.ts";

/** The text that an edit replaces does not stand exactly once in its file. */
export class SearchTextError extends Error {
  override readonly name = "SearchTextError";

  constructor(
    readonly file: string,
    readonly search: string,
    readonly found: number,
  ) {
    super(`${file}: found ${found} times instead of once: ${search}`);
  }
}

/** The source with the edit made. */
export function mutated(source: string, { file, search, replacement }: Edit): string {
  const found = source.split(search).length - 1;
  if (found !== 1) throw new SearchTextError(file, search, found);
  return source.replace(search, () => replacement);
}
