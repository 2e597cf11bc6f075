import { call, isOption, perpetual, put, toWad } from "@plimsoll/client";
import type { Leg, Market } from "@plimsoll/risk";
import { between, logBetween, randomFrom, type Random } from "./kernel.ts";
import { startingMarket } from "./startingMarket.ts";

/** Ways to build a book that might lose more between the scenarios than in them. */
export const LEVERAGE_KINDS = ["random", "short-dated", "butterfly", "calendar", "ratio", "many-strikes"] as const;
export type LeverageKind = (typeof LEVERAGE_KINDS)[number];

/** A book in a market of its own. */
export interface LeveragedBook {
  readonly kind: LeverageKind;
  /** Name it to make the same book again. */
  readonly seed: number;
  readonly index: number;
  readonly market: Market;
  readonly legs: readonly Leg[];
  readonly isShortOfOptions: boolean;
}

interface Bench {
  readonly random: Random;
  readonly now: number;
  readonly spot: number;
  /** Initial scan range, about. */
  readonly range: number;
}

interface Option {
  readonly isCall: boolean;
  readonly seconds: number;
  /** ln(K/S). */
  readonly logStrike: number;
  readonly size: number;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;
const TENOR_DAYS = [7, 30, 90, 365];
/** Strikes are multiples of this, USD. */
const STRIKE_STEP = 0.01;

/** The same for the same seed, kind and index, whatever was made before. */
export function leveragedBook(kind: LeverageKind, { seed, index }: { seed: number; index: number }): LeveragedBook {
  const number = LEVERAGE_KINDS.length * index + LEVERAGE_KINDS.indexOf(kind);
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b));
  const market = randomMarket(random);
  const [eth] = market.underlyings;
  if (eth === undefined) throw new RangeError("an underlying");
  const bench = { random, now: market.now, spot: eth.spot, range: 0.12 };
  const legs = builders[kind](bench);
  const isShortOfOptions = legs.some(({ instrument, size }) => isOption(instrument) && size < 0);
  return { kind, seed, index, market, legs, isShortOfOptions };
}

/** The starting values at other volatilities, with another smile and rate. */
function randomMarket(random: Random): Market {
  const level = logBetween(random, [0.3, 1.5]);
  let totalVariance = 0;
  const tenors = TENOR_DAYS.map((days, i) => {
    totalVariance += ((level * between(random, [0.8, 1.25])) ** 2 * (days - (TENOR_DAYS[i - 1] ?? 0))) / 365;
    return { seconds: days * DAY, totalVariance };
  });
  const rho = between(random, [-0.7, 0.3]);
  const surface = { tenors, rho, eta: between(random, [0.2, 1.1]), rate: between(random, [-0.02, 0.08]) };
  const volatility = Math.max(0.55, level * between(random, [0.9, 1.3]));
  return startingMarket({ surface, initialVolatility: volatility, maintenanceVolatility: volatility });
}

