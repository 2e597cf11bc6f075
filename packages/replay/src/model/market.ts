import { type Instrument, fieldsOf, spot } from "@plimsoll/client";
import type { MarketView } from "@plimsoll/keeper";
import {
  type Market,
  MarginModel,
  MarginVolatilityModel,
  type Portfolio,
  type PricePoint,
  type Risk,
  type RiskParameters,
  TENOR_SECONDS,
  accountFromChain,
  parametersFromChain,
  toNumber,
  totalVarianceOf,
} from "@plimsoll/risk";
import type { Configuration, UnderlyingConfiguration } from "../../../../deploy/configuration.ts";
import type { MarginRule } from "../market/deployment.ts";
import { toWad } from "../market/wad.ts";
import { priceAt } from "../path.ts";
import { ASSETS, type Asset, UNDERLYINGS } from "../prices/arguments.ts";
import { fromAnswer, toAnswer } from "../prices/series.ts";
import type { Scenario } from "../scenario.ts";
import type { OpenInterest } from "./openInterest.ts";
import { staticRisk } from "./staticMargin.ts";

/** What marks options without a surface is no lower than this. As `SurfaceReports.sol`. */
const MIN_MARK_VOLATILITY = 0.05;
/** Of one walk. */
const MAX_ROUNDS_PER_WALK = 128;

interface Listed {
  readonly asset: Asset;
  readonly underlying: number;
  readonly parameters: RiskParameters;
  readonly volatility: MarginVolatilityModel;
  /** Rounds that the volatility oracle has not walked yet, the newest last. */
  readonly pending: PricePoint[];
  latest: PricePoint;
  walkedTo: number;
}

/** Prices, volatilities and margin of the model at the present time: the oracles and the margin engine in float64. */
export class ModelMarket {
  /** Dynamic while the market opens, as on chain. */
  margin: MarginRule = { kind: "dynamic" };
  #model: MarginModel | undefined;
  #nextRound = 0;
  readonly #scenario: Scenario;
  readonly #interest: OpenInterest;
  readonly #listed: readonly Listed[];
  readonly #rounds: readonly (PricePoint & { readonly asset: Asset })[];
  readonly #terms: Pick<Market, "account" | "haircuts">;
  readonly #risks = new WeakMap<
    Portfolio,
    { readonly model: MarginModel; readonly rule: MarginRule; readonly risk: Risk }
  >();

