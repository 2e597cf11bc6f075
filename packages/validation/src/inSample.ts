import { type PricePath, fromAnswer, priceAt, volatilityHistory } from "@plimsoll/replay";
import {
  type ControllerParameters,
  MarginVolatilityModel,
  type RiskParameters,
  SIDES,
  type Side,
  deltaOneRequirement,
} from "@plimsoll/risk";
import type { UnderlyingConfiguration } from "../../../deploy/configuration.ts";
import { type AssetHistory, closesOf } from "./marketHistory.ts";
import type { Tier } from "./observations.ts";
import { parametersOf } from "./parameters.ts";
import { lossesFrom } from "./series.ts";

const DAY = 86_400;
/** The history of volatility needs 90 days of closes before its end. */
export const SEED_DAYS = 91;
/** A fitting span of less than a quarter fits nothing. */
export const LEAST_DAYS = 91;

/** What seeds the model after {@link SEED_DAYS} of prices, and what it is given. */
interface Setting {
  readonly controller: ControllerParameters;
  readonly risk: RiskParameters;
}

/**
 * The dynamic margin before the validation, from the 92nd day of prices on, in float64: what the other rules are scaled to.
 * Nothing of the validation enters it. The parity of float64 and contracts is a test of its own.
 */
export class InSample {
  /** Unix seconds. */
  readonly from: number;
  readonly #until: number;
  readonly #samples: readonly ModelSample[];
  readonly #path: PricePath;
  readonly #risk: RiskParameters;
  readonly #losses = new Map<string, Float64Array>();

  private constructor(history: AssetHistory, setting: Setting, span: Span) {
    this.from = span.from;
    this.#until = span.until;
    this.#path = history.path;
    this.#risk = setting.risk;
    this.#samples = modelSamples(history, setting, span);
  }

  /** Undefined where there are fewer than 182 days before `until`, Unix seconds. */
  static of(
    history: AssetHistory,
    underlying: UnderlyingConfiguration,
    { until, stepSeconds }: Omit<Span, "from">,
  ): InSample | undefined {
    const from = Math.ceil(history.path.start / DAY + SEED_DAYS) * DAY;
    if (until - from < LEAST_DAYS * DAY) return undefined;
    return new InSample(history, parametersOf(underlying), { from, until, stepSeconds });
  }

  /** Share of the samples since then whose losses were covered, of horizons that end before the validation. */
  coverage(side: Side, tier: Tier, since: number): number {
    const { horizonSeconds } = this.#risk[tier];
    const loss = this.#lossOver(horizonSeconds, side);
    let [count, misses] = [0, 0];
    this.#samples.forEach(({ time, required }, i) => {
      if (time < since || time + horizonSeconds > this.#until) return;
      count++;
      if ((loss[i] ?? NaN) > required[side][tier]) misses++;
    });
    return 1 - misses / count;
  }

  /** Of all samples, found when first asked for. */
  #lossOver(horizonSeconds: number, side: Side): Float64Array {
    const key = `${side}/${horizonSeconds}`;
    const loss = this.#losses.get(key) ?? lossesFrom(this.#samples, this.#path, { side, horizonSeconds }).loss;
    this.#losses.set(key, loss);
    return loss;
  }
}

interface Span {
  readonly from: number;
  readonly until: number;
  readonly stepSeconds: number;
}

interface ModelSample {
  readonly time: number;
  readonly mark: number;
  readonly required: Readonly<Record<Side, Readonly<Record<Tier, number>>>>;
}

function modelSamples(
  history: AssetHistory,
  { controller, risk }: Setting,
  { from, until, stepSeconds }: Span,
): ModelSample[] {
  const closes = closesOf(history.path, 3600).filter(({ time }) => time < from);
  const known = volatilityHistory(closes, controller.realisedHalfLifeSeconds);
  if (known === undefined) throw new RangeError("the seeds need 90 days of prices");
  const model = new MarginVolatilityModel(controller, { time: from, price: priceAt(history.path, from), ...known });
  const samples: ModelSample[] = [];
  let mark = priceAt(history.path, from);
  let next = history.rounds.findIndex(({ time }) => time > from);
  for (let time = from + stepSeconds; time < until; time += stepSeconds) {
    for (let round = history.rounds[next]; round !== undefined && round.time <= time; round = history.rounds[++next]) {
      mark = fromAnswer(round.answer);
      model.observe(mark, round.time);
    }
    const volatilities = model.at(time);
    const required = SIDES.map((side) => [side, deltaOneRequirement(risk, volatilities, side)]);
    samples.push({ time, mark, required: Object.fromEntries(required) as ModelSample["required"] });
  }
  return samples;
}
