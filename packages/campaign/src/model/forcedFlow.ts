import { type Instrument, Kind, fieldsOf, strikeOf } from "@plimsoll/client";
import { YEAR_SECONDS, normalCdf } from "@plimsoll/risk";
import type { LogDescription } from "ethers";

/** Where and when a hedge is made. Price in USD, time in Unix seconds. */
export interface Spot {
  readonly price: number;
  readonly now: number;
}

/** One volatility for all hedges: the campaign is about sizes and directions, not about the last per cent of a delta. */
const HEDGE_VOLATILITY = 0.8;

/** Units of the underlying that one unit of an instrument moves with. */
export function deltaOf(instrument: Instrument, { price, now }: Spot): number {
  const { kind, expiry } = fieldsOf(instrument);
  if (kind < Kind.Call) return 1;
  const strike = Number(strikeOf(instrument) / 10n ** 10n) / 1e8;
  const deviation = HEDGE_VOLATILITY * Math.sqrt(Math.max(expiry - now, 1) / YEAR_SECONDS);
  const call = normalCdf(Math.log(price / strike) / deviation + deviation / 2);
  return kind === Kind.Call ? call : call - 1;
}

/** Legs that changed hands by force, seen from who took them; of deleveraging, from who lost them. Units, WAD. */
export interface ForcedLeg {
  readonly instrument: Instrument;
  readonly size: bigint;
}

/** USD that are bought outside (negative: sold), by underlying: who takes a leg hedges it, who loses a hedge replaces it. */
export function forcedFlow(legs: readonly ForcedLeg[], spotOf: (underlying: number) => Spot): Map<number, number> {
  const flows = new Map<number, number>();
  for (const { instrument, size } of legs) {
    const { underlying } = fieldsOf(instrument);
    const spot = spotOf(underlying);
    const usd = (-Number(size / 10n ** 9n) / 1e9) * deltaOf(instrument, spot) * spot.price;
    flows.set(underlying, (flows.get(underlying) ?? 0) + usd);
  }
  return flows;
}

/** The legs of one event of the clearinghouse in a transaction that moves by force. @param backstop Owner of the backstop's accounts. */
export function forcedLegs({ name, args }: LogDescription, backstop: bigint): ForcedLeg[] {
  const of = (key: string) => args.getValue(key) as bigint;
  const isBackstop = (account: bigint) => account >> 96n === backstop;
  switch (name) {
    case "Transferred":
      return of("asset") === 0n || isBackstop(of("to")) ? [] : [{ instrument: of("asset"), size: of("size") }];
    case "Deleveraged":
      return [{ instrument: of("instrument"), size: of("size") }];
    case "Filled":
      return [{ instrument: of("instrument"), size: isBackstop(of("seller")) ? of("size") : -of("size") }];
    default:
      return [];
  }
}

/** The same of an account that was taken whole: what its taker holds. */
export function wholeLegs(positions: ReadonlyMap<Instrument, bigint>): ForcedLeg[] {
  return [...positions].map(([instrument, size]) => ({ instrument, size }));
}
