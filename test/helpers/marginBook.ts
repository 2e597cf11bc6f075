import type { ChainRiskParameters, ChainStress, ChainSurface, ChainTier } from "@plimsoll/risk";
import { parseUnits } from "ethers";
import { between, logBetween, type Random } from "./kernel.ts";

/** A market as the contracts know it. Whole numbers, WAD unless named otherwise. Underlyings are numbered from 1. */
export interface BookMarket {
  readonly account: { readonly floor: bigint; readonly credit: bigint };
  readonly underlyings: readonly BookUnderlying[];
}

export interface BookUnderlying {
  readonly price: bigint;
  readonly overdueSeconds: bigint;
  readonly surface: BookSurface;
  readonly initialVolatility: bigint;
  readonly maintenanceVolatility: bigint;
  readonly parameters: BookParameters;
  readonly averageOpenInterest: bigint;
  readonly haircut: bigint;
}

export type BookSurface = ChainSurface;
export type BookTier = ChainTier;
export type BookParameters = ChainRiskParameters;
type BookStress = ChainStress;

export interface BookPortfolio {
  readonly cash: bigint;
  readonly legs: readonly BookLeg[];
}

/** Time is counted from the moment of evaluation, which a chain does not let a test choose. */
export interface BookLeg {
  readonly underlying: bigint;
  /** As `Kind` of the contracts. */
  readonly kind: bigint;
  /** Negative when expired; of what expires only. */
  readonly secondsToExpiry: bigint;
  /** 1e-8 USD. */
  readonly strikeField: bigint;
  readonly size: bigint;
}

export const [SPOT, PERPETUAL, CALL, PUT] = [0n, 1n, 3n, 4n];
/** What a portfolio is made of: it decides which part of the model matters. */
export const BOOK_KINDS = ["linear", "options", "calendar", "pinned", "strikes", "everything", "joint"] as const;
export type BookKind = (typeof BOOK_KINDS)[number];

const DAY = 86_400;
const YEAR = 365 * DAY;
const WAD_DECIMALS = 18;
const MAX_STRESSES = 4;
/** Of what is generated, so that files stay short. */
const DIGITS = 6;

/** A number of few digits, exactly. */
export function shortWad(value: number): bigint {
  return parseUnits(plain(value), WAD_DECIMALS);
}

/** Decimal text with few digits and no exponent. */
function plain(value: number): string {
  const magnitude = Math.floor(Math.log10(Math.abs(value) || 1));
  return value.toFixed(Math.min(Math.max(DIGITS - magnitude, 0), WAD_DECIMALS));
}

function whole(random: Random, [low, high]: readonly [number, number]): number {
  return Math.floor(between(random, [low, high + 1]));
}

/** Everything inside the bounds of `ParameterBounds` and of the surface. */
export function randomMarket(random: Random, underlyings: number): BookMarket {
  const account = { floor: shortWad(logBetween(random, [1, 1_000])), credit: shortWad(between(random, [0, 0.4])) };
  return { account, underlyings: Array.from({ length: underlyings }, () => randomUnderlying(random)) };
}

function randomUnderlying(random: Random): BookUnderlying {
  const level = logBetween(random, [0.2, 2]);
  const isOverdue = random() < 0.3;
  const parameters = randomParameters(random);
  return {
    price: random() < 0.02 ? 0n : shortWad(logBetween(random, [0.5, 80_000])),
    overdueSeconds: isOverdue ? BigInt(whole(random, [1, 2 * DAY])) : 0n,
    surface: randomSurface(random, level),
    initialVolatility: shortWad(level * between(random, [0.8, 1.5])),
    maintenanceVolatility: shortWad(level * between(random, [0.8, 1.5])),
    parameters,
    // Beyond a few depths concentration costs more than the position is worth, and magnifies every error of its delta.
    averageOpenInterest: shortWad(random() < 0.2 ? 0 : Number(parameters.depth) * logBetween(random, [0.01, 5])),
    haircut: shortWad(between(random, [0, 0.3])),
  };
}

