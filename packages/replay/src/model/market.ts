import { type Instrument, Kind, fieldsOf, spot, strikeOf } from "@plimsoll/client";
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
  YEAR_SECONDS,
  accountFromChain,
  parametersFromChain,
  toNumber,
  totalVarianceOf,
} from "@plimsoll/risk";
import type { Configuration, UnderlyingConfiguration } from "../../../../deploy/configuration.ts";
import type { MarginRule } from "../market/deployment.ts";
import { type Exposure, deltaOf } from "../market/hedge.ts";
import { fromWad, toWad } from "../market/wad.ts";
import { ASSETS, type Asset, UNDERLYINGS } from "../prices/arguments.ts";
import { fromAnswer, toAnswer } from "../prices/series.ts";
import type { SizedLeg } from "./books.ts";
import type { OpenInterest } from "./openInterest.ts";
import type { Outside } from "./outside.ts";
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
  readonly #interest: OpenInterest;
  #listed: readonly Listed[];
  readonly #outside: Outside;
  readonly #terms: Pick<Market, "account" | "haircuts">;
  readonly #risks = new WeakMap<
    Portfolio,
    { readonly model: MarginModel; readonly rule: MarginRule; readonly risk: Risk }
  >();

  constructor(outside: Outside, configuration: Configuration, interest: OpenInterest) {
    this.#outside = outside;
    this.#interest = interest;
    interest.now = outside.start;
    this.#listed = configuration.underlyings.map((one) => list(one, outside));
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
    const rounds = this.#outside.roundsUntil(time);
    for (const round of rounds) this.#take(round.asset, round);
    this.#interest.now = time;
    this.#model = undefined;
    return rounds.length;
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
    return this.#outside.truePrice(asset, this.now);
  }

  /** The feed's latest answer, USD. */
  spotOf(underlying: number): number {
    return this.#find(underlying).latest.price;
  }

  /** Other parameters from now on, as long as no round has been taken in. */
  relist(underlyings: readonly UnderlyingConfiguration[]): void {
    this.#listed = underlyings.map((one) => list(one, this.#outside));
    this.#model = undefined;
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

  /** Units of an asset that those of the legs that are on it move with at the true price. */
  deltaOf(legs: readonly SizedLeg[], asset: Asset): number {
    const own = legs.filter(({ instrument }) => fieldsOf(instrument).underlying === UNDERLYINGS[asset]);
    return own.reduce((sum, leg) => sum + deltaOf(this.#exposure(leg), this.truePrice(asset)), 0);
  }

  /** Legs changed hands by force: who took them hedges them outside; who lost them by deleveraging replaces a hedge, which is the same order. */
  force(legs: readonly SizedLeg[]): void {
    for (const { asset } of this.#listed) {
      const delta = this.deltaOf(legs, asset);
      if (delta !== 0) this.#outside.press(asset, -delta * this.truePrice(asset));
    }
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

  #exposure({ instrument, size }: SizedLeg): Exposure {
    const { kind, expiry, underlying } = fieldsOf(instrument);
    const isLinear = kind < Kind.Call;
    return {
      kind: isLinear ? "linear" : kind === Kind.Call ? "call" : "put",
      units: fromWad(size),
      strike: isLinear ? 0 : fromWad(strikeOf(instrument)),
      years: (expiry - this.now) / YEAR_SECONDS,
      volatility: this.markVolatility(underlying),
    };
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

function list({ id, risk, controller, realised, stressed }: UnderlyingConfiguration, outside: Outside): Listed {
  const asset = ASSETS.find((name) => UNDERLYINGS[name] === id);
  if (asset === undefined) throw new RangeError(`no prices for underlying ${id}`);
  const latest = {
    price: fromAnswer(toAnswer(outside.truePrice(asset, outside.start))),
    time: outside.start,
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
