import { type Account, type Instrument, fieldsOf, spot } from "@plimsoll/client";
import {
  MarginModel,
  type Risk,
  type Scenarios,
  VOLATILITY_NODES,
  accountFromChain,
  scenariosOf,
  toNumber,
  underlyingFromChain,
} from "@plimsoll/risk";
import type { ChainRiskParameters, ChainSurface } from "@plimsoll/risk";
import type { LedgerModel } from "../model/ledger.ts";
import type { World } from "../model/world.ts";
import type { Risk as ExactRisk, Reads } from "./reads.ts";

/** A risk in float64, USD, and how far it may be off. */
export interface Estimate extends Risk {
  readonly tolerance: number;
}

/** Of gross notional: a hundred times what the model is known to be off by. */
const RELATIVE_TOLERANCE = 1e-7;
/** USD, for what is next to nothing. */
const ABSOLUTE_TOLERANCE = 0.01;

const ANSWERS_PER_UNDERLYING = 6;
/** Of the grid; further nodes, of which a witness knows nothing, come after. */
const PRICE_NODES = 13;

/** A scenario as a witness names it: places of its price, from the lowest, and of its volatility. */
export interface Scenario {
  readonly node: number;
  readonly volatility: number;
}

/**
 * The margin engine's twin of packages/risk on the market data that the chain shows and the portfolios that events tell. A thousand
 * times as fast as a call: it says whom a keeper should look at, and who is so far from his line that nobody need ask the chain.
 */
export class Estimates {
  readonly #reads: Reads;
  readonly #world: World;
  readonly #ledger: LedgerModel;
  #model: MarginModel | undefined;

  constructor(reads: Reads, world: World, ledger: LedgerModel) {
    this.#reads = reads;
    this.#world = world;
    this.#ledger = ledger;
  }

  /** Prices, time or parameters moved. */
  forget(): void {
    this.#model = undefined;
  }

  /** Reads the market if it has moved; before anything else is asked. */
  async refresh(): Promise<void> {
    this.#model ??= await this.#readModel();
  }

  /** USD a unit. */
  mark(instrument: Instrument): number {
    return this.#present.mark(instrument);
  }

  of(account: Account): Estimate {
    const model = this.#present;
    const cash = toNumber(this.#ledger.cashOf(account));
    let gross = Math.abs(cash);
    const legs = [...(this.#ledger.accounts.get(account)?.positions ?? [])].map(([instrument, size]) => {
      const leg = { instrument, size: toNumber(size) };
      gross += Math.abs(leg.size) * (model.mark(instrument) + model.mark(spot(fieldsOf(instrument).underlying)));
      return leg;
    });
    return { ...model.evaluate({ cash, legs }), tolerance: RELATIVE_TOLERANCE * gross + ABSOLUTE_TOLERANCE };
  }

  /** In which the account loses most of those that count for maintenance, all underlyings at the same place. */
  worstScenario(account: Account): Scenario {
    const { underlyings } = this.#present.market;
    const scenarios = new Map(underlyings.map((one) => [one.underlying, scenariosOf(one)]));
    let worst = { node: 0, volatility: 0, profit: Infinity };
    for (let cell = 0; cell < PRICE_NODES * VOLATILITY_NODES; cell++) {
      const [node, volatility] = [Math.floor(cell / VOLATILITY_NODES), cell % VOLATILITY_NODES];
      const profit = this.#profitOf(account, { node, volatility }, scenarios);
      if (profit < worst.profit) worst = { node, volatility, profit };
    }
    return worst;
  }

  #profitOf(account: Account, { node, volatility }: Scenario, scenarios: ReadonlyMap<number, Scenarios>): number {
    let profit = 0;
    for (const [instrument, size] of this.#ledger.accounts.get(account)?.positions ?? []) {
      const { nodes, isInner } = scenarios.get(fieldsOf(instrument).underlying) ?? { nodes: [], isInner: [] };
      const place = nodes[node];
      if (place === undefined || isInner[node] !== true) return Infinity;
      profit += toNumber(size) * this.#present.quote(instrument).profitAt(place, volatility);
    }
    return profit;
  }

  get #present(): MarginModel {
    if (this.#model === undefined) throw new RangeError("the market was not read");
    return this.#model;
  }

  async #readModel(): Promise<MarginModel> {
    const { underlyings, now } = this.#world;
    const questions = underlyings.flatMap(({ id }) => [
      this.#reads.question("PriceOracle", "price", [id]),
      this.#reads.question("VolatilityOracle", "surface", [id]),
      this.#reads.question("VolatilityOracle", "marginVolatility", [id]),
      this.#reads.question("Markets", "riskParameters", [id]),
      this.#reads.question("Clearinghouse", "averageOpenInterest", [id]),
      this.#reads.question("Markets", "haircut", [spot(id)]),
    ]);
    const answers = await this.#reads.ask([this.#reads.question("Markets", "accountParameters", []), ...questions]);
    const [parameters, ...rest] = answers.map(([answer]) => answer);
    const haircuts = new Map<Instrument, number>();
    const markets = underlyings.map(({ id }, i) => {
      const own = rest.slice(i * ANSWERS_PER_UNDERLYING, (i + 1) * ANSWERS_PER_UNDERLYING);
      const [price, surface, levels, risk, average, haircut] = own as [
        ...[{ value: bigint; overdueSeconds: bigint }, ChainSurface, { initial: bigint; maintenance: bigint }],
        ...[ChainRiskParameters, bigint, bigint],
      ];
      haircuts.set(spot(id), toNumber(haircut));
      const volatility = { surface, initial: levels.initial, maintenance: levels.maintenance };
      return underlyingFromChain({
        ...{ underlying: id, price, volatility, parameters: risk, averageOpenInterest: average },
      });
    });
    const account = accountFromChain(parameters as { floor: bigint; credit: bigint });
    return new MarginModel({ now, underlyings: markets, account, haircuts });
  }
}

/** Whether the chain and its twin agree. */
export function agrees(exact: ExactRisk, estimate: Estimate): boolean {
  const pairs = [
    [exact.equity, estimate.equity],
    [exact.initial, estimate.initial],
    [exact.maintenance, estimate.maintenance],
  ] as const;
  return pairs.every(([wad, float]) => Math.abs(toNumber(wad) - float) <= estimate.tolerance);
}