  constructor(scenario: Scenario, configuration: Configuration, interest: OpenInterest) {
    this.#scenario = scenario;
    this.#interest = interest;
    interest.now = scenario.start;
    this.#listed = configuration.underlyings.map((one) => list(one, scenario));
    this.#rounds = roundsOf(scenario);
    this.#terms = {
      account: accountFromChain(configuration.account),
      haircuts: new Map(
        configuration.underlyings.map(({ id, collateral }) => [spot(id), toNumber(collateral.haircut)]),
      ),
    };
  }

  get now(): number {
    return this.#interest.now;
  }

  /** Takes in all rounds up to this time. @returns how many. */
  playUntil(time: number): number {
    const first = this.#nextRound;
    for (let round = this.#rounds[first]; round !== undefined && round.time <= time;) {
      this.#take(round.asset, round);
      round = this.#rounds[++this.#nextRound];
    }
    this.#interest.now = time;
    this.#model = undefined;
    return this.#nextRound - first;
  }

  /** Ends with a round at the true price. */
  playLast(): void {
    for (const { asset } of this.#listed) {
      const price = fromAnswer(toAnswer(this.truePrice(asset)));
      this.#take(asset, { price, time: this.now });
    }
    this.#model = undefined;
  }

  /** On other exchanges, USD. */
  truePrice(asset: Asset): number {
    return priceAt(this.#scenario.feeds[asset].path, this.now);
  }

  /** The feed's latest answer, USD. */
  spotOf(underlying: number): number {
    return this.#find(underlying).latest.price;
  }

  /** Lets the volatility oracle take in what rounds it has not. */
  walk(underlying: number): void {
    const listed = this.#find(underlying);
    for (const { price, time } of listed.pending.splice(0, MAX_ROUNDS_PER_WALK)) {
      listed.volatility.observe(price, time);
      listed.walkedTo = time;
    }
    this.#model = undefined;
  }

  /** Of one unit, USD. */
  mark(instrument: Instrument): number {
    return this.model.mark(instrument);
  }

  evaluate(portfolio: Portfolio): Risk {
    const { model, margin: rule } = this;
    const known = this.#risks.get(portfolio);
    if (known?.model === model && known.rule === rule) return known.risk;
    const risk = rule.kind === "dynamic" ? model.evaluate(portfolio) : staticRisk(model, portfolio, rule.share);
    this.#risks.set(portfolio, { model, rule, risk });
    return risk;
  }

  /** Value at mark, USD. */
  valueOf({ legs }: Pick<Portfolio, "legs">): number {
    return legs.reduce((sum, { instrument, size }) => sum + size * this.mark(instrument), 0);
  }

  /** Of all legs, options by what they are on, USD. */
  notionalOf({ legs }: Pick<Portfolio, "legs">): number {
    return legs.reduce(
      (sum, { instrument, size }) => sum + Math.abs(size) * this.spotOf(fieldsOf(instrument).underlying),
      0,
    );
  }

  get model(): MarginModel {
    this.#model ??= new MarginModel({
      ...this.#terms,
      now: this.now,
      underlyings: this.#listed.map((listed) => this.#underlying(listed)),
    });
    return this.#model;
  }

  /** At which options are marked, a year. */
  markVolatility(underlying: number): number {
    const { volatility, latest } = this.#find(underlying);
    return Math.max(volatility.at(this.now, latest).observed, MIN_MARK_VOLATILITY);
  }

  /** As a keeper reads them. */
  views(): MarketView[] {
    return this.#listed.map(({ underlying, latest, walkedTo, volatility }) => {
      const { initial, maintenance } = volatility.at(this.now, latest);
      return {
        underlying,
        price: toWad(latest.price),
        updatedAt: latest.time,
        validity: 0,
        initialVolatility: toWad(initial),
        maintenanceVolatility: toWad(maintenance),
        walkedTo,
      };
    });
  }

  #underlying({ underlying, parameters, volatility, latest }: Listed): Market["underlyings"][number] {
    const { initial, maintenance } = volatility.at(this.now, latest);
    const level = this.markVolatility(underlying);
    const tenors = TENOR_SECONDS.map((seconds) => ({ seconds, totalVariance: totalVarianceOf(level, seconds) }));
    return {
      ...{ underlying, parameters, spot: latest.price, overdueSeconds: 0 },
      surface: { tenors, rho: 0, eta: 0, rate: 0 },
      ...{ initialVolatility: initial, maintenanceVolatility: maintenance },
      averageOpenInterest: this.#interest.averageOf(underlying),
    };
  }

  #take(asset: Asset, { price, time }: PricePoint): void {
    const listed = this.#find(UNDERLYINGS[asset]);
    listed.latest = { price, time };
    listed.pending.push(listed.latest);
  }

  #find(underlying: number): Listed {
    const listed = this.#listed.find((one) => one.underlying === underlying);
    if (listed === undefined) throw new RangeError(`underlying ${underlying} is not listed`);
    return listed;
  }
}

function list({ id, risk, controller, realised, stressed }: UnderlyingConfiguration, scenario: Scenario): Listed {
  const asset = ASSETS.find((name) => UNDERLYINGS[name] === id);
  if (asset === undefined) throw new RangeError(`no prices for underlying ${id}`);
  const latest = {
    price: fromAnswer(toAnswer(priceAt(scenario.feeds[asset].path, scenario.start))),
    time: scenario.start,
  };
  const parameters = {
    ...controller,
    floor: toNumber(controller.floor),
    stressedWeight: toNumber(controller.stressedWeight),
    maintenanceRisePerHour: toNumber(controller.maintenanceRisePerHour),
  };
  const listing = { ...latest, realised: toNumber(realised), stressed: toNumber(stressed) };
  return {
    ...{ asset, underlying: id, latest, walkedTo: latest.time, pending: [] },
    parameters: parametersFromChain(risk),
    volatility: new MarginVolatilityModel(parameters, listing),
  };
}

/** Of all feeds, in the order of their times. */
function roundsOf({ feeds, start, end }: Scenario): (PricePoint & { asset: Asset })[] {
  return ASSETS.flatMap((asset) =>
    feeds[asset].rounds.map(({ time, answer }) => ({ asset, time: Math.ceil(time), price: fromAnswer(answer) })),
  )
    .filter(({ time }) => time > start && time <= end)
    .sort((a, b) => a.time - b.time);
}
