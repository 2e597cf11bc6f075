/** The arguments of a campaign make no sense together; the message says what would. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/** A file that should hold a story does not. */
export class StoryFileError extends Error {
  override readonly name = "StoryFileError";

  constructor(
    readonly file: string,
    readonly problem: string,
  ) {
    super(`${file} is not a story: ${problem}`);
  }
}

/** A story names a case that there is none of. */
export class UnknownCaseError extends Error {
  override readonly name = "UnknownCaseError";

  constructor(
    readonly caseName: string,
    readonly known: readonly string[],
  ) {
    super(`no case is called ${caseName}; there are ${known.join(", ")}`);
  }
}

/** The ledger emits an event that the model has no handler for: add one in model/events.ts. */
export class UnknownEventError extends Error {
  override readonly name = "UnknownEventError";

  constructor(readonly event: string) {
    super(
      `the campaign's model does not know the event ${event} of the ledger; add it to packages/campaign/src/model/events.ts`,
    );
  }
}

/** A mutant of the campaign is called by no such name. */
export class UnknownMutantError extends Error {
  override readonly name = "UnknownMutantError";

  constructor(
    readonly mutant: string,
    readonly known: readonly string[],
  ) {
    super(`no mutant is called "${mutant}"; there are ${known.join(", ")}`);
  }
}

/** A process that plays stories died. */
export class JobError extends Error {
  override readonly name = "JobError";

  constructor(readonly output: string) {
    super(`a job of the campaign ended before it was done\n${output}`);
  }
}
