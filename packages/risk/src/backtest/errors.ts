/** A series, a sample or a setting that statistics cannot be computed from. */
export class BacktestError extends Error {
  readonly what: string;
  readonly problem: string;

  constructor(what: string, problem: string) {
    super(`${what}: ${problem}`);
    this.name = "BacktestError";
    this.what = what;
    this.problem = problem;
  }
}
