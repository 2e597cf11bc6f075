// Arithmetic of the ledger, in whole numbers.

export const absolute = (value: bigint) => (value < 0n ? -value : value);
export const positive = (value: bigint) => (value > 0n ? value : 0n);
export const smaller = (a: bigint, b: bigint) => (a < b ? a : b);
export const sum = (values: Iterable<bigint>) => [...values].reduce((total, value) => total + value, 0n);

/** Towards minus infinity; `divisor` is positive. */
export function mulDivDown(a: bigint, b: bigint, divisor: bigint): bigint {
  const product = a * b;
  const quotient = product / divisor;
  return product < 0n && quotient * divisor !== product ? quotient - 1n : quotient;
}

/** Towards plus infinity; `divisor` is positive. */
export function mulDivUp(a: bigint, b: bigint, divisor: bigint): bigint {
  return -mulDivDown(-a, b, divisor);
}
