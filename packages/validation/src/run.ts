import { ArgumentError, type Asset, type Progress, endOf, formatTime } from "@plimsoll/replay";
import { SIDES, type Side, scoreOf } from "@plimsoll/risk";
import type { Configuration } from "../../../deploy/configuration.ts";
import { OPTION_BOOKS } from "./books.ts";
import { InSample, LEAST_DAYS, SEED_DAYS } from "./inSample.ts";
import { configurationAt } from "./known.ts";
import { type AssetHistory, closesOf } from "./marketHistory.ts";
import { noticeOf } from "./notice.ts";
import { BOOK_STEP_SECONDS, type Observations, TIERS, type Tier } from "./observations.ts";
import { observe, respond } from "./observe.ts";
import { parametersOf } from "./parameters.ts";
import type { AssetResult, BookRow, DeltaOneRow, RivalRow } from "./result.ts";
import { type RivalSeries, rivalsOf } from "./rivals.ts";
import { bookSeries, deltaOneSeries, lossesFrom } from "./series.ts";

/** How histories are to be validated. Times in Unix seconds. */
export interface ValidationOptions {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly stepSeconds: number;
  readonly seed: string;
  /** Name of a network, or a path that ends in `.json`. */
  readonly parameters: string;
}

const DAY = 86_400;
const MIN_DAYS = 10;

/** Validates all histories, at the same time: each has a chain of its own. */
export async function validate(
  histories: readonly AssetHistory[],
  options: ValidationOptions,
  onProgress: Progress,
): Promise<AssetResult[]> {
  const done = new Map<Asset, number>();
  const show = (asset: Asset, share: number) => {
    done.set(asset, share);
    const sum = [...done.values()].reduce((total, one) => total + one, 0);
    onProgress("asking the contracts", sum / histories.length);
  };
  return await Promise.all(
    histories.map((history) =>
      validateAsset(history, options, (share) => {
        show(history.asset, share);
      }),
    ),
  );
}

async function validateAsset(
  history: AssetHistory,
  options: ValidationOptions,
  onProgress: (share: number) => void,
): Promise<AssetResult> {
  const { stepSeconds } = options;
  const span = spanOf(history, options);
  const configuration = await configurationAt(history, span.from, options.parameters);
  for (const tier of TIERS) requireHorizon(tier, horizonOf(configuration, tier));
  const observations = await observe({ history, configuration, ...span, stepSeconds, seed: options.seed }, onProgress);
  const response = await respond(history.asset, configuration, span.from);
  const inputs = { history, observations, configuration, from: span.from };
  const deltaOne = deltaOneRows(inputs);
  const underlying = underlyingOf(configuration);
  const inSample = InSample.of(history, underlying, { until: span.from, stepSeconds });
  return {
    asset: history.asset,
    ...span,
    hasImplied: history.implied.length > 0,
    deltaOne,
    books: bookRows(inputs),
    rivals: deltaOne.flatMap((row) => rivalRows(inputs, row, inSample)),
    isFittedBefore: inSample !== undefined,
    notice: noticeOf(observations, parametersOf(underlying).controller.maintenanceRisePerHour),
    response,
    samples: observations.samples,
  };
}

function spanOf({ asset, path }: AssetHistory, { from, to, stepSeconds }: ValidationOptions) {
  const earliest = path.start;
  const latest = endOf(path) + path.stepSeconds;
  const start = from ?? Math.ceil(Math.min(earliest + SEED_DAYS * DAY, latest) / DAY) * DAY;
  const end = Math.floor(Math.min(to ?? latest, latest) / stepSeconds) * stepSeconds;
  if (start < earliest - DAY || end - start < MIN_DAYS * DAY) {
    throw new ArgumentError(
      `${asset} has prices from ${formatTime(earliest)} to ${formatTime(latest)}; a validation needs ${MIN_DAYS} days inside`,
    );
  }
  return { from: Math.ceil(Math.max(start, earliest) / stepSeconds) * stepSeconds, to: end };
}

