/** A number that does not fit its field of a packed word. */
export class OutOfRangeError extends RangeError {
  readonly field: string;
  readonly value: bigint;
  readonly bits: bigint;

  constructor(field: string, value: bigint, bits: bigint) {
    super(`${field} ${value.toString()} does not fit ${bits.toString()} bits`);
    this.name = "OutOfRangeError";
    this.field = field;
    this.value = value;
    this.bits = bits;
  }
}

/** The value, once it is known to fit an unsigned field. */
export function unsigned(field: string, value: bigint, bits: bigint): bigint {
  if (value < 0n || value >> bits !== 0n) throw new OutOfRangeError(field, value, bits);
  return value;
}

/** The value as the two's complement of a signed field. */
export function signed(field: string, value: bigint, bits: bigint): bigint {
  if (BigInt.asIntN(Number(bits), value) !== value) throw new OutOfRangeError(field, value, bits);
  return BigInt.asUintN(Number(bits), value);
}
