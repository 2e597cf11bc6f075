import { normalCdf } from "../packages/risk/src/index.ts";
import { ENTRY_BITS, MAX_STRIKE_RATIO, MAX_VOLATILITY, REACH, STEPS_PER_UNIT, WEIGHT_BITS } from "./kernelLattice.ts";

/** One source of error, as a share of the forward. */
export interface ErrorTerm {
  readonly name: string;
  readonly value: number;
}

/** What decides an option's error: d1, d2 = d1 − v, v and K/F. */
interface Point {
  readonly d1: number;
  readonly d2: number;
  readonly volatility: number;
  readonly strikeRatio: number;
  /** Scenario price over spot, which is below 1 where the strike is above 16 forwards: never is it above 16 spots. */
  readonly share: number;
}

const STEP = 1 / STEPS_PER_UNIT;
const HALF_STEP = STEP / 2;
const UNIT = 2 ** -ENTRY_BITS;
/** Fraction bits of the weights of the density, and of v·h that multiplies them. */
const DENSITY_WEIGHT_BITS = 14;
const DENSITY_FACTOR_BITS = 26;
/** Where d2 and d1 leave the lattice; and less what floating point may be off. */
const LIMIT = REACH * STEP;
const EDGE = LIMIT - 1e-9;
/** Points are searched on this raster; between its points no term changes by more than the allowance. */
const RASTER = 0.01;
const ALLOWANCE = 1.01;

const density = (d: number): number => Math.exp((-d * d) / 2) / Math.sqrt(2 * Math.PI);

/**
 * The terms of `docs/margin.md`. They use K·φ(d2) = F·φ(d1): what is multiplied by the strike's density is bounded by the
 * forward's, however high the strike.
 */
const terms: readonly { readonly name: string; readonly at: (point: Point) => number }[] = [
  {
    // (t+1)·t·(t−1)·(t−2)/24 is at most 9/384; N'''' = −He3·φ.
    name: "four-point interpolation of N(d1): h⁴·(9/384)·φ(d1)·|He3(d1)|",
    at: ({ d1 }) => (9 / 384) * STEP ** 4 * density(d1) * Math.abs(d1 ** 3 - 3 * d1),
  },
  {
    // What a line leaves of s³ between −h/2 and h/2 is at most a quarter of (h/2)³.
    name: "snapping d2, third order: (h/2)³·v·φ(d1)·|v + d1|/24",
    at: ({ d1, volatility: v }) => (HALF_STEP ** 3 * v * density(d1) * Math.abs(v + d1)) / 24,
  },
  {
    // One per cent more for the fifth order, a factor (h/2)·(|d1| + v + 1)/5 of the fourth at most.
    name: "snapping d2, fourth order: (h/2)⁴·v·φ(d1)·|v² + v·d1 + d1² + 3|/24",
    at: ({ d1, volatility: v }) =>
      (1.01 * HALF_STEP ** 4 * v * density(d1) * Math.abs(v * v + v * d1 + d1 * d1 + 3)) / 24,
  },
  {
    name: "position between nodes, half a unit of 2^-25: 2^-26·h·φ(d1)",
    at: ({ d1 }) => 2 ** -(WEIGHT_BITS + 1) * STEP * density(d1),
  },
  {
    // Position truncated, factor truncated, the derivative's own second order left out, its error, and half a step in 2v + n.
    name: "density in the snap correction: v·(h²/8)·φ(d1)·(relative error of the density)",
    at: ({ d1, volatility: v }) => {
      const position = STEP * (Math.abs(d1) + STEP) * 2 ** (1 - DENSITY_WEIGHT_BITS);
      const factor = 1 / (v * STEP * 2 ** DENSITY_FACTOR_BITS + 1);
      const leftOut = (STEP ** 2 * Math.abs(d1 ** 2 - 1)) / 2;
      const interpolation = (STEP ** 3 * Math.abs(d1 ** 3 - 3 * d1)) / 12;
      return v * (STEP ** 2 / 8) * density(d1) * (position + factor + leftOut + interpolation + STEP ** 2 / 12);
    },
  },
  {
    // ln(F/K) to 2^-40 and 1/v to 2^-28 move d2 by δ < 5e-10, and the price by φ·v·s·δ.
    name: "conversion of log prices and of 1/v: v·(h/2)·φ(d1)·5e-10",
    at: ({ d1, volatility }) => volatility * HALF_STEP * density(d1) * 5e-10,
  },
  {
    // It falls with the distance from the lattice.
    name: `beyond the lattice, whose ends are ±${LIMIT}: what is left of the price of the call or the put`,
    at: ({ d1, d2, strikeRatio }) => {
      if (d2 <= -EDGE) return normalCdf(d1) - strikeRatio * normalCdf(d2);
      return d1 >= EDGE ? strikeRatio * normalCdf(-d2) - normalCdf(-d1) : 0;
    },
  },
  {
    name: "table, entry of N(d2), half a unit of 2^-35, times K/F",
    at: ({ strikeRatio }) => (UNIT / 2) * strikeRatio,
  },
  {
    // Weights of four points sum to 1.25 in magnitude at most; two floors and the carries of the lanes below.
    name: "table, entries around d1 and rounding of their product: 2^-35·(5/8 + 1/2)",
    at: () => UNIT * (5 / 8 + 1 / 2),
  },
];

function pointOf(d1: number, volatility: number): Point {
  const strikeRatio = Math.exp(-volatility * (d1 - volatility / 2));
  return { d1, d2: d1 - volatility, volatility, strikeRatio, share: Math.min(1, MAX_STRIKE_RATIO / strikeRatio) };
}

function points(): Point[] {
  const found: Point[] = [];
  for (let volatility = RASTER; volatility < MAX_VOLATILITY + RASTER / 2; volatility += RASTER) {
    for (let d1 = -LIMIT; d1 <= LIMIT + RASTER / 2; d1 += RASTER) {
      found.push(pointOf(d1, volatility));
    }
  }
  return found;
}

/**
 * @returns Each term at its largest and the largest sum of all terms at one point, as shares of the larger of spot and
 * scenario price; and that sum as a share of spot plus strike.
 */
export function errorBound(): {
  readonly parts: readonly ErrorTerm[];
  readonly total: number;
  readonly ofLegs: number;
} {
  const raster = points();
  const largest = (at: (point: Point) => number) =>
    ALLOWANCE * raster.reduce((highest, point) => Math.max(highest, at(point)), 0);
  const sum = (point: Point) => terms.reduce((total, { at }) => total + at(point), 0);
  return {
    parts: terms.map(({ name, at }) => ({ name, value: largest((point) => point.share * at(point)) })),
    total: largest((point) => point.share * sum(point)),
    ofLegs: largest((point) => sum(point) / (1 + point.strikeRatio)),
  };
}
