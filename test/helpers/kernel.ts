import type { KernelHarness } from "../../typechain-types/index.js";

/** One underlying's scenarios, as the kernel's harness takes them. All WAD. */
export interface KernelMarket {
  readonly spot: bigint;
  readonly nodes: readonly PriceNode[];
  readonly stresses: readonly PriceNode[];
  readonly stressVolatilities: readonly bigint[];
}

export interface PriceNode {
  readonly price: bigint;
  readonly move: bigint;
}

/** One option leg. All WAD. */
export interface KernelLeg {
  readonly isCall: boolean;
  readonly size: bigint;
  readonly strike: bigint;
  readonly logMoneyness: bigint;
  readonly totalVolatilities: [bigint, bigint, bigint];
}

export interface KernelBook {
  readonly market: KernelMarket;
  readonly legs: readonly KernelLeg[];
}

/** Numbers from 0 to 1, the same for the same seed. */
export type Random = () => number;

export const VOLATILITY_NODES = 3;
export const PRICE_NODES = 13;
/** The kernel's error against the plain price, as a share of the larger of spot and scenario price. */
export const KERNEL_TOLERANCE = 1e-9;
const WAD = 10n ** 18n;
const OUTER_THIRDS = [1 / 3, 2 / 3, 1];

export function wad(value: number): bigint {
  return (BigInt(Math.round(value * 1e12)) * WAD) / 10n ** 12n;
}

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(random: Random, [low, high]: readonly [number, number]): number {
  return low + (high - low) * random();
}

/** As often between 0.01 and 0.1 as between 0.1 and 1. */
export function logBetween(random: Random, [low, high]: readonly [number, number]): number {
  return Math.exp(between(random, [Math.log(low), Math.log(high)]));
}

export function nodeAt(spot: number, move: number): PriceNode {
  const moveWad = wad(move);
  return { price: (wad(spot) * BigInt(Math.round(Math.exp(Number(moveWad) / 1e18) * 2 ** 52))) >> 52n, move: moveWad };
}

/** The nested grid of a maintenance and an initial range, both in log price. */
export function gridNodes(spot: number, maintenance: number, initial: number): PriceNode[] {
  const inner = OUTER_THIRDS.map((third) => third * maintenance);
  const outer = OUTER_THIRDS.map((third) => maintenance + third * (initial - maintenance));
  const up = [...inner, ...outer];
  const moves = [...up.flatMap((move) => [move, -move]), 0];
  return moves.map((move) => nodeAt(spot, move));
}

export function leg(option: {
  readonly isCall: boolean;
  readonly size: number;
  readonly spot: number;
  readonly strike: number;
  readonly volatilities: readonly [number, number, number];
}): KernelLeg {
  const [lower, mark, upper] = option.volatilities;
  return {
    isCall: option.isCall,
    size: wad(option.size),
    strike: wad(option.strike),
    logMoneyness: wad(Math.log(option.spot / option.strike)),
    totalVolatilities: [wad(lower), wad(mark), wad(upper)],
  };
}

/** A book of one to eight legs, from a second to two years, strikes from a twentieth of the spot to twenty times it. */
export function randomBook(random: Random): KernelBook {
  const spot = logBetween(random, [0.01, 100_000]);
  const maintenance = between(random, [0.03, 0.25]);
  const nodes = gridNodes(spot, maintenance, maintenance + between(random, [0, 0.3]));
  const extra = Array.from({ length: Math.floor(4 * random()) }, () => nodeAt(spot, between(random, [-0.3, 0.3])));
  const stresses = [-0.5, 0.45].map((move) => nodeAt(spot, Math.log1p(move)));
  const legs = Array.from({ length: 1 + Math.floor(8 * random()) }, () => randomLeg(random, spot));
  const stressVolatilities = stresses.map(() => BigInt(Math.floor(VOLATILITY_NODES * random())));
  return { market: { spot: wad(spot), nodes: [...nodes, ...extra], stresses, stressVolatilities }, legs };
}

function randomLeg(random: Random, spot: number): KernelLeg {
  const years = logBetween(random, [1 / (365 * 86_400), 2]);
  const mark = logBetween(random, [0.2, 2]) * Math.sqrt(years);
  const up = between(random, [1.05, 2]);
  // Most strikes are within a few standard deviations; some lie anywhere.
  const width = random() < 0.8 ? 3 * mark + 0.02 : Math.log(20);
  return leg({
    isCall: random() < 0.5,
    size: between(random, [-1, 1]) * logBetween(random, [0.001, 10_000]),
    spot,
    strike: Math.max(1e-8, spot * Math.exp(between(random, [-width, width]))),
    volatilities: [mark / up, mark, mark * up],
  });
}

export interface Deviation {
  /** Cells compared. */
  readonly cells: number;
  /** Largest error as a share of gross notional at the larger of spot and scenario price. */
  readonly worst: number;
  /** Largest error as a share of the bound that the kernel itself states. */
  readonly worstOfBound: number;
}

/** What an error has to be compared with, in a scenario at `price`: Σ|size|·max(spot, price), USD WAD, and a few wei. */
function grossNotional({ market, legs }: KernelBook, price: bigint): bigint {
  const higher = price > market.spot ? price : market.spot;
  return legs.reduce((sum, { size }) => sum + ((size < 0n ? -size : size) * higher) / WAD, 0n);
}

/** Prices of the scenarios by cell, then by stress. */
function scenarioPrices({ nodes, stresses }: KernelMarket): bigint[] {
  const cells = nodes.flatMap(({ price }) => Array.from({ length: VOLATILITY_NODES }, () => price));
  return [...cells, ...stresses.map(({ price }) => price)];
}

/** Absolute errors below this, USD WAD, are the quanta and roundings of single wei, whatever the notional. */
const QUANTA = 4_000_000n;

/** Values the book by the kernel and plainly, and says how far they are apart. */
export async function deviation(harness: KernelHarness, book: KernelBook): Promise<Deviation> {
  const legs = book.legs.map((one) => ({ ...one }));
  const { nodes, stresses, stressVolatilities, spot } = book.market;
  const market = { spot, nodes: [...nodes], stresses: [...stresses], stressVolatilities: [...stressVolatilities] };
  const { fast, plain, bounds } = await harness.compare(market, legs);
  let worst = 0;
  let worstOfBound = 0;
  scenarioPrices(book.market).forEach((price, i) => {
    const difference = (fast[i] ?? 0n) - (plain[i] ?? 0n);
    const error = difference < 0n ? -difference : difference;
    const beyondQuanta = error > QUANTA ? error - QUANTA : 0n;
    worst = Math.max(worst, Number(beyondQuanta) / Number(grossNotional(book, price) + 1n));
    worstOfBound = Math.max(worstOfBound, Number(error) / Number(bounds[i] ?? 1n));
  });
  return { cells: fast.length * legs.length, worst, worstOfBound };
}
