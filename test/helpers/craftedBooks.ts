import { CALL, PERPETUAL, shortWad, type BookLeg, type BookMarket, type BookPortfolio } from "./marginBook.ts";
import type { BookUnderlying } from "./marginBook.ts";

/** A portfolio made for one rule that random ones do not meet. */
export interface CraftedBook {
  readonly kind: string;
  readonly market: BookMarket;
  readonly portfolio: BookPortfolio;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const UNUSED = { move: 0n, volatilityNode: 0n, initialWeight: 0n, maintenanceWeight: 0n };

const plain: BookUnderlying = {
  price: shortWad(100),
  overdueSeconds: 0n,
  surface: {
    tenorSeconds: [BigInt(30 * DAY), 0n, 0n, 0n],
    totalVariance: [shortWad(0.04), 0n, 0n, 0n],
    rho: 0n,
    eta: 0n,
    rate: 0n,
  },
  initialVolatility: shortWad(0.7),
  maintenanceVolatility: shortWad(0.7),
  parameters: {
    initial: tier(2, { horizon: DAY, low: 0.3, high: 0.4 }),
    maintenance: tier(2, { horizon: 4 * HOUR, low: 0.15, high: 0.2 }),
    volatilityUp: shortWad(0.4),
    volatilityDown: shortWad(0.3),
    exponentShort: shortWad(0.3),
    exponentLong: shortWad(0.1),
    shortOptionMinimum: shortWad(0.03),
    concentration: 0n,
    depth: 1_000n,
    vegaDepth: 100_000n,
    stresses: [UNUSED, UNUSED, UNUSED, UNUSED],
  },
  averageOpenInterest: 0n,
  haircut: 0n,
};

function tier(z: number, { horizon, low, high }: { horizon: number; low: number; high: number }) {
  return { z: shortWad(z), horizonSeconds: BigInt(horizon), rangeMin: shortWad(low), rangeMax: shortWad(high) };
}

/** On one underlying. */
function book(kind: string, changes: Partial<BookUnderlying>, legs: readonly BookLeg[]): CraftedBook {
  const account = { floor: shortWad(1), credit: 0n };
  const market = { account, underlyings: [{ ...plain, ...changes }] };
  return { kind, market, portfolio: { cash: 0n, legs } };
}

function call(strike: number, size: number, seconds = HOUR): BookLeg {
  const strikeField = BigInt(Math.round(strike * 1e8));
  return { underlying: 1n, kind: CALL, secondsToExpiry: BigInt(seconds), strikeField, size: shortWad(size) };
}

function perpetual(size: number, underlying = 1n): BookLeg {
  return { underlying, kind: PERPETUAL, secondsToExpiry: 0n, strikeField: 0n, size: shortWad(size) };
}

/**
 * Six strikes held long and a seventh: the farthest two are equally near to the spot, as one is to the spot what the spot is to
 * the other, 160 and 250 of 200. Whichever becomes a node decides where the book is looked at and what is pinned. The contracts'
 * logarithms of these three are so far apart to the wei; of most numbers they are not, and the rule for ties says nothing.
 */
function equallyNear(kind: string, low: number, high: number): CraftedBook {
  const nearer = [180, 190, 198, 208, 220].map((strike) => call(strike, 0.1));
  const wings = [140, 156, 164, 240, 260].map((strike) => call(strike, -2));
  return book(kind, { price: shortWad(200) }, [call(250, high), ...nearer, ...wings, call(160, low)]);
}

/** A butterfly that loses most at its middle strike, and a little of something else. @param overdue - Days, by underlying. */
function strikeOfOne(kind: string, overdue: readonly [number, number]): CraftedBook {
  const parameters = {
    ...plain.parameters,
    initial: tier(2, { horizon: DAY, low: 0.08, high: 0.4 }),
    maintenance: tier(2, { horizon: 4 * HOUR, low: 0.04, high: 0.2 }),
  };
  const underlyings = overdue.map((days) => ({ ...plain, parameters, overdueSeconds: BigInt(days * DAY) }));
  const butterfly = [call(103.9, -10), call(104.9, 20), call(105.9, -10)];
  const account = { floor: shortWad(1), credit: shortWad(0.4) };
  return { kind, market: { account, underlyings }, portfolio: { cash: 0n, legs: [...butterfly, perpetual(0.3, 2n)] } };
}

export function craftedBooks(): CraftedBook[] {
  const { parameters, surface } = plain;
  const crowded = (depths: number) => ({
    averageOpenInterest: shortWad(1_000 * depths),
    parameters: { ...parameters, concentration: shortWad(0.05) },
  });
  const carried = (rate: number) => ({ surface: { ...surface, rate: shortWad(rate) } });
  return [
    equallyNear("equally near strikes, more at the lower", 4, 1),
    equallyNear("equally near strikes, more at the upper", 1, 4),
    strikeOfOne("at a strike, nobody overdue", [0, 0]),
    strikeOfOne("at a strike, itself overdue", [2, 0]),
    strikeOfOne("at a strike, the other overdue", [0, 2]),
    strikeOfOne("at a strike, both overdue", [2, 1]),
    book("24 depths of open interest", crowded(24), [perpetual(-300)]),
    book("26 depths of open interest", crowded(26), [perpetual(-300)]),
    book("more than all open interest", crowded(100), [perpetual(30_000)]),
    book("carry above its limit", carried(0.5), [call(150, 3, 5 * YEAR), call(300, -2, 3 * YEAR)]),
    book("carry below its limit", carried(-0.5), [call(150, 3, 5 * YEAR), call(60, -2, 3 * YEAR)]),
  ];
}
