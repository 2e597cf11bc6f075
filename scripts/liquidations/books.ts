// Random accounts a little below maintenance, each in a market of its own.
import { call, perpetual, put, spot, toWad } from "@plimsoll/client";
import { Random } from "@plimsoll/replay";
import {
  accountFromChain,
  MarginModel,
  parametersFromChain,
  toNumber,
  type Leg,
  type Market,
  type Portfolio,
  type UnderlyingMarket,
} from "@plimsoll/risk";
import type { Configuration } from "../../deploy/configuration.ts";

export const BOOK_KINDS = ["perpetuals", "writer", "spread", "strangle", "short-dated", "market maker"] as const;
export type BookKind = (typeof BOOK_KINDS)[number];

export interface Book {
  readonly index: number;
  readonly kind: BookKind;
  readonly model: MarginModel;
  readonly portfolio: Portfolio;
}

/** Equity as a share of maintenance, from and to. */
export type HealthRange = readonly [number, number];

interface Bench {
  readonly random: Random;
  readonly market: Market;
  readonly underlying: UnderlyingMarket;
}

interface Option {
  readonly isCall: boolean;
  readonly seconds: number;
  /** ln(K/S). */
  readonly logStrike: number;
  readonly size: number;
}

/** Of any moment: everything that does not change with prices and volatilities but with the parameters of a deployment. */
const NOW = 1_750_000_000;
const OPEN_INTEREST = 5_000;
const HOUR = 3_600;
const DAY = 24 * HOUR;
const TENOR_DAYS = [7, 30, 90, 365];
/** Requirements of the books, USD. The account floor is 100. */
const REQUIREMENTS = [60, 2_000_000] as const;
/** Of an account. */
const MAX_LEGS = 128;
/** Prices, USD, of the first underlying and of the second. */
const SPOTS = [
  [800, 5_000],
  [15_000, 120_000],
] as const;
const PLEDGED_PROBABILITY = 0.4;
/** Times the requirement. */
const PLEDGED = 3;
const BOTH_UNDERLYINGS_PROBABILITY = 0.35;

/** Makes books for the parameters of one deployment with two underlyings. */
export class BookMaker {
  constructor(private readonly configuration: Configuration) {}

  /** The same for the same seed and index, whatever was made before. */
  book(seed: number, index: number, health: HealthRange): Book {
    const random = new Random(`liquidations/${seed}/${index}`);
    const market = this.#market(random);
    const model = new MarginModel(market);
    const kind = random.pick(BOOK_KINDS);
    const derivatives = randomLegs(random, market, kind);
    const isPledged = random.chance(PLEDGED_PROBABILITY);
    const pledge = isPledged ? spot(random.chance(0.7) ? 1 : 2) : undefined;
    const target = logBetween(random, REQUIREMENTS);
    const legs = pledged(model, scaledTo(model, derivatives, target), pledge);
    const { equity, maintenance } = model.evaluate({ cash: 0, legs });
    const cash = maintenance * random.between(...health) - equity;
    return { index, kind, model, portfolio: { cash, legs } };
  }

  /** Prices, volatilities, smile and rate at random, margin volatilities as the controller would set them. */
  #market(random: Random): Market {
    const level = logBetween(random, [0.35, 1.4]);
    const { account, underlyings: listed } = this.configuration;
    const underlyings = listed.map(({ id, risk, controller, stressed }, i): UnderlyingMarket => {
      const own = level * (i === 0 ? 1 : 0.8);
      const weight = toNumber(controller.stressedWeight);
      const target = (1 - weight) * own * random.between(0.9, 1.3) + weight * toNumber(stressed);
      const volatility = Math.max(toNumber(controller.floor), target);
      let totalVariance = 0;
      const tenors = TENOR_DAYS.map((days, k) => {
        totalVariance += ((own * random.between(0.8, 1.25)) ** 2 * (days - (TENOR_DAYS[k - 1] ?? 0))) / 365;
        return { seconds: days * DAY, totalVariance };
      });
      const smile = { rho: random.between(-0.6, 0.2), eta: random.between(0.2, 1) };
      return {
        ...{ underlying: id, spot: logBetween(random, SPOTS[i] ?? SPOTS[0]), overdueSeconds: 0 },
        surface: { tenors, ...smile, rate: random.between(-0.02, 0.08) },
        ...{ initialVolatility: volatility, maintenanceVolatility: volatility },
        ...{ parameters: parametersFromChain(risk), averageOpenInterest: OPEN_INTEREST },
      };
    });
    const haircuts = listed.map(({ id, collateral }) => [spot(id), toNumber(collateral.haircut)] as const);
    return { now: NOW, underlyings, account: accountFromChain(account), haircuts: new Map(haircuts) };
  }
}

/** A keeper's inventory in the market of a book: another random book, with so much equity that it can carry more. */
export function randomInventory(random: Random, model: MarginModel, equity: number): Portfolio {
  const kind = random.pick(BOOK_KINDS);
  const legs = scaledTo(model, randomLegs(random, model.market, kind), logBetween(random, REQUIREMENTS));
  return { cash: equity - model.evaluate({ cash: 0, legs }).equity, legs };
}

/** On one underlying or on both, in comparable values. */
function randomLegs(random: Random, market: Market, kind: BookKind): Leg[] {
  const [first, second] = random.chance(0.6) ? market.underlyings : [...market.underlyings].reverse();
  if (first === undefined || second === undefined) throw new RangeError("two underlyings");
  const legs = builders[kind]({ random, market, underlying: first });
  if (!random.chance(BOTH_UNDERLYINGS_PROBABILITY)) return distinct(legs);
  const share = random.between(0.3, 1) * (first.spot / second.spot);
  const others = builders[kind]({ random, market, underlying: second });
  return distinct([...legs, ...others.map(({ instrument, size }) => ({ instrument, size: size * share }))]);
}

