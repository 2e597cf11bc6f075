import type { Asset } from "@plimsoll/replay";
import type { MarginVolatility, Side } from "@plimsoll/risk";
import type { OptionBookName } from "./books.ts";
import type { Assessment } from "./onChain.ts";

export const TIERS = ["initial", "maintenance"] as const;
export type Tier = (typeof TIERS)[number];

/** What the contracts said at one moment. Requirements as fractions of notional. */
export interface Sample {
  /** Unix seconds. */
  readonly time: number;
  /** Mark price of the underlying, USD. */
  readonly mark: number;
  readonly volatilities: MarginVolatility;
  /** Of one perpetual. */
  readonly deltaOne: Readonly<Record<Side, Readonly<Record<Tier, number>>>>;
}

/** One book of options from its opening on. Fractions of its notional. */
export interface BookHistory {
  readonly time: number;
  readonly observed: number;
  readonly required: Readonly<Record<Tier, number>>;
  /** Change of equity since the opening, every {@link BOOK_STEP_SECONDS}, until the longest horizon; shorter where the data ends. */
  readonly gains: readonly number[];
}

/** How often books of options are valued; the maintenance horizon of the parameters is a multiple. */
export const BOOK_STEP_SECONDS = 4 * 3600;

/** Everything that was observed of one asset. */
export interface Observations {
  readonly asset: Asset;
  readonly stepSeconds: number;
  readonly samples: readonly Sample[];
  readonly books: Readonly<Record<OptionBookName, readonly BookHistory[]>>;
}

/** A shock: what the contracts asked for after it. */
export interface ImpulseResponse {
  readonly asset: Asset;
  /** Relative move of the price, within an hour. */
  readonly shock: number;
  /** Hourly from the hour before the shock; requirements of a long perpetual, fractions of notional. */
  readonly required: readonly Readonly<Record<Tier, number>>[];
}

export function perNotional({ initial, maintenance }: Assessment, notional: number): Record<Tier, number> {
  return { initial: initial / notional, maintenance: maintenance / notional };
}
