import { fieldsOf, Kind, type Instrument } from "@plimsoll/client";
import { Book } from "./book.ts";
import { LimitExceededError, UnknownUnderlyingError } from "./errors.ts";
import { JointScan } from "./jointLoss.ts";
import { MAX_LEGS, MAX_STRIKE_NODES } from "./limits.ts";
import { addOnsOf, type AddOns } from "./marginAddOns.ts";
import type { Market, Portfolio, Risk, Tiers } from "./market.ts";
import { Quote } from "./quote.ts";
import { scan } from "./scanLoss.ts";
import { scenariosOf } from "./scenarios.ts";
import { requireMarket, requireNumber } from "./validation.ts";

/** A requirement in its parts, USD. Those of several underlyings are added up. */
export interface Assessment extends AddOns {
  readonly equity: number;
  /** L. */
  readonly scanLoss: Tiers;
  readonly stressLoss: number;
  readonly haircut: number;
  /** Whether the floor holds: the account has a debt or a derivative. */
  readonly isLiable: boolean;
}

export interface ModelOptions {
  /** Strikes that become price nodes; the engine's number unless somebody wants to see what they are worth. */
  readonly maxStrikeNodes?: number;
}

/** A leg whose instrument is priced already. */
export interface QuotedLeg {
  readonly quote: Quote;
  readonly size: number;
}

/**
 * The margin engine in float64 at one moment, as `docs/margin.md` specifies it: `MarginEngine.sol` to about 1e-9 of gross
 * notional. Instruments are priced when they are first met, and once.
 */
export class MarginModel {
  readonly market: Market;
  readonly #books: ReadonlyMap<number, Book>;
  readonly #quotes = new Map<Instrument, Quote>();
  readonly #joint = new JointScan();

  /** @throws InvalidNumberError, LimitExceededError for a market that cannot be. */
  constructor(market: Market, { maxStrikeNodes = MAX_STRIKE_NODES }: ModelOptions = {}) {
    requireMarket(market);
    requireNumber("maxStrikeNodes", maxStrikeNodes, Number.isInteger(maxStrikeNodes) && maxStrikeNodes >= 0);
    this.market = market;
    const books = market.underlyings.map((one) => new Book(scenariosOf(one), maxStrikeNodes));
    this.#books = new Map(books.map((book) => [book.scenarios.market.underlying, book]));
  }

  /** Value of one unit, USD. @throws as {@link quote}. */
  mark(instrument: Instrument): number {
    return this.quote(instrument).mark;
  }

  /**
   * The instrument in all scenarios.
   * @throws MalformedInstrumentError, UnknownUnderlyingError, CollateralNotListedError
   */
  quote(instrument: Instrument): Quote {
    const known = this.#quotes.get(instrument);
    if (known !== undefined) return known;
    const { scenarios } = this.#bookOf(fieldsOf(instrument).underlying);
    const quote = new Quote(instrument, scenarios, this.market);
    this.#quotes.set(instrument, quote);
    return quote;
  }

  /** Equity and requirements of a portfolio. @throws as {@link assess}. */
  evaluate(portfolio: Portfolio): Risk {
    return riskOf(this.assess(portfolio), this.market.account.floor);
  }

  /** @throws LimitExceededError for too many legs or expiries, InvalidNumberError, and as {@link quote}. */
  assess({ cash, legs }: Portfolio): Assessment {
    requireNumber("cash", cash);
    for (const { size } of legs) requireNumber("size", size);
    return this.assessQuoted(
      cash,
      legs.map(({ instrument, size }) => ({ quote: this.quote(instrument), size })),
    );
  }

  /** The same of legs that this model has quoted. @throws LimitExceededError */
  assessQuoted(cash: number, legs: readonly QuotedLeg[]): Assessment {
    if (legs.length > MAX_LEGS) throw new LimitExceededError("legs", { count: legs.length, limit: MAX_LEGS });
    const books = new Set<Book>();
    let equity = cash;
    let haircut = 0;
    let isLiable = cash < 0;
    for (const { quote, size } of legs) {
      const { underlying, kind } = quote.fields;
      const book = this.#bookOf(underlying);
      if (!books.has(book)) book.clear();
      books.add(book);
      book.add(quote, size);
      const value = size * quote.mark;
      equity += value;
      haircut += quote.haircut * Math.max(value, 0);
      isLiable ||= kind !== Kind.Spot;
    }
    return { equity, haircut, isLiable, ...this.#measure([...books]) };
  }

  #measure(books: readonly Book[]): Omit<Assessment, "equity" | "haircut" | "isLiable"> {
    for (const book of books) book.close();
    const { loss, stressLoss } = scan(books, { credit: this.market.account.credit, joint: this.#joint });
    const total = { shortOptionMinimum: 0, vega: 0 };
    const delta = { initial: 0, maintenance: 0 };
    const pinCharge = { initial: 0, maintenance: 0 };
    for (const book of books) {
      const addOns = addOnsOf(book);
      total.shortOptionMinimum += addOns.shortOptionMinimum;
      total.vega += addOns.vega;
      delta.initial += addOns.delta.initial;
      delta.maintenance += addOns.delta.maintenance;
      pinCharge.initial += addOns.pinCharge.initial;
      pinCharge.maintenance += addOns.pinCharge.maintenance;
    }
    return { scanLoss: loss, stressLoss, ...total, delta, pinCharge };
  }

  #bookOf(underlying: number): Book {
    const book = this.#books.get(underlying);
    if (book === undefined) throw new UnknownUnderlyingError(underlying);
    return book;
  }
}

/** @param floor - Least requirement of an account with a debt or a derivative, USD. */
export function riskOf(assessment: Assessment, floor: number): Risk {
  const { equity, stressLoss, scanLoss, delta, pinCharge, isLiable } = assessment;
  const common = assessment.shortOptionMinimum + assessment.haircut + assessment.vega;
  const initial = scanLoss.initial + common + delta.initial + pinCharge.initial;
  const maintenanceBeforeFloor = scanLoss.maintenance + common + delta.maintenance + pinCharge.maintenance;
  const least = isLiable ? floor : 0;
  return {
    equity,
    initial: Math.max(initial, least),
    maintenance: Math.max(maintenanceBeforeFloor, least),
    maintenanceBeforeFloor,
    stressLoss,
  };
}
