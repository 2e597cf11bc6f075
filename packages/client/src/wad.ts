import { formatUnits, parseUnits } from "ethers";

/** Fixed point with 18 decimals, the unit of everything whose name carries no other. */
export const WAD = 10n ** 18n;
const DECIMALS = 18;

/** Exact: `toWad("1.5")` is 1.5e18. Throws on more than 18 decimals. */
export function toWad(value: string | number): bigint {
  return parseUnits(value.toString(), DECIMALS);
}

/** The whole number of 1e-18 that is nearest to a double, or its neighbour. */
export function nearestWad(value: number): bigint {
  return toWad(value.toFixed(DECIMALS));
}

/** Exact decimal text. */
export function fromWad(value: bigint): string {
  return formatUnits(value, DECIMALS);
}
