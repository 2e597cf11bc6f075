import { InvalidArgumentError, Option } from "commander";
import type { MarginRule } from "./market/deployment.ts";

/** Traders and market makers together. */
export const MIN_ACCOUNTS = 12;
export const MAX_ACCOUNTS = 2_000;
export const MAX_SEEDS = 100;
/** Minutes. */
export const MAX_LATENCY = 600;

export function pricesOption(): Option {
  const collect = (value: string, previous: readonly string[]) => [...previous, value];
  return new Option("--prices <file>", "price file, as FILE or ETH=FILE; several with commas")
    .argParser(collect)
    .default([], "built-in crash");
}

/** @returns a parser of whole numbers in a range. */
export function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

/** @returns a parser of several with commas. */
export function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(",").map(parse);
}

/** So many seeds, from 1 on. */
export function seedsUpTo(last: number): string[] {
  return Array.from({ length: last }, (_, i) => String(i + 1));
}

export function toGwei(text: string): number {
  const value = Number(text);
  if (text !== "" && value >= 0 && value <= 100_000) return value;
  throw new InvalidArgumentError("Expected a price in gwei, such as 0.05 or 30.");
}

export function toMargin(text: string): MarginRule {
  if (text === "dynamic") return { kind: "dynamic" };
  const percent = Number(/^static:(\d+(?:\.\d+)?)$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) return { kind: "static", share: percent / 100 };
  throw new InvalidArgumentError("Expected dynamic or static:PERCENT, such as static:10.");
}
