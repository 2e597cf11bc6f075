import type { Asset } from "@plimsoll/replay";
import type { Score, Side } from "@plimsoll/risk";
import type { OptionBookName } from "./books.ts";
import type { Notice } from "./notice.ts";
import type { ImpulseResponse, Sample, Tier } from "./observations.ts";

/** A perpetual, one side, one tier. */
export interface DeltaOneRow {
  readonly tier: Tier;
  readonly side: Side;
  readonly score: Score;
}

/** The same by another rule, at the same coverage in sample. */
export interface RivalRow extends DeltaOneRow {
  readonly name: string;
}

export interface BookRow {
  readonly book: OptionBookName;
  readonly tier: Tier;
  readonly score: Score;
}

/** Everything that was found out about one asset. */
export interface AssetResult {
  readonly asset: Asset;
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly hasImplied: boolean;
  readonly deltaOne: readonly DeltaOneRow[];
  readonly books: readonly BookRow[];
  readonly rivals: readonly RivalRow[];
  /** Whether the other rules were scaled on prices before `from`; where those are too few, inside of what is validated. */
  readonly isFittedBefore: boolean;
  readonly notice: Notice;
  readonly response: ImpulseResponse;
  /** For charts. */
  readonly samples: readonly Sample[];
}

export interface ValidationResult {
  readonly title: string;
  readonly seed: string;
  readonly parameters: string;
  readonly assets: readonly AssetResult[];
}

/** A score in a line. Shares and margins are fractions, rises relative. */
export interface KeyFigures {
  readonly coverage: number;
  readonly coverageLow: number;
  readonly coverageHigh: number;
  readonly peakToTrough: number;
  readonly rise5d: number;
  readonly missTopQuintile: number;
  readonly missBottomQuintile: number;
  readonly meanMargin: number;
}

export function keyFigures(score: Score): KeyFigures {
  return {
    coverage: score.coverage.value,
    coverageLow: score.coverage.low,
    coverageHigh: score.coverage.high,
    peakToTrough: score.peakToTrough,
    rise5d: riseOver(score, 5),
    missTopQuintile: score.quintiles.at(-1)?.misses.value ?? NaN,
    missBottomQuintile: score.quintiles[0]?.misses.value ?? NaN,
    meanMargin: score.mean,
  };
}

/** One line of `--json`. */
export interface JsonRow extends KeyFigures {
  readonly asset: Asset;
  readonly tier: Tier;
  readonly side: Side;
}

export function toJson({ assets }: ValidationResult): JsonRow[] {
  return assets.flatMap(({ asset, deltaOne }) =>
    deltaOne.map(({ tier, side, score }) => ({ asset, tier, side, ...keyFigures(score) })),
  );
}

/** The worst rise over so many days. */
export function riseOver({ rises }: Score, days: number): number {
  return rises.find((rise) => rise.days === days)?.exact ?? NaN;
}
