import { basename } from "node:path";
import { ArgumentError } from "../errors.ts";
import { parseTime } from "./table.ts";

/** The assets that the replay's market lists, with the number of the underlying on chain. */
export const UNDERLYINGS = { ETH: 1, BTC: 2 } as const;
export type Asset = keyof typeof UNDERLYINGS;
export const ASSETS = Object.keys(UNDERLYINGS) as Asset[];

export function perAsset<T>(make: (asset: Asset) => T): Record<Asset, T> {
  return { ETH: make("ETH"), BTC: make("BTC") };
}

/**
 * Which file holds which asset. An entry is `FILE` or `ETH=FILE`, and may be a list with commas. A bare file belongs to
 * the asset that its name mentions; a single file that mentions none is ETH.
 */
export function assignFiles(entries: readonly string[]): ReadonlyMap<Asset, string> {
  const items = entries.flatMap((entry) => entry.split(",")).filter((item) => item !== "");
  const files = new Map<Asset, string>();
  for (const item of items) {
    const { asset, file } = toAssignment(item, items.length === 1);
    if (files.has(asset))
      throw new ArgumentError(`two price files for ${asset}: ${files.get(asset) ?? ""} and ${file}`);
    files.set(asset, file);
  }
  return files;
}

function toAssignment(item: string, isOnly: boolean): { asset: Asset; file: string } {
  const [, prefix, file] = /^(\w+)=(.+)$/.exec(item) ?? [];
  if (prefix !== undefined && file !== undefined) {
    const asset = ASSETS.find((name) => name === prefix.toUpperCase());
    if (asset === undefined) throw new ArgumentError(`no market for ${prefix}: use ETH=FILE or BTC=FILE`);
    return { asset, file };
  }
  const asset = ASSETS.find((name) => basename(item).toUpperCase().includes(name)) ?? (isOnly ? "ETH" : undefined);
  if (asset === undefined) throw new ArgumentError(`which asset is ${item}? Write ETH=${item} or BTC=${item}`);
  return { asset, file: item };
}

/** Unix seconds of a date argument. @param isEnd A date without a time then means the end of that day. */
export function toBoundary(name: string, text: string, isEnd = false): number {
  const time = parseTime(text);
  if (time === undefined) {
    throw new ArgumentError(`${name} is "${text}"; expected a date such as 2020-03-12 or 2020-03-12T06:00Z`);
  }
  const isDateOnly = /^\d{4}-\d\d-\d\d$/.test(text);
  return isEnd && isDateOnly ? time + 86_400 : time;
}