/** Books of options are valued every four hours for a day. */
function requireHorizon(tier: Tier, horizonSeconds: number): void {
  if (horizonSeconds % BOOK_STEP_SECONDS === 0 && horizonSeconds <= DAY) return;
  throw new ArgumentError(
    `the ${tier} horizon is ${horizonSeconds / 3600} h; a validation takes 4, 8, 12, 16, 20 or 24 h`,
  );
}

interface Inputs {
  readonly history: AssetHistory;
  readonly observations: Observations;
  readonly configuration: Configuration;
  readonly from: number;
}

function underlyingOf({ underlyings }: Configuration) {
  const [underlying] = underlyings;
  if (underlying === undefined) throw new RangeError("the configuration lists the asset");
  return underlying;
}

function horizonOf(configuration: Configuration, tier: Tier): number {
  return underlyingOf(configuration).risk[tier].horizonSeconds;
}

function deltaOneRows({ history, observations, configuration }: Inputs): DeltaOneRow[] {
  return TIERS.flatMap((tier) =>
    SIDES.map((side) => {
      const horizonSeconds = horizonOf(configuration, tier);
      const series = deltaOneSeries(observations, history.path, { tier, side, horizonSeconds });
      return { tier, side, score: scoreOf(series) };
    }),
  );
}

function bookRows({ observations, configuration }: Inputs): BookRow[] {
  return TIERS.flatMap((tier) =>
    OPTION_BOOKS.map((book) => {
      const series = bookSeries(observations.books[book], { tier, horizonSeconds: horizonOf(configuration, tier) });
      return { book, tier, score: scoreOf(series) };
    }),
  );
}

/** The other rules beside a row of ours. */
function rivalRows(inputs: Inputs, { tier, side, score }: DeltaOneRow, inSample: InSample | undefined): RivalRow[] {
  return rivalsAt(inputs, { tier, side, inside: score.coverage.value, inSample }).map(({ name, series }) => ({
    name,
    tier,
    side,
    score: scoreOf(series),
  }));
}

/** @param inside Coverage of ours inside of the validation. */
function rivalsAt(
  { history, observations, configuration, from }: Inputs,
  {
    tier,
    side,
    inside,
    inSample,
  }: {
    readonly tier: Tier;
    readonly side: Side;
    readonly inside: number;
    readonly inSample: InSample | undefined;
  },
): RivalSeries[] {
  const { stepSeconds, samples } = observations;
  const horizonSeconds = horizonOf(configuration, tier);
  const horizonSteps = horizonSeconds / stepSeconds;
  const end = samples.at(-1)?.time ?? from;
  const openings = closesOf(history.path, stepSeconds)
    .filter(({ time }) => time <= end)
    .map(({ time, price }) => ({ time, mark: price }));
  const start = openings.findIndex(({ time }) => time > from);
  const observed = samples.map(({ volatilities }) => volatilities.observed);
  /** Before the validation, over the samples that ours is measured on; without any, inside of it. */
  const fittingSpan = (knownFrom: number) => {
    if (inSample === undefined) return { from: start, to: openings.length, coverage: inside };
    const since = Math.max(openings[knownFrom]?.time ?? Infinity, inSample.from + stepSeconds);
    if (from - since < LEAST_DAYS * DAY) return undefined;
    const first = openings.findIndex(({ time }) => time >= since);
    return { from: first, to: start - horizonSteps, coverage: inSample.coverage(side, tier, since) };
  };
  return rivalsOf(
    {
      closes: { prices: Float64Array.from(openings, ({ mark }) => mark), stepSeconds },
      times: Float64Array.from(openings, ({ time }) => time),
      losses: lossesFrom(openings, history.path, { side, horizonSeconds }),
      horizonSteps,
      volatility: Float64Array.from(openings, (_, i) => observed[i - start] ?? NaN),
      start,
      fittingSpan,
    },
    underlyingOf(configuration).controller.realisedHalfLifeSeconds,
  );
}
