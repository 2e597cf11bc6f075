/** A span of time that nothing can be calibrated on, or measured over. */
export class SpanError extends Error {
  override readonly name = "SpanError";

  constructor(
    readonly span: string,
    readonly detail: { readonly problem: string; readonly expected: string },
  ) {
    super(`${span}: ${detail.problem}; expected ${detail.expected}`);
  }
}

/** No parameters in the search space meet the limits. */
export class NoSolutionError extends Error {
  override readonly name = "NoSolutionError";

  constructor(
    readonly asset: string,
    readonly problem: string,
  ) {
    super(`${asset}: ${problem}`);
  }
}
