import type { Asset } from "@plimsoll/replay";
import { keyFigures, type KeyFigures } from "../result.ts";
import type { Calibration } from "./calibration.ts";
import { missedGoals, type ScoredRow } from "./evaluation.ts";
import type { FoldOutcome } from "./foldOutcome.ts";
import type { FrontierPoint } from "./frontier.ts";
import type { AssetParameters } from "./parameters.ts";

/** The result for machines. Shares and margins are fractions, rises relative. */
export interface Summary {
  readonly asset: Asset;
  /** Unix seconds. */
  readonly training: { readonly from: number; readonly to: number };
  readonly test: { readonly from: number; readonly to: number } | null;
  readonly parameters: AssetParameters;
  readonly rows: readonly SummaryRow[];
  readonly folds: readonly FoldOutcome[];
  readonly frontier: readonly FrontierPoint[];
}

export interface SummaryRow
  extends KeyFigures, Pick<ScoredRow, "parameters" | "span" | "withImplied" | "tier" | "side"> {
  readonly missedGoals: readonly string[];
}

export function summaryOf({ asset, data, chosen, rows, folds, frontier }: Calibration): Summary {
  const { training, test } = data;
  return {
    asset,
    training: { from: training.from, to: training.to },
    test: test === undefined ? null : { from: test.from, to: test.to },
    parameters: chosen,
    rows: rows.map((row) => summaryRow(row, asset)),
    folds,
    frontier,
  };
}

function summaryRow(row: ScoredRow, asset: Asset): SummaryRow {
  const { parameters, span, withImplied, tier, side, score } = row;
  return { parameters, span, withImplied, tier, side, ...keyFigures(score), missedGoals: missedGoals(row, asset) };
}
