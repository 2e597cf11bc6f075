import { ArgumentError, PriceFileError } from "@plimsoll/replay";
import { CommanderError } from "commander";

const UNUSABLE_INPUT = 2;

/** Commander has printed what was wrong with an argument; everything else that a person can mend gets one line. */
export function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
  if (!(error instanceof ArgumentError || error instanceof PriceFileError)) throw error;
  console.error(`error: ${error.message}`);
  return UNUSABLE_INPUT;
}
