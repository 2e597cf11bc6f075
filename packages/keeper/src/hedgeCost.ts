import { Kind, fieldsOf } from "@plimsoll/client";
import type { KeeperConfig } from "./config.js";
import { abs, min, mulWadDown, wad } from "./domain.js";
import type { Leg } from "./domain.js";

/** What trading elsewhere costs the keeper. `prices`: spot by underlying, USD WAD. */
export interface HedgeTerms {
  readonly prices: ReadonlyMap<number, bigint>;
  readonly rates: KeeperConfig["hedge"];
}

/**
 * Fees and half the spread of trading a leg away, USD WAD. An option's fee is a share of what it is on, and what is worth little
 * costs little to close.
 * @param value - Of the leg at mark, signed.
 */
export function hedgeCost({ instrument, size }: Leg, value: bigint, { prices, rates }: HedgeTerms): bigint {
  const { kind, underlying } = fieldsOf(instrument);
  const worth = abs(value);
  if (kind < Kind.Call) return mulWadDown(wad(rates.linearShare), worth);
  const notional = mulWadDown(abs(size), prices.get(underlying) ?? 0n);
  const cost = mulWadDown(wad(rates.optionShare), notional) + mulWadDown(wad(rates.spreadShare), worth);
  return min(cost, mulWadDown(wad(rates.optionCap), worth));
}
