import type { Instrument } from "@plimsoll/client";

/** The market has no data of this underlying. */
export class UnknownUnderlyingError extends Error {
  readonly underlying: number;

  constructor(underlying: number) {
    super(`no market data of underlying ${underlying}`);
    this.name = "UnknownUnderlyingError";
    this.underlying = underlying;
  }
}

/** Spot for which no token is listed. */
export class CollateralNotListedError extends Error {
  readonly instrument: Instrument;

  constructor(instrument: Instrument) {
    super(`no token is listed for spot 0x${instrument.toString(16)}`);
    this.name = "CollateralNotListedError";
    this.instrument = instrument;
  }
}

/** More of something than the engine takes: legs, expiries of an underlying, underlyings, tenors, stress scenarios. */
export class LimitExceededError extends RangeError {
  readonly what: string;
  readonly count: number;
  readonly limit: number;

  constructor(what: string, { count, limit }: { readonly count: number; readonly limit: number }) {
    super(`${count} ${what}, at most ${limit}`);
    this.name = "LimitExceededError";
    this.what = what;
    this.count = count;
    this.limit = limit;
  }
}

/** A number that is NaN, infinite or outside of what its field may be. */
export class InvalidNumberError extends RangeError {
  readonly field: string;
  readonly value: number;

  constructor(field: string, value: number) {
    super(`${field} cannot be ${value}`);
    this.name = "InvalidNumberError";
    this.field = field;
    this.value = value;
  }
}

/** Fewer days of prices than a forecast needs. */
export class HistoryTooShortError extends RangeError {
  readonly days: number;
  readonly needed: number;

  constructor(days: number, needed: number) {
    super(`${days} whole days of prices, at least ${needed} are needed`);
    this.name = "HistoryTooShortError";
    this.days = days;
    this.needed = needed;
  }
}

/** Prices are missing for longer than can be bridged. Unix seconds. */
export class HistoryGapError extends RangeError {
  readonly from: number;
  readonly to: number;

  constructor(from: number, to: number) {
    super(`no price between ${toDate(from)} and ${toDate(to)}`);
    this.name = "HistoryGapError";
    this.from = from;
    this.to = to;
  }
}

/** A day in which the price did not move at all: a dead source, not a calm market. */
export class FrozenPriceError extends RangeError {
  /** Unix seconds. */
  readonly dayEnd: number;

  constructor(dayEnd: number) {
    super(`the price did not move in the 24 hours to ${toDate(dayEnd)}`);
    this.name = "FrozenPriceError";
    this.dayEnd = dayEnd;
  }
}

function toDate(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
