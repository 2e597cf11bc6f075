import type { Asset } from "@plimsoll/replay";
import type { AssetHistory } from "../marketHistory.ts";
import { prepare, type CalibrationData } from "./data.ts";
import { evaluate, type Evaluation } from "./evaluation.ts";
import { outcomeOf, type FoldOutcome } from "./foldOutcome.ts";
import { frontierOf, type FrontierPoint } from "./frontier.ts";
import type { AssetParameters } from "./parameters.ts";
import { search, type Report, type SearchResult } from "./search.ts";

/** Everything that was found out about one asset. */
export interface Calibration extends Evaluation {
  readonly asset: Asset;
  readonly data: CalibrationData;
  readonly starting: AssetParameters;
  readonly chosen: AssetParameters;
  readonly search: SearchResult;
  readonly folds: readonly FoldOutcome[];
  readonly frontier: readonly FrontierPoint[];
}

export interface CalibrationRequest {
  readonly starting: AssetParameters;
  /** End of the training, and of everything, Unix seconds. */
  readonly until: number;
  readonly to: number | undefined;
}

/** @throws SpanError, NoSolutionError */
export function calibrate(
  history: AssetHistory,
  { starting, until, to }: CalibrationRequest,
  report: Report,
): Calibration {
  const data = prepare(history, until, to);
  const found = search(data, starting, report);
  return {
    asset: history.asset,
    data,
    starting,
    chosen: found.chosen,
    search: found,
    folds: found.folds.map((fold) => outcomeOf(fold, data)),
    frontier: frontierOf(data, found, starting.risk),
    ...evaluate(data, starting, found.chosen),
  };
}
