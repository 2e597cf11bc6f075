/** 5√2, where the rational approximation ends. */
const RATIONAL_LIMIT = 7.07106781186547;
/** N(−38.5) is below the smallest double. */
const SATURATION = 38.5;
const SQRT_TWO_PI = 2.5066282746310002;

/**
 * Cumulative distribution function of the standard normal: rational approximation 5666 of Hart et al., "Computer
 * Approximations" (1968), in the form of G. West, "Better approximations to cumulative normal functions" (2005), as in
 * `NormalDistribution.sol`. Absolute error below 1e-15.
 */
export function normalCdf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > SATURATION) return x < 0 ? 0 : 1;
  const bell = Math.exp((-magnitude * magnitude) / 2);
  const tail = magnitude < RATIONAL_LIMIT ? bell * rational(magnitude) : bell / millsFraction(magnitude);
  return x < 0 ? tail : 1 - tail;
}

function rational(x: number): number {
  let above = 0.0352624965998911 * x + 0.700383064443688;
  above = above * x + 6.37396220353165;
  above = above * x + 33.912866078383;
  above = above * x + 112.079291497871;
  above = above * x + 221.213596169931;
  above = above * x + 220.206867912376;
  let below = 0.0883883476483184 * x + 1.75566716318264;
  below = below * x + 16.064177579207;
  below = below * x + 86.7807322029461;
  below = below * x + 296.564248779674;
  below = below * x + 637.333633378831;
  below = below * x + 793.826512519948;
  below = below * x + 440.413735824752;
  return above / below;
}

/** √(2π)·(x + 1/(x + 2/(x + 3/(x + 4/(x + 0.65))))): what divides e^(−x²/2) in the far tail. */
function millsFraction(x: number): number {
  let fraction = x + 0.65;
  for (let term = 4; term > 0; term--) fraction = x + term / fraction;
  return fraction * SQRT_TWO_PI;
}
