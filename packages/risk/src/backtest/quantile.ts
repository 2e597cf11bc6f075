/**
 * Place, among `count` ascending values, of the least one that the share `level` of all does not exceed. Against the rounding of the
 * product, which may lie above the whole number that it is.
 */
export function quantileIndex(count: number, level: number): number {
  return Math.max(Math.ceil(level * count - 1e-9), 1) - 1;
}
