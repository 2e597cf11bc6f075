import { type Instrument, call, perpetual, put } from "@plimsoll/client";
import type { Role } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { wad } from "./case.ts";

const DAY = 86_400;
const EIGHT_O_CLOCK = 8 * 3600;
/** Days beyond the next time of expiry, at which the options that are traded expire: many within a story. */
const TENORS = [0, 0, 0, 1, 8, 29] as const;
const MONEYNESSES = [0.85, 0.95, 1, 1.05, 1.2] as const;
/** USD between strikes, of deploy/parameters. */
const STRIKE_STEPS: Readonly<Record<number, number>> = { 1: 25, 2: 500 };

/** What a role likes to trade, and on which side: 1 buys, −1 sells, 0 either. */
interface Taste {
  readonly perpetuals: number;
  readonly side: 1 | -1 | 0;
  /** Notional over worth, at most. */
  readonly leverage: number;
}

export const TASTES: Readonly<Record<Role, Taste>> = {
  long: { perpetuals: 0.6, side: 1, leverage: 6 },
  writer: { perpetuals: 0.05, side: -1, leverage: 5 },
  maker: { perpetuals: 0.5, side: 0, leverage: 1 },
  levered: { perpetuals: 0.95, side: 0, leverage: 9 },
  adversary: { perpetuals: 0.4, side: 0, leverage: 8 },
  keeper: { perpetuals: 0.5, side: 0, leverage: 0.2 },
  backer: { perpetuals: 0.5, side: 1, leverage: 1 },
};

/** Something that somebody of this role would trade. */
export function pickInstrument(stage: Stage, dice: Dice, role: Role): { instrument: Instrument; underlying: number } {
  const underlying = dice.pick(stage.world.underlyings).id;
  if (dice.share() < TASTES[role].perpetuals) return { instrument: perpetual(underlying), underlying };
  const [moneyness, days] = [dice.pick(MONEYNESSES), dice.pick(TENORS)];
  const terms = termsOf(stage, underlying, { moneyness, days });
  return { instrument: dice.chance(0.5) ? put(underlying, terms) : call(underlying, terms), underlying };
}

/** Everything that is traded on an underlying at the moment. */
export function tradedOn(stage: Stage, underlying: number): Instrument[] {
  const options = [...new Set(TENORS)].flatMap((days) =>
    MONEYNESSES.flatMap((moneyness) => {
      const terms = termsOf(stage, underlying, { moneyness, days });
      return [call(underlying, terms), put(underlying, terms)];
    }),
  );
  // Strikes may coincide where the price is low.
  return [...new Set([perpetual(underlying), ...options])];
}

function termsOf(stage: Stage, underlying: number, { moneyness, days }: { moneyness: number; days: number }) {
  const step = STRIKE_STEPS[underlying] ?? 1;
  const strike = Math.max(1, Math.round((stage.world.price(underlying) * moneyness) / step)) * step;
  const expiry = (Math.floor((stage.world.now - EIGHT_O_CLOCK) / DAY) + 1 + days) * DAY + EIGHT_O_CLOCK;
  return { expiry, strike: wad(strike) };
}
