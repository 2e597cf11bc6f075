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
