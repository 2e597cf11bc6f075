/**
 * Real functions in decimal fixed point with 100 digits after the point, on BigInt: the independent reference that the
 * golden vectors are made with. Slow and plain; every result is good to 80 digits at least.
 */

const DIGITS = 100n;
export const ONE = 10n ** DIGITS;
const WAD = 10n ** 18n;

export function fromWad(value: bigint): bigint {
  return value * (ONE / WAD);
}

/** Rounded to the nearest WAD, halves away from zero. */
export function toWad(value: bigint): bigint {
  const unit = ONE / WAD;
  const half = value < 0n ? -unit / 2n : unit / 2n;
  return (value + half) / unit;
}

export function mul(a: bigint, b: bigint): bigint {
  return (a * b) / ONE;
}

export function div(a: bigint, b: bigint): bigint {
  return (a * ONE) / b;
}

export function max(...values: bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}

export function min(...values: bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}

export function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}

/** Newton's iteration from above; exact to the last digit. */
export function sqrt(value: bigint): bigint {
  if (value < 0n) throw new RangeError(`square root of a negative number: ${value}`);
  const radicand = value * ONE;
  if (radicand === 0n) return 0n;
  let root = 10n ** BigInt(Math.ceil(radicand.toString().length / 2));
  for (;;) {
    const next = (root + radicand / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** Taylor series after halving the argument until it is below 2^-20, then squaring as often. */
export function exp(value: bigint): bigint {
  if (value < 0n) return div(ONE, exp(-value));
  let halvings = 0;
  let reduced = value;
  while (reduced << 20n > ONE) {
    reduced >>= 1n;
    halvings++;
  }
  let term = ONE;
  let sum = ONE;
  for (let n = 1n; term !== 0n; n++) {
    term = mul(term, reduced) / n;
    sum += term;
  }
  for (; halvings > 0; halvings--) sum = mul(sum, sum);
  return sum;
}

/** ln x = 2^n·2·artanh((y − 1)/(y + 1)) with y the n-th square root of x, near 1. */
export function ln(value: bigint): bigint {
  if (value <= 0n) throw new RangeError(`logarithm of a number that is not positive: ${value}`);
  let roots = 0n;
  let reduced = value;
  while (reduced > (ONE * 11n) / 10n || reduced < (ONE * 9n) / 10n) {
    reduced = sqrt(reduced);
    roots++;
  }
  const ratio = div(reduced - ONE, reduced + ONE);
  const square = mul(ratio, ratio);
  let power = ratio;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = mul(power, square);
  }
  return (sum * 2n) << roots;
}

/** Machin: π = 16·arctan(1/5) − 4·arctan(1/239). */
function computePi(): bigint {
  const arctanInverse = (n: bigint): bigint => {
    let power = ONE / n;
    let sum = 0n;
    for (let k = 0n; power !== 0n; k++) {
      const term = power / (2n * k + 1n);
      sum += k % 2n === 0n ? term : -term;
      power /= n * n;
    }
    return sum;
  };
  return 16n * arctanInverse(5n) - 4n * arctanInverse(239n);
}

const SQRT_TWO_PI = sqrt(2n * computePi());

/** N(−20) is 3e-89: beyond, the distribution is 0 or 1 to the promised digits, and the series would take for ever. */
const SATURATION = 20n * ONE;

/** N(x) = ½ + φ(x)·Σ x^(2n+1)/(2n+1)!!, a series whose terms all have the same sign: nothing cancels but the ½. */
export function normalCdf(x: bigint): bigint {
  if (x <= -SATURATION) return 0n;
  if (x >= SATURATION) return ONE;
  const square = mul(x, x);
  let term = x;
  let sum = 0n;
  for (let n = 1n; term !== 0n; n += 2n) {
    sum += term;
    term = mul(term, square) / (n + 2n);
  }
  return ONE / 2n + mul(div(exp(-square / 2n), SQRT_TWO_PI), sum);
}

/** Undiscounted Black-76 prices of a call and a put. */
export function black76(forward: bigint, strike: bigint, totalVolatility: bigint): { call: bigint; put: bigint } {
  const d1 = div(ln(div(forward, strike)), totalVolatility) + totalVolatility / 2n;
  const call = mul(forward, normalCdf(d1)) - mul(strike, normalCdf(d1 - totalVolatility));
  return { call, put: call - forward + strike };
}

/** Total volatility √w of an SSVI slice with at-the-money total variance `theta` at log strike `k`. */
export function ssviTotalVolatility(slice: { theta: bigint; rho: bigint; eta: bigint; k: bigint }): bigint {
  const slope = mul(div(slice.eta, sqrt(slice.theta)), slice.k);
  const root = sqrt(mul(slope + slice.rho, slope + slice.rho) + ONE - mul(slice.rho, slice.rho));
  return sqrt(mul(slice.theta, ONE + mul(slice.rho, slope) + root) / 2n);
}
