import type { Instrument } from "@plimsoll/client";
import type { Portfolio } from "./market.ts";
import { requireNumber } from "./validation.ts";

/**
 * Many accounts in flat arrays, each distinct instrument named once. It depends on no market, so it is built when positions
 * change and scanned whenever prices do.
 */
export class AccountTable {
  readonly instruments: readonly Instrument[];
  /** By account, USD. */
  readonly cash: Float64Array;
  /** The legs of account i are those from `firstLegs[i]` until `firstLegs[i + 1]`. */
  readonly firstLegs: Uint32Array;
  /** By leg: place of its instrument, and units. */
  readonly places: Uint32Array;
  readonly sizes: Float64Array;

  /** @throws InvalidNumberError */
  constructor(portfolios: readonly Portfolio[]) {
    const legCount = portfolios.reduce((count, { legs }) => count + legs.length, 0);
    const placeByInstrument = new Map<Instrument, number>();
    this.cash = Float64Array.from(portfolios, ({ cash }) => cash);
    this.firstLegs = new Uint32Array(portfolios.length + 1);
    this.places = new Uint32Array(legCount);
    this.sizes = new Float64Array(legCount);
    let leg = 0;
    portfolios.forEach(({ cash, legs }, account) => {
      requireNumber("cash", cash);
      for (const { instrument, size } of legs) {
        requireNumber("size", size);
        const place = placeByInstrument.get(instrument) ?? placeByInstrument.size;
        placeByInstrument.set(instrument, place);
        this.places[leg] = place;
        this.sizes[leg++] = size;
      }
      this.firstLegs[account + 1] = leg;
    });
    this.instruments = [...placeByInstrument.keys()];
  }

  get count(): number {
    return this.cash.length;
  }
}
