/** Fixed point with 18 decimals, to nine digits after the point: finer than any order in a replay. */
export function toWad(value: number): bigint {
  return BigInt(Math.round(value * 1e9)) * 10n ** 9n;
}

/** For reports: exact enough for people. */
export function fromWad(value: bigint): number {
  return Number(value) / 1e18;
}
