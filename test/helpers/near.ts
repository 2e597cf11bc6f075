/** For chai's `satisfy`: whether a number is within the tolerance of what is expected. (Hardhat's `closeTo` takes whole numbers only.) */
export function isNear(expected: number, tolerance: number): (actual: unknown) => boolean {
  return (actual) => typeof actual === "number" && Math.abs(actual - expected) <= tolerance;
}
