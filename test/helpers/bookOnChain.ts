import { toInstrument, toPosition, type Instrument, type Kind, type Position } from "@plimsoll/client";
import {
  accountFromChain,
  portfolioFromChain,
  toNumber,
  underlyingFromChain,
  type Market,
  type Portfolio,
} from "@plimsoll/risk";
import type { BookLeg, BookMarket, BookPortfolio } from "./marginBook.ts";

/** @param now - Unix seconds. */
export function instrumentOfLeg({ underlying, kind, secondsToExpiry, strikeField }: BookLeg, now: number): Instrument {
  const expires = Number(kind) >= 2;
  return toInstrument({
    underlying: Number(underlying),
    kind: Number(kind) as Kind,
    expiry: expires ? now + Number(secondsToExpiry) : 0,
    strikeField,
  });
}

/** A portfolio as the engine takes it. */
export interface ChainPortfolio {
  readonly cash: bigint;
  readonly positions: Position[];
}

export function onChain({ cash, legs }: BookPortfolio, now: number): ChainPortfolio {
  return { cash, positions: legs.map((leg) => toPosition(instrumentOfLeg(leg, now), leg.size)) };
}

/** The market as `@plimsoll/risk` takes it, by way of what contracts would answer. */
export function modelMarket({ account, underlyings }: BookMarket, now: number): Market {
  const haircuts = underlyings.map(({ haircut }, i) => {
    const spot = { underlying: BigInt(i + 1), kind: 0n, secondsToExpiry: 0n, strikeField: 0n, size: 0n };
    return [instrumentOfLeg(spot, now), toNumber(haircut)] as const;
  });
  return {
    now,
    account: accountFromChain(account),
    haircuts: new Map(haircuts),
    underlyings: underlyings.map((one, i) =>
      underlyingFromChain({
        underlying: i + 1,
        price: { value: one.price, overdueSeconds: one.overdueSeconds },
        volatility: { surface: one.surface, initial: one.initialVolatility, maintenance: one.maintenanceVolatility },
        parameters: one.parameters,
        averageOpenInterest: one.averageOpenInterest,
      }),
    ),
  };
}

export function modelPortfolio(portfolio: BookPortfolio, now: number): Portfolio {
  return portfolioFromChain(onChain(portfolio, now));
}

/** Σ|size|·(S + K), USD: what an error of a requirement is compared with. */
export function grossOf({ legs }: BookPortfolio, { underlyings }: BookMarket): number {
  return legs.reduce((gross, { underlying, size, strikeField }) => {
    const spot = toNumber(underlyings[Number(underlying) - 1]?.price ?? 0n);
    return gross + Math.abs(toNumber(size)) * (spot + Number(strikeField) / 1e8);
  }, 0);
}