const builders: Readonly<Record<BookKind, (bench: Bench) => Leg[]>> = {
  perpetuals: ({ random, underlying }) => [{ instrument: perpetual(underlying.underlying), size: side(random) }],
  writer: (bench) => {
    const { random } = bench;
    return times(1 + random.integer(4), () =>
      option(bench, {
        ...{ isCall: random.chance(0.5), seconds: tenor(random) },
        ...{ logStrike: random.between(-0.3, 0.3), size: -random.between(0.3, 1) },
      }),
    );
  },
  spread: spreadLegs,
  strangle: (bench) => {
    const { random } = bench;
    const seconds = tenor(random);
    const width = random.between(0, 0.3);
    const hedge = random.chance(0.3) ? [perpetualOf(bench, random.between(-0.5, 0.5))] : [];
    return [
      option(bench, { isCall: true, seconds, logStrike: width, size: -1 }),
      option(bench, { isCall: false, seconds, logStrike: -width, size: -random.between(0.7, 1.3) }),
      ...hedge,
    ];
  },
  "short-dated": (bench) => {
    const { random } = bench;
    const seconds = Math.floor(logBetween(random, [2 * HOUR, 4 * DAY]));
    return times(2 + random.integer(5), () =>
      option(bench, {
        ...{ isCall: random.chance(0.5), seconds, logStrike: random.between(-0.08, 0.08) },
        size: random.between(-1, 0.6),
      }),
    );
  },
  "market maker": marketMakerLegs,
};

/** A vertical, a condor or a calendar. */
function spreadLegs(bench: Bench): Leg[] {
  const { random } = bench;
  const seconds = tenor(random);
  const isCall = random.chance(0.5);
  const sign = isCall ? 1 : -1;
  const near = random.between(-0.05, 0.15);
  const far = near + random.between(0.03, 0.25);
  const vertical = [
    option(bench, { isCall, seconds, logStrike: sign * near, size: -1 }),
    option(bench, { isCall, seconds, logStrike: sign * far, size: random.between(0.6, 1.2) }),
  ];
  const form = random.integer(3);
  if (form === 0) return vertical;
  if (form === 1) {
    return [
      ...vertical,
      option(bench, { isCall: !isCall, seconds, logStrike: -sign * near, size: -1 }),
      option(bench, { isCall: !isCall, seconds, logStrike: -sign * far, size: 1 }),
    ];
  }
  return [
    option(bench, { isCall, seconds, logStrike: sign * near, size: -1 }),
    option(bench, { isCall, seconds: seconds * 3, logStrike: sign * near, size: random.between(0.5, 1) }),
  ];
}

/** Many strikes of several expiries, more sold than bought, and a perpetual against their delta. */
function marketMakerLegs(bench: Bench): Leg[] {
  const { random, underlying } = bench;
  const expiries = times(2 + random.integer(4), () => tenor(random));
  const legs = times(11 + random.integer(53), () =>
    option(bench, {
      ...{ isCall: random.chance(0.5), seconds: random.pick(expiries), logStrike: random.between(-0.4, 0.4) },
      size: random.between(-1, 0.8),
    }),
  );
  const model = new MarginModel(bench.market);
  const up = { price: underlying.spot * 1.01, move: Math.log(1.01) };
  const delta = legs.reduce((sum, leg) => sum + leg.size * model.quote(leg.instrument).profitShocked(up, 0), 0);
  const hedged = random.between(0.4, 1.1);
  return [...legs, perpetualOf(bench, (-hedged * delta) / (0.01 * underlying.spot))];
}

function perpetualOf({ underlying }: Bench, size: number): Leg {
  return { instrument: perpetual(underlying.underlying), size };
}

function option({ market, underlying }: Bench, { isCall, seconds, logStrike, size }: Option): Leg {
  const strike = toWad((underlying.spot * Math.exp(logStrike)).toFixed(2));
  const terms = { expiry: market.now + Math.floor(seconds), strike };
  return { instrument: (isCall ? call : put)(underlying.underlying, terms), size };
}

/** So large that their requirement is about the target. */
function scaledTo(model: MarginModel, legs: readonly Leg[], target: number): Leg[] {
  const { maintenanceBeforeFloor } = model.evaluate({ cash: 0, legs });
  const factor = target / maintenanceBeforeFloor;
  return legs.map(({ instrument, size }) => ({ instrument, size: size * factor }));
}

/** With collateral worth some times the requirement. */
function pledged(model: MarginModel, legs: readonly Leg[], pledge: bigint | undefined): Leg[] {
  if (pledge === undefined || legs.length >= MAX_LEGS) return [...legs];
  const { maintenance } = model.evaluate({ cash: 0, legs });
  return [...legs, { instrument: pledge, size: (PLEDGED * maintenance) / model.mark(pledge) }];
}

/** Sizes of the same instrument added up. */
function distinct(legs: readonly Leg[]): Leg[] {
  const sizes = new Map<bigint, number>();
  for (const { instrument, size } of legs) sizes.set(instrument, (sizes.get(instrument) ?? 0) + size);
  return [...sizes].map(([instrument, size]) => ({ instrument, size })).filter(({ size }) => size !== 0);
}

function side(random: Random): number {
  return random.chance(0.5) ? 1 : -1;
}

function tenor(random: Random): number {
  return logBetween(random, [2 * DAY, 180 * DAY]);
}

function logBetween(random: Random, [low, high]: readonly [number, number]): number {
  return Math.exp(random.between(Math.log(low), Math.log(high)));
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
