import { fieldsOf, Kind, type Instrument, type InstrumentFields } from "@plimsoll/client";
import { optionPrice, type OptionTerms } from "./black76.ts";
import { CollateralNotListedError } from "./errors.ts";
import { MAX_STRESSES } from "./limits.ts";
import type { Market } from "./market.ts";
import { MARK_VOLATILITY, VOLATILITY_NODES, volatilityScale, type PriceNode } from "./scenarioGrid.ts";
import type { Scenarios } from "./scenarios.ts";
import { atTheMoneyVariance, discount, totalVolatility } from "./volatilitySurface.ts";

/** θ below which an option hardly bends but at its strike: √θ < 10 %. */
const KINKED_VARIANCE = 0.01;
/** From the strike field's 1e-8 USD. */
const STRIKE_UNITS = 1e8;
/** Where the cells begin in a row: stress scenarios come first, so that strike nodes can be appended. */
export const FIRST_CELL = MAX_STRESSES;

/** An option's terms and its total volatilities at the volatility nodes, in the order of their places. */
interface PricedOption extends OptionTerms {
  /** f of the expiry. */
  readonly scale: number;
  readonly totalVolatilities: readonly [number, number, number];
}

/** One instrument in all scenarios of its underlying: priced once, whoever holds it. */
export class Quote {
  readonly instrument: Instrument;
  readonly fields: InstrumentFields;
  readonly isOption: boolean;
  /** Value of one unit, USD. */
  readonly mark: number;
  /**
   * Profit of one unit, USD: in each stress scenario that is in use, then in each cell from {@link FIRST_CELL} on, price node
   * major, volatility node minor.
   */
  readonly profits: Float64Array;
  /** Whether it is an option with time left. */
  readonly isRunning: boolean;
  /** At-the-money total variance of its expiry. */
  readonly variance: number;
  /** The node at K·D, if the option is kinked and its strike inside the (widened) initial range. */
  readonly strikeNode: PriceNode | undefined;
  /** Share of the value of a long position that is required on top. */
  readonly haircut: number;
  readonly #option: PricedOption | undefined;
  readonly #spot: number;
  readonly #atStrikes = new Map<number, Float64Array>();

  /** @throws MalformedInstrumentError, CollateralNotListedError */
  constructor(instrument: Instrument, scenarios: Scenarios, { now, haircuts }: Pick<Market, "now" | "haircuts">) {
    const { market, nodes, stresses } = scenarios;
    this.instrument = instrument;
    this.fields = fieldsOf(instrument);
    this.isOption = this.fields.kind >= Kind.Call;
    this.haircut = this.fields.kind === Kind.Spot ? haircutOf(instrument, haircuts) : 0;
    const seconds = this.isOption ? Math.max(this.fields.expiry - now, 0) : 0;
    this.isRunning = seconds > 0;
    this.variance = this.isOption ? atTheMoneyVariance(market.surface, seconds) : 0;
    this.#spot = market.spot;
    this.#option = this.isOption ? priced(this, scenarios, seconds) : undefined;
    this.mark = this.#valueAt({ price: market.spot, move: 0 }, MARK_VOLATILITY);
    this.strikeNode = this.#findStrikeNode(scenarios);
    this.profits = new Float64Array(FIRST_CELL + nodes.length * VOLATILITY_NODES);
    stresses.forEach(({ node, volatility }, i) => (this.profits[i] = this.profitAt(node, volatility)));
    nodes.forEach((node, i) => {
      this.profits.set(this.#cellsAt(node), FIRST_CELL + i * VOLATILITY_NODES);
    });
  }

  /** Profit of one unit at a price and one of the volatility nodes, USD. */
  profitAt(node: PriceNode, volatility: number): number {
    return this.#valueAt(node, volatility) - this.mark;
  }

  /** Profit of one unit at a strike node, by volatility node. Remembered, because accounts share strikes. */
  profitsAtStrike(node: PriceNode): Float64Array {
    const known = this.#atStrikes.get(node.move);
    if (known !== undefined) return known;
    const cells = this.#cellsAt(node);
    this.#atStrikes.set(node.move, cells);
    return cells;
  }

  /**
   * Profit of one unit, USD, wherever the price and the volatility are: between the nodes and beyond.
   * @param shock - s of a mark volatility multiplied by e^(s·f).
   */
  profitShocked(node: PriceNode, shock: number): number {
    if (this.#option === undefined) return node.price - this.#spot;
    const factor = Math.exp(shock * this.#option.scale);
    return optionPrice(this.#option, node, this.#option.totalVolatilities[MARK_VOLATILITY] * factor) - this.mark;
  }

  #valueAt(node: PriceNode, volatility: number): number {
    if (this.#option === undefined) return node.price;
    return optionPrice(this.#option, node, this.#option.totalVolatilities[volatility] ?? 0);
  }

  #cellsAt(node: PriceNode): Float64Array {
    return Float64Array.from({ length: VOLATILITY_NODES }, (_, volatility) => this.profitAt(node, volatility));
  }

  #findStrikeNode({ ranges, market }: Scenarios): PriceNode | undefined {
    if (this.#option === undefined || market.spot === 0 || this.variance >= KINKED_VARIANCE) return undefined;
    const node = { price: this.#option.strike, move: -this.#option.logMoneyness };
    return Math.abs(node.move) <= ranges.initial ? node : undefined;
  }
}

function haircutOf(instrument: Instrument, haircuts: ReadonlyMap<Instrument, number>): number {
  const haircut = haircuts.get(instrument);
  if (haircut === undefined) throw new CollateralNotListedError(instrument);
  return haircut;
}

/** Without any price ever, everything but a put is worth nothing, whatever logarithm stands in. */
function priced(quote: Pick<Quote, "fields" | "variance">, { market }: Scenarios, seconds: number): PricedOption {
  const strike = (Number(quote.fields.strikeField) / STRIKE_UNITS) * discount(market.surface, seconds);
  const logMoneyness = market.spot === 0 ? 0 : Math.log(market.spot / strike);
  const volatility = totalVolatility(market.surface, quote.variance, -logMoneyness);
  const scale = volatilityScale(market.parameters, seconds);
  const lower = volatility * Math.exp(-market.parameters.volatilityDown * scale);
  const upper = volatility * Math.exp(market.parameters.volatilityUp * scale);
  return {
    isCall: quote.fields.kind === Kind.Call,
    strike,
    logMoneyness,
    scale,
    totalVolatilities: [lower, volatility, upper],
  };
}
