import { scoreOf, SIDES, type Score } from "@plimsoll/risk";
import { riseOver } from "../result.ts";
import { TIERS } from "../observations.ts";
import type { CalibrationData, Span } from "./data.ts";
import { GOALS, holdInExtremes } from "./limits.ts";
import type { AssetParameters } from "./parameters.ts";
import { seriesOf, type Row } from "./requirements.ts";
import { walkVolatilities, type VolatilityColumns } from "./volatilities.ts";

export type SpanName = "training" | "test";

/** One tier and side of one set of parameters, scored over one span. */
export interface ScoredRow extends Row {
  readonly parameters: "starting" | "chosen";
  readonly span: SpanName;
  readonly withImplied: boolean;
  readonly score: Score;
}

export interface Evaluation {
  readonly rows: readonly ScoredRow[];
  /** With the chosen parameters, without implied volatility. */
  readonly columns: VolatilityColumns;
  readonly startingColumns: VolatilityColumns;
}

/** Scores both sets of parameters in and out of sample, and with implied volatility too where it is known. */
export function evaluate(data: CalibrationData, starting: AssetParameters, chosen: AssetParameters): Evaluation {
  const walk = ({ controller, stressed }: AssetParameters, withImplied: boolean) =>
    walkVolatilities(data, controller, { stressed, withImplied });
  const columns = walk(chosen, false);
  const startingColumns = walk(starting, false);
  const sets = [
    { name: "starting", parameters: starting, columns: startingColumns, withImplied: false },
    { name: "chosen", parameters: chosen, columns, withImplied: false },
  ] as const;
  const implied = { name: "chosen", parameters: chosen, withImplied: true } as const;
  const all = data.history.implied.length === 0 ? sets : [...sets, { ...implied, columns: walk(chosen, true) }];
  const rows = all.flatMap(({ name, parameters, columns: own, withImplied }) =>
    spansOf(data).flatMap(([span, { first, end }]) =>
      rowsOf().map((row): ScoredRow => {
        const score = scoreOf(
          seriesOf(data, { risk: parameters.risk, columns: own, row }, (values) => values.subarray(first, end)),
        );
        return { ...row, parameters: name, span, withImplied, score };
      }),
    ),
  );
  return { rows, columns, startingColumns };
}

function spansOf({ training, test }: CalibrationData): (readonly [SpanName, Span])[] {
  return test === undefined
    ? [["training", training]]
    : [
        ["training", training],
        ["test", test],
      ];
}

function rowsOf(): Row[] {
  return TIERS.flatMap((tier) => SIDES.map((side) => ({ tier, side })));
}

/** Published limits of the mean initial margin. */
export const MEAN_GOALS = { BTC: 0.11, ETH: 0.14 } as const;

/** The goals that a row misses, in words. What margin may cost is a goal of the test alone: the training is what it is. */
export function missedGoals({ tier, span, score }: ScoredRow, asset: keyof typeof MEAN_GOALS): string[] {
  const missed: string[] = [];
  if (score.coverage.value < GOALS.coverage) missed.push("coverage");
  if (tier === "maintenance") return missed;
  if (!holdInExtremes(score.quintiles, GOALS)) missed.push("quintile");
  if (score.peakToTrough > GOALS.peakToTrough) missed.push("peak-to-trough");
  if (riseOver(score, 5) > GOALS.rise5d) missed.push("5-day rise");
  if (span === "test" && score.mean > MEAN_GOALS[asset]) missed.push("mean");
  return missed;
}
