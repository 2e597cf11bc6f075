import { CommanderError } from "commander";

/** The arguments of a replay make no sense together; the message says what would. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/** A price file cannot be used. */
export class PriceFileError extends Error {
  override readonly name = "PriceFileError";

  /**
   * @param line Counted from 1 as an editor does; 0 if the file as a whole is at fault.
   * @param problem What was found. @param expected What would have been right.
   */
  constructor(
    readonly file: string,
    readonly line: number,
    readonly detail: { readonly problem: string; readonly expected: string },
  ) {
    super(`${file}${line > 0 ? `, line ${line}` : ""}: ${detail.problem}; expected ${detail.expected}`);
  }
}

/** Exit status for arguments and files that cannot be used. */
export const UNUSABLE_INPUT = 2;

/**
 * Exit status of a command that failed. Commander has printed what was wrong with an argument; everything else that a person can
 * mend gets one line, and the rest is thrown again.
 */
export function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
  if (!(error instanceof ArgumentError || error instanceof PriceFileError)) throw error;
  console.error(`error: ${error.message}`);
  return UNUSABLE_INPUT;
}
