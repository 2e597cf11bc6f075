import { type Account, type Instrument, toAccount } from "@plimsoll/client";
import { configurationFor, termsOf } from "../src/market/terms.ts";
import { toWad } from "../src/market/wad.ts";
import { ModelBackstop } from "../src/model/backstop.ts";
import { Books } from "../src/model/books.ts";
import { addressOf } from "../src/model/exchange.ts";
import { type Clearing, LAPSE_SECONDS, ModelLiquidator } from "../src/model/liquidator.ts";
import { ModelMarket } from "../src/model/market.ts";
import { type Outside, RecordedPrices } from "../src/model/outside.ts";
import { DEPLOYED } from "../src/model/run.ts";
import { MINUTE } from "../src/path.ts";
import { Random } from "../src/random.ts";
import { roundsOf } from "../src/rounds.ts";
import type { Scenario } from "../src/scenario.ts";

/** A Monday, Unix seconds. */
export const START = Date.UTC(2030, 0, 7) / 1000;
const MINUTES = 240;

/** ETH at the prices that come minute by minute, the last one for good; BTC stands still. */
export function scenarioOf(prices: readonly number[]): Scenario {
  const feedOf = (at: (minute: number) => number) => {
    const path = {
      start: START,
      stepSeconds: MINUTE,
      prices: Float64Array.from({ length: MINUTES + 1 }, (_, minute) => at(minute)),
    };
    return { path, rounds: roundsOf(path), history: () => ({ realised: 0.7, stressed: 1.5 }), isTraded: true };
  };
  const ethAt = (minute: number) => prices[Math.min(minute, prices.length - 1)] ?? 1;
  return {
    title: "Test",
    start: START,
    end: START + MINUTES * MINUTE,
    feeds: { ETH: feedOf(ethAt), BTC: feedOf(() => 40_000) },
  };
}

/** Both assets fall by this log return in so many minutes of two hours, with a little noise. */
export function crashOf(fall: number, minutes: number): Scenario {
  const random = new Random("short crash");
  const feedOf = (price: number) => {
    const prices = Float64Array.from(
      { length: 121 },
      (_, i) => price * Math.exp(-fall * Math.min(i / minutes, 1) + 0.002 * random.normal()),
    );
    const path = { start: START, stepSeconds: MINUTE, prices };
    return { path, rounds: roundsOf(path), history: () => ({ realised: 0.7, stressed: 1.5 }), isTraded: true };
  };
  const feeds = { ETH: feedOf(2_000), BTC: feedOf(40_000) };
  return { title: "Short crash", start: START, end: START + 120 * MINUTE, feeds };
}

/** A third in two hours. */
export const shortCrash = (): Scenario => crashOf(0.4, 120);

/** A venue with nobody in it but a reserve and a backstop. */
export interface Bench extends Clearing {
  readonly liquidator: ModelLiquidator;
  /** Who takes what is liquidated, with more capital than anything here needs. */
  readonly taker: Account;
  /** The other side of every position. */
  readonly maker: Account;
}

export const CAPITAL = 1_000_000;

/** @param prices Of ETH. @param funds Of reserve and backstop, USD. @param outside Where those prices are told. */
export async function benchAt(
  prices: readonly number[],
  { reserve, backstop }: { readonly reserve: number; readonly backstop: number },
  outside: Outside = new RecordedPrices(scenarioOf(prices)),
): Promise<Bench> {
  const scenario = scenarioOf(prices);
  const books = new Books();
  const market = new ModelMarket(outside, await configurationFor(scenario, termsOf(scenario)), books.openInterest);
  const vault = new ModelBackstop(books, market, DEPLOYED);
  vault.fund(toWad(backstop));
  books.fundReserve(toWad(reserve));
  const clearing = { books, market, backstop: vault };
  const [taker, maker] = [toAccount(addressOf(1n)), toAccount(addressOf(2n))];
  for (const account of [taker, maker]) books.payIn(account, toWad(CAPITAL));
  return { ...clearing, taker, maker, liquidator: new ModelLiquidator(clearing, LAPSE_SECONDS) };
}

/** Gives an account what it has: cash as the margin engine sees it, and positions against the maker. */
export function hold(
  { books, maker }: Bench,
  account: Account,
  { cash, legs }: { readonly cash: number; readonly legs: readonly (readonly [Instrument, number])[] },
): void {
  books.payIn(account, toWad(cash));
  books.move(
    maker,
    account,
    legs.map(([instrument, size]) => ({ instrument, size: toWad(size) })),
  );
}