const builders: Readonly<Record<LeverageKind, (bench: Bench) => Leg[]>> = {
  random: (bench) => {
    const { random } = bench;
    const expiries = times(count(random, 1, 3), () => logBetween(random, [5 * HOUR, 180 * DAY]));
    const options = times(count(random, 2, 8), () =>
      option(bench, { ...anyOption(random, 0.3), seconds: expiries[Math.floor(expiries.length * random())] ?? DAY }),
    );
    const hedge = { instrument: perpetual(1), size: between(random, [-1, 1]) };
    return random() < 0.3 ? [...options, hedge] : options;
  },
  "short-dated": (bench) => {
    const seconds = shortExpiry(bench.random);
    return times(count(bench.random, 2, 6), () => option(bench, { ...anyOption(bench.random, 0.08), seconds }));
  },
  butterfly: (bench) => {
    const { random } = bench;
    const seconds = shortExpiry(random);
    const centre = between(random, [-bench.range, bench.range]);
    const [lower, upper] = random() < 0.5 ? equalWings(random) : [wing(random), wing(random)];
    // A wing for each side, so that it is flat or loses its premium beyond them.
    const share = upper / (lower + upper);
    const isCall = random() < 0.5;
    return [
      option(bench, { isCall, seconds, logStrike: centre - lower, size: -share }),
      option(bench, { isCall, seconds, logStrike: centre, size: 1 }),
      option(bench, { isCall, seconds, logStrike: centre + upper, size: share - 1 }),
    ];
  },
  calendar: (bench) => {
    const { random } = bench;
    const near = logBetween(random, [2 * HOUR, 60 * DAY]);
    const far = near * between(random, [1.1, 6]);
    const logStrike = between(random, [-0.15, 0.15]);
    const shift = random() < 0.5 ? 0 : between(random, [-0.05, 0.05]);
    const isCall = random() < 0.5;
    const side = random() < 0.5 ? 1 : -1;
    return [
      option(bench, { isCall, seconds: near, logStrike, size: -side }),
      option(bench, { isCall, seconds: far, logStrike: logStrike + shift, size: side * between(random, [0.6, 1.4]) }),
    ];
  },
  ratio: (bench) => (bench.random() < 0.3 ? boxLegs(bench) : ratioLegs(bench)),
  "many-strikes": (bench) => {
    const { random } = bench;
    const seconds = shortExpiry(random);
    const total = count(random, 9, 24);
    const isCall = random() < 0.5;
    // Long and short in turn: as many kinks as strikes, half of them upwards.
    const legs = times(total, (i) => {
      const logStrike = -0.1 + (0.2 * (i + between(random, [0.1, 0.9]))) / total;
      return option(bench, { isCall, seconds, logStrike, size: (i % 2 === 0 ? 1 : -1) * between(random, [0.5, 1]) });
    });
    return legs;
  },
};

function boxLegs(bench: Bench): Leg[] {
  const { random } = bench;
  const seconds = logBetween(random, [HOUR, 60 * DAY]);
  const [low, high] = [between(random, [-0.2, 0]), between(random, [0, 0.2])];
  const side = random() < 0.5 ? 1 : -1;
  const legs = [
    { isCall: true, logStrike: low, size: side },
    { isCall: true, logStrike: high, size: -side },
    { isCall: false, logStrike: high, size: side },
    { isCall: false, logStrike: low, size: -side },
  ];
  return legs.map((leg) => option(bench, { ...leg, seconds }));
}

function ratioLegs(bench: Bench): Leg[] {
  const { random } = bench;
  const seconds = logBetween(random, [HOUR, 60 * DAY]);
  const isCall = random() < 0.5;
  const logStrike = between(random, [-0.1, 0.1]);
  const distance = between(random, [0.005, 0.15]) * (isCall ? 1 : -1);
  const ratio = -between(random, [1, 3]);
  const side = random() < 0.5 ? 1 : -1;
  return [
    option(bench, { isCall, seconds, logStrike, size: side }),
    option(bench, { isCall, seconds, logStrike: logStrike + distance, size: side * ratio }),
  ];
}

function anyOption(random: Random, width: number): Omit<Option, "seconds"> {
  return { isCall: random() < 0.5, logStrike: between(random, [-width, width]), size: between(random, [-1, 1]) };
}

function option({ now, spot }: Bench, { isCall, seconds, logStrike, size }: Option): Leg {
  const strike = toWad((Math.round((spot * Math.exp(logStrike)) / STRIKE_STEP) * STRIKE_STEP).toFixed(2));
  const terms = { expiry: now + Math.floor(seconds), strike };
  return { instrument: isCall ? call(1, terms) : put(1, terms), size };
}

function shortExpiry(random: Random): number {
  return logBetween(random, [HOUR, 4 * DAY]);
}

function equalWings(random: Random): [number, number] {
  const one = wing(random);
  return [one, one];
}

function wing(random: Random): number {
  return logBetween(random, [0.002, 0.04]);
}

function count(random: Random, low: number, high: number): number {
  return low + Math.floor((high - low + 1) * random());
}

function times<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i));
}
