// What several commands read on their command line.
import { InvalidArgumentError } from "commander";

/** @returns a parser of whole numbers. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && text.trim() !== "") return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} on.`);
  };
}
