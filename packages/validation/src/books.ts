import { type Position, call, perpetual, put, toPosition, toWad } from "@plimsoll/client";
import { type Asset, type Random, UNDERLYINGS } from "@plimsoll/replay";
import type { Side } from "@plimsoll/risk";

export const OPTION_BOOKS = ["short straddle", "short strangle", "random options"] as const;
export type OptionBookName = (typeof OPTION_BOOKS)[number];

/** Legs, and the notional that margin and losses are measured by, USD. */
export interface Book {
  readonly positions: readonly Position[];
  readonly notional: number;
}

/** So large that the floor of an account, and so small that concentration hardly matters. USD. */
export const NOTIONAL = 20_000;

const DAY = 86_400;
const SHORT_VOLATILITY_DAYS = 30;
/** Strikes of the strangle, from the spot. */
const STRANGLE_WIDTH = 0.15;
const RANDOM_LEGS = 8;
const RANDOM_TENOR_DAYS = [7, 14, 30, 60, 90];
/** Strikes of random books are this far away at most, in log price. */
const RANDOM_WIDTH = 0.3;
const STRIKE_DECIMALS = 2;
const SIZE_DECIMALS = 6;

/** One perpetual of {@link NOTIONAL}. */
export function deltaOne(asset: Asset, spot: number, side: Side): Book {
  const units = toUnits(NOTIONAL / spot);
  const size = side === "long" ? units : -units;
  return {
    positions: [toPosition(perpetual(UNDERLYINGS[asset]), toWad(size.toFixed(SIZE_DECIMALS)))],
    notional: units * spot,
  };
}

/** What is opened on a market at a time. */
export interface Opening {
  readonly asset: Asset;
  readonly spot: number;
  /** Unix seconds. */
  readonly time: number;
}

/** @param random Draws the random book. */
export function optionBook(name: OptionBookName, opening: Opening, random: Random): Book {
  const { spot, time } = opening;
  const expiry = time + SHORT_VOLATILITY_DAYS * DAY;
  const units = toUnits(NOTIONAL / spot);
  switch (name) {
    case "short straddle":
      return bookOf(opening, [
        { isCall: true, strike: spot, expiry, size: -units },
        { isCall: false, strike: spot, expiry, size: -units },
      ]);
    case "short strangle":
      return bookOf(opening, [
        { isCall: true, strike: spot * (1 + STRANGLE_WIDTH), expiry, size: -units },
        { isCall: false, strike: spot * (1 - STRANGLE_WIDTH), expiry, size: -units },
      ]);
    case "random options":
      return bookOf(
        opening,
        Array.from({ length: RANDOM_LEGS }, () => ({
          isCall: random.chance(0.5),
          strike: spot * Math.exp(random.between(-RANDOM_WIDTH, RANDOM_WIDTH)),
          expiry: time + random.pick(RANDOM_TENOR_DAYS) * DAY,
          size: toUnits(units * random.between(-1, 1)),
        })),
      );
  }
}

interface OptionLeg {
  readonly isCall: boolean;
  /** USD. */
  readonly strike: number;
  readonly expiry: number;
  /** Units, negative when short. */
  readonly size: number;
}

function bookOf({ asset, spot }: Opening, legs: readonly OptionLeg[]): Book {
  const positions = legs.map(({ isCall, strike, expiry, size }) => {
    const terms = { expiry, strike: toWad(strike.toFixed(STRIKE_DECIMALS)) };
    const instrument = (isCall ? call : put)(UNDERLYINGS[asset], terms);
    return toPosition(instrument, toWad(size.toFixed(SIZE_DECIMALS)));
  });
  return { positions, notional: legs.reduce((sum, { size }) => sum + Math.abs(size), 0) * spot };
}

function toUnits(units: number): number {
  return Number(units.toFixed(SIZE_DECIMALS));
}
