import { signed, unsigned } from "./bits.ts";
import type { Instrument } from "./instrument.ts";

/** One leg of a portfolio in one word: instrument (high 128 bits) · signed size (low 128 bits). */
export type Position = bigint;

const SIZE_BITS = 128n;
const INSTRUMENT_BITS = 128n;

/** @param size - Units, WAD; negative when short. */
export function toPosition(instrument: Instrument, size: bigint): Position {
  return (unsigned("instrument", instrument, INSTRUMENT_BITS) << SIZE_BITS) | signed("size", size, SIZE_BITS);
}

export function instrumentOf(position: Position): Instrument {
  return position >> SIZE_BITS;
}

/** Units held, WAD; negative when short. */
export function sizeOf(position: Position): bigint {
  return BigInt.asIntN(Number(SIZE_BITS), position);
}
