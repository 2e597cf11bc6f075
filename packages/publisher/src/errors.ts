/** Something that the person at the keyboard, or an operator, can mend; the message says how. */
export abstract class PublisherError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A file or an answer that cannot be used. */
export class InputError extends PublisherError {
  readonly code = "input";
  /** @param source File or address. @param problem What was found. @param expected What would have been right. */
  constructor(
    readonly source: string,
    readonly problem: string,
    readonly expected: string,
  ) {
    super(`${source}: ${problem}; expected ${expected}`);
  }
}

/** What the publisher knows is too old to sign. */
export class StaleDataError extends PublisherError {
  readonly code = "stale";
  /** @param ageSeconds Of the newest price or quote. */
  constructor(
    readonly underlying: number,
    readonly ageSeconds: number,
    readonly limitSeconds: number,
  ) {
    super(
      `underlying ${underlying}: the newest data are ${ageSeconds} s old, more than ${limitSeconds} s are not signed; ` +
        "look at the source of prices or quotes",
    );
  }
}

/** The view moved further from the last one signed than is believed without a person. */
export class SurfaceJumpError extends PublisherError {
  readonly code = "jump";
  /** @param from @param to At-the-money volatility, a year. @param limit Relative. */
  constructor(
    readonly days: number,
    readonly move: { readonly from: number; readonly to: number },
    readonly limit: number,
  ) {
    super(
      `the ${days}-day volatility went from ${percent(move.from)} to ${percent(move.to)} since the last signature, more than ` +
        `${percent(limit)} of itself; if the market really did, raise --max-move`,
    );
  }
}

export type Refusal =
  | "no-publishers"
  | "wrong-chain"
  | "wrong-oracle"
  | "bad-signature"
  | "unknown-signer"
  | "two-by-one-signer"
  | "underlyings-differ"
  | "stale-report"
  | "not-newer"
  | "from-the-future"
  | "too-few"
  | "not-listed"
  | "arbitrage"
  | "out-of-bounds"
  | "rounds-pending"
  | "no-gas"
  | "reverted";

/** The oracle would not take the reports, or did not. */
export class ReportRefusedError extends PublisherError {
  readonly code = "refused";
  /** @param reason Stable. @param advice What to do. */
  constructor(
    readonly reason: Refusal,
    readonly detail: string,
    readonly advice: string,
  ) {
    super(`${detail}; ${advice}`);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