function randomSurface(random: Random, level: number): BookSurface {
  const tenors = [7, 30, 90, 365].slice(0, whole(random, [1, 4])).map((days) => days * DAY);
  let variance = 0;
  const variances = tenors.map((seconds, i) => {
    const years = (seconds - (tenors[i - 1] ?? 0)) / YEAR;
    variance += years * (level * between(random, [0.7, 1.4])) ** 2;
    return variance;
  });
  const rho = random() < 0.2 ? 0 : between(random, [-0.8, 0.8]);
  const etaMax = Math.min(2, 4 / Math.sqrt(variance)) / (1 + Math.abs(rho));
  const fill = (values: readonly bigint[]) => [...values, 0n, 0n, 0n].slice(0, 4);
  return {
    tenorSeconds: fill(tenors.map(BigInt)),
    totalVariance: fill(variances.map(shortWad)),
    rho: shortWad(rho),
    eta: shortWad(random() < 0.2 ? 0 : between(random, [0.1, 0.99]) * etaMax),
    rate: shortWad(random() < 0.3 ? 0 : between(random, [-0.05, 0.15])),
  };
}

function randomParameters(random: Random): BookParameters {
  const low = between(random, [0.01, 0.05]);
  const high = low + between(random, [0, 0.15]);
  const maintenance = { z: between(random, [0.8, 3]), horizonSeconds: whole(random, [2 * 3_600, 8 * 3_600]) };
  const initial = { z: maintenance.z * between(random, [1, 1.4]), horizonSeconds: whole(random, [8 * 3_600, 2 * DAY]) };
  const initialLow = low + between(random, [0, 0.08]);
  const initialHigh = Math.max(high, initialLow) + between(random, [0, 0.3]);
  const used = whole(random, [0, MAX_STRESSES]);
  return {
    initial: tier(initial, initialLow, initialHigh),
    maintenance: tier(maintenance, low, high),
    volatilityUp: shortWad(between(random, [0.05, 0.8])),
    volatilityDown: shortWad(between(random, [0.05, 0.8])),
    exponentShort: shortWad(between(random, [0, 0.5])),
    exponentLong: shortWad(between(random, [0, 0.5])),
    shortOptionMinimum: shortWad(between(random, [0.01, 0.1])),
    concentration: shortWad(random() < 0.2 ? 0 : between(random, [0.01, 0.1])),
    depth: BigInt(whole(random, [100, 20_000])),
    vegaDepth: BigInt(whole(random, [1_000, 2_000_000])),
    stresses: Array.from({ length: MAX_STRESSES }, (_, i) => randomStress(random, i < used)),
  };
}

function tier({ z, horizonSeconds }: { z: number; horizonSeconds: number }, low: number, high: number): BookTier {
  return {
    z: shortWad(z),
    horizonSeconds: BigInt(horizonSeconds),
    rangeMin: shortWad(low),
    rangeMax: shortWad(high),
  };
}

function randomStress(random: Random, isUsed: boolean): BookStress {
  if (!isUsed) return { move: 0n, volatilityNode: 0n, initialWeight: 0n, maintenanceWeight: 0n };
  const weight = between(random, [0.01, 0.5]);
  return {
    move: shortWad(between(random, [-0.9, 1.5])),
    volatilityNode: BigInt(whole(random, [-1, 1])),
    initialWeight: shortWad(weight),
    maintenanceWeight: shortWad(weight * between(random, [0, 1])),
  };
}

/** A portfolio of one kind on some of the market's underlyings. */
export function randomPortfolio(random: Random, market: BookMarket, kind: BookKind): BookPortfolio {
  const all = market.underlyings.map((_, i) => i + 1);
  const isOnAll = kind === "everything" || kind === "joint";
  const count = isOnAll ? all.length : kind === "linear" ? whole(random, [1, all.length]) : 1;
  const first = whole(random, [0, all.length - 1]);
  const chosen = Array.from({ length: count }, (_, i) => all[(first + i) % all.length] ?? 1);
  const legs = chosen.flatMap((underlying) => {
    const { price } = market.underlyings[underlying - 1] ?? { price: 0n };
    return legsOf[kind]({ random, underlying: BigInt(underlying), spot: Number(price) / 1e18 || 100 });
  });
  const scale = logBetween(random, [0.01, 100]);
  const sized = legs.map((leg) => ({ ...leg, size: shortWad(scale * leg.units) })).map(withoutUnits);
  return { cash: shortWad(between(random, [-1, 1]) * logBetween(random, [1, 1e6])), legs: sized };
}

interface SketchedLeg extends Omit<BookLeg, "size"> {
  readonly units: number;
}

function withoutUnits({ underlying, kind, secondsToExpiry, strikeField, size }: BookLeg): BookLeg {
  return { underlying, kind, secondsToExpiry, strikeField, size };
}

