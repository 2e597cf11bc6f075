import { unsigned } from "./bits.ts";

/** An instrument in 128 bits: spare 4 · underlying 16 · kind 4 · expiry 40 · strike 64. */
export type Instrument = bigint;

/** What an account can hold. Spot is collateral: a token held in custody. */
export const Kind = { Spot: 0, Perpetual: 1, Future: 2, Call: 3, Put: 4 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Cash (USDC) is a signed balance and never a position, so its identifier is the zero word. */
export const CASH: Instrument = 0n;

/** From the strike field's 1e-8 USD to WAD. */
const STRIKE_TO_WAD = 10n ** 10n;
const EXPIRY_OFFSET = 64n;
const KIND_OFFSET = 104n;
const UNDERLYING_OFFSET = 108n;
const STRIKE_BITS = 64n;
const EXPIRY_BITS = 40n;
const KIND_BITS = 4n;
const UNDERLYING_BITS = 16n;

/** The parts of an instrument. */
export interface InstrumentFields {
  /** Number of the underlying, from 1. */
  readonly underlying: number;
  readonly kind: Kind;
  /** Unix seconds; 0 for what does not expire. */
  readonly expiry: number;
  /** Strike in 1e-8 USD; for spot the number of the token. */
  readonly strikeField: bigint;
}

/** Thrown for an identifier whose fields do not fit together. */
export class MalformedInstrumentError extends Error {
  readonly instrument: Instrument;

  constructor(instrument: Instrument) {
    super(`not an instrument: 0x${instrument.toString(16)}`);
    this.name = "MalformedInstrumentError";
    this.instrument = instrument;
  }
}

/** A strike that is not a whole number of 1e-8 USD. */
export class StrikeTooFineError extends RangeError {
  /** USD WAD. */
  readonly strike: bigint;

  constructor(strike: bigint) {
    super(`strike ${strike.toString()} (WAD) is not a multiple of 1e-8 USD`);
    this.name = "StrikeTooFineError";
    this.strike = strike;
  }
}

export function toInstrument({ underlying, kind, expiry, strikeField }: InstrumentFields): Instrument {
  return (
    (unsigned("underlying", BigInt(underlying), UNDERLYING_BITS) << UNDERLYING_OFFSET) |
    (unsigned("kind", BigInt(kind), KIND_BITS) << KIND_OFFSET) |
    (unsigned("expiry", BigInt(expiry), EXPIRY_BITS) << EXPIRY_OFFSET) |
    unsigned("strikeField", strikeField, STRIKE_BITS)
  );
}

/** Collateral: token number `token` on the underlying. */
export function spot(underlying: number, token: bigint = 0n): Instrument {
  return toInstrument({ underlying, kind: Kind.Spot, expiry: 0, strikeField: token });
}

export function perpetual(underlying: number): Instrument {
  return toInstrument({ underlying, kind: Kind.Perpetual, expiry: 0, strikeField: 0n });
}

/** @param terms - `expiry` in Unix seconds, `strike` in USD WAD. */
export function call(underlying: number, terms: { expiry: number; strike: bigint }): Instrument {
  return toInstrument({ underlying, kind: Kind.Call, expiry: terms.expiry, strikeField: toStrikeField(terms.strike) });
}

/** @param terms - `expiry` in Unix seconds, `strike` in USD WAD. */
export function put(underlying: number, terms: { expiry: number; strike: bigint }): Instrument {
  return toInstrument({ underlying, kind: Kind.Put, expiry: terms.expiry, strikeField: toStrikeField(terms.strike) });
}

/** The parts of a well-formed instrument; throws `MalformedInstrumentError` for anything else, cash included. */
export function fieldsOf(instrument: Instrument): InstrumentFields {
  if (!isWellFormed(instrument)) throw new MalformedInstrumentError(instrument);
  return rawFields(instrument) as InstrumentFields;
}

/** Strike price, USD WAD. Meaningless for spot, where the field numbers tokens. */
export function strikeOf(instrument: Instrument): bigint {
  return fieldsOf(instrument).strikeField * STRIKE_TO_WAD;
}

export function isOption(instrument: Instrument): boolean {
  return fieldsOf(instrument).kind >= Kind.Call;
}

/** Whether the fields fit together: as the contract of the same name says. */
export function isWellFormed(instrument: Instrument): boolean {
  const { underlying, kind, expiry, strikeField } = rawFields(instrument);
  if (instrument >> (UNDERLYING_OFFSET + UNDERLYING_BITS) !== 0n || underlying === 0 || kind > Kind.Put) return false;
  if ((expiry !== 0) !== kind >= Kind.Future) return false;
  return kind === Kind.Spot || (strikeField !== 0n) === kind >= Kind.Call;
}

function toStrikeField(strike: bigint): bigint {
  if (strike % STRIKE_TO_WAD !== 0n) throw new StrikeTooFineError(strike);
  return strike / STRIKE_TO_WAD;
}

function rawFields(instrument: Instrument) {
  const field = (offset: bigint, bits: bigint) => BigInt.asUintN(Number(bits), instrument >> offset);
  return {
    underlying: Number(field(UNDERLYING_OFFSET, UNDERLYING_BITS)),
    kind: Number(field(KIND_OFFSET, KIND_BITS)),
    expiry: Number(field(EXPIRY_OFFSET, EXPIRY_BITS)),
    strikeField: field(0n, STRIKE_BITS),
  };
}
