import { type Instrument, call, put } from "@plimsoll/client";
import { priceAt } from "../path.ts";
import { type Asset, UNDERLYINGS } from "../prices/arguments.ts";
import type { Random } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import { takeDue } from "./due.ts";
import type { Society } from "./life.ts";
import { assetOf, makerKey } from "./population.ts";
import { type Terms, strikeNear } from "./terms.ts";
import type { Holder } from "./venue.ts";
import { toWad } from "./wad.ts";

/** Of all traders. */
const SHARE_THAT_TRADES = 0.35;
const SHARE_THAT_BUYS = 0.7;
/** Strikes as multiples of the price. */
const MONEYNESSES = [0.9, 0.95, 1, 1.05] as const;
/** Notional per USD that the trader began with. */
const SIZE = { least: 0.1, most: 0.5 } as const;
/** The pool quotes no option in its last hour. */
const LAST_TRADE_SECONDS = 7_200;

interface Plan {
  readonly time: number;
  readonly trader: number;
  readonly isBuying: boolean;
  readonly kind: "call" | "put";
  readonly moneyness: number;
  readonly share: number;
}

/** Traders who buy and sell options that expire during the replay, and hold them to the end. */
export class ShortDated<H extends Holder> {
  /** What was traded. */
  readonly instruments = new Set<Instrument>();
  readonly #society: Society<H>;
  readonly #scenario: Scenario;
  readonly #terms: Terms;
  readonly #plans: Plan[];

  constructor(society: Society<H>, { scenario, terms }: { scenario: Scenario; terms: Terms }, random: Random) {
    this.#society = society;
    this.#scenario = scenario;
    this.#terms = terms;
    const end = (terms.expiryInside ?? -Infinity) - LAST_TRADE_SECONDS;
    this.#plans = society.traders
      .flatMap((_, trader) => makePlans(trader, { start: scenario.start, end }, random.fork(`short-dated ${trader}`)))
      .sort((a, b) => a.time - b.time);
  }

  /** Does everything that is due by now. */
  async pass(now: number): Promise<void> {
    for (const plan of takeDue(this.#plans, now)) await this.#act(plan, now);
  }

  async #act({ trader, isBuying, kind, moneyness, share }: Plan, now: number): Promise<void> {
    const { makers, traders, venue } = this.#society;
    const taker = traders[trader];
    const expiry = this.#terms.expiryInside;
    if (taker === undefined || expiry === undefined) return;
    const asset = assetOf(taker);
    const maker = makers.get(makerKey({ asset, kind, size: 1, moneyness, expiry: 0 }));
    if (maker === undefined) return;
    const price = priceAt(this.#scenario.feeds[asset].path, now);
    const strike = strikeNear(price * moneyness, this.#terms.strikeSteps[asset]);
    const instrument = (kind === "call" ? call : put)(UNDERLYINGS[asset], { expiry, strike });
    const units = (share * wealthOf(taker, asset, price)) / price;
    const refusal = await venue.trade({ maker, taker, instrument, size: toWad(isBuying ? units : -units) });
    if (refusal === undefined) this.instruments.add(instrument);
  }
}

function makePlans(trader: number, { start, end }: { start: number; end: number }, random: Random): Plan[] {
  if (end <= start || !random.chance(SHARE_THAT_TRADES)) return [];
  return [
    {
      ...{ time: random.between(start, end), trader, isBuying: random.chance(SHARE_THAT_BUYS) },
      ...{ kind: random.pick(["call", "put"] as const), moneyness: random.pick(MONEYNESSES) },
      share: random.between(SIZE.least, SIZE.most),
    },
  ];
}

/** What was paid in at the start, USD at this price. */
function wealthOf({ funds }: Holder, asset: Asset, price: number): number {
  return funds.usd + funds[asset] * price;
}