interface Sketch {
  readonly random: Random;
  readonly underlying: bigint;
  readonly spot: number;
}

const legsOf: Readonly<Record<BookKind, (sketch: Sketch) => SketchedLeg[]>> = {
  linear: linearLegs,
  options: (sketch) => manyOptions(sketch, { most: 5, seconds: anyExpiry(sketch.random), width: 0.5 }),
  calendar: (sketch) =>
    [0, 1, 2].flatMap(() => manyOptions(sketch, { most: 2, seconds: anyExpiry(sketch.random), width: 0.2 })),
  pinned: pinnedLegs,
  strikes: (sketch) => manyOptions(sketch, { most: 22, least: 14, seconds: shortExpiry(sketch.random), width: 0.06 }),
  everything: (sketch) => [
    ...linearLegs(sketch),
    ...manyOptions(sketch, { most: 3, seconds: anyExpiry(sketch.random), width: 0.4 }),
    ...pinnedLegs(sketch),
  ],
  joint: jointLegs,
};

function linearLegs({ random, underlying }: Sketch): SketchedLeg[] {
  const rest = { underlying, secondsToExpiry: 0n, strikeField: 0n };
  const spot = { ...rest, kind: SPOT, units: between(random, [0, 1]) };
  const perpetual = { ...rest, kind: PERPETUAL, units: between(random, [-1, 1]) };
  return random() < 0.5 ? [spot, perpetual] : [perpetual];
}

/** A butterfly between two nodes, with an expiry of hours to days. */
function pinnedLegs(sketch: Sketch): SketchedLeg[] {
  const { random } = sketch;
  const seconds = shortExpiry(random);
  const middle = between(random, [-0.08, 0.08]);
  const wing = between(random, [0.002, 0.03]);
  const kind = random() < 0.5 ? CALL : PUT;
  const side = random() < 0.5 ? 1 : -1;
  return [
    option(sketch, { kind, seconds, logStrike: middle - wing, units: -side }),
    option(sketch, { kind, seconds, logStrike: middle, units: 2 * side }),
    option(sketch, { kind, seconds, logStrike: middle + wing, units: -side }),
  ];
}

/** A calendar, a butterfly or both: what loses under a twist and at strikes, and what several underlyings lose together there. */
function jointLegs(sketch: Sketch): SketchedLeg[] {
  const choice = sketch.random();
  const calendar = choice < 0.7 ? calendarLegs(sketch) : [];
  return choice > 0.4 ? [...calendar, ...pinnedLegs(sketch)] : calendar;
}

/** Short of one expiry and long of another, at the same strike. */
function calendarLegs(sketch: Sketch): SketchedLeg[] {
  const { random } = sketch;
  const near = Math.floor(logBetween(random, [DAY / 2, 20 * DAY]));
  const far = Math.floor(near * between(random, [1.1, 2.5]));
  const leg = { kind: random() < 0.5 ? CALL : PUT, logStrike: between(random, [-0.05, 0.05]) };
  const units = (random() < 0.5 ? 1 : -1) * between(random, [0.5, 1.5]);
  return [
    option(sketch, { ...leg, seconds: near, units: -units }),
    option(sketch, { ...leg, seconds: far, units: units * between(random, [0.6, 1]) }),
  ];
}

function manyOptions(
  sketch: Sketch,
  { least = 1, most, seconds, width }: { least?: number; most: number; seconds: number; width: number },
): SketchedLeg[] {
  const { random } = sketch;
  return Array.from({ length: whole(random, [least, most]) }, () =>
    option(sketch, {
      kind: random() < 0.5 ? CALL : PUT,
      seconds,
      logStrike: between(random, [-width, width]),
      units: between(random, [-1, 1]),
    }),
  );
}

function option(
  { underlying, spot }: Sketch,
  { kind, seconds, logStrike, units }: { kind: bigint; seconds: number; logStrike: number; units: number },
): SketchedLeg {
  const strikeField = parseUnits(plain(spot * Math.exp(logStrike)), WAD_DECIMALS) / 10n ** 10n;
  return { underlying, kind, secondsToExpiry: BigInt(seconds), strikeField: strikeField || 1n, units };
}

function shortExpiry(random: Random): number {
  return Math.floor(logBetween(random, [600, 4 * DAY]));
}

/** Now and then expired. */
function anyExpiry(random: Random): number {
  return random() < 0.05 ? -DAY : Math.floor(logBetween(random, [3_600, 2 * YEAR]));
}
