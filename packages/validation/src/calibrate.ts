// npm run calibrate: finds the margin parameters on price history. Run with --help for what it can do.
import { join } from "node:path";
import { type Asset, ProgressDisplay, Random, UNUSABLE_INPUT, explain, writeReport } from "@plimsoll/replay";
import { type Configuration, loadConfiguration } from "../../../deploy/configuration.ts";
import { parseArguments } from "./calibration/arguments.ts";
import { calibrate, type Calibration } from "./calibration/calibration.ts";
import { drawPicture } from "./calibration/charts.ts";
import { NoSolutionError, SpanError } from "./calibration/errors.ts";
import { renderPage } from "./calibration/page.ts";
import { writeParameters } from "./calibration/parameterFile.ts";
import { assetParametersOf, type AssetParameters } from "./calibration/parameters.ts";
import { summaryOf } from "./calibration/summary.ts";
import { renderChanges, renderText } from "./calibration/tables.ts";
import { readHistory } from "./marketHistory.ts";

/** Exit status. */
const NO_SOLUTION = 1;

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  const started = performance.now();
  const configuration = await loadConfiguration(request.parameters);
  const progress = new ProgressDisplay(process.stderr.isTTY);
  const calibrations: Calibration[] = [];
  try {
    for (const files of request.files) {
      const starting = startingOf(configuration, files.asset);
      const history = readHistory(files, new Random(request.seed));
      const { trainUntil: until, to } = request;
      calibrations.push(calibrate(history, { starting, until, to }, progress.show));
    }
  } finally {
    progress.stop();
  }
  const report = {
    name: "calibration",
    data: calibrations.map(summaryOf),
    page: renderPage(calibrations, request.seed),
    picture: () => drawPicture(calibrations),
  };
  await writeReport(report, request);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `\n${renderText(calibrations)}\n\n  ${join(request.out, "calibration.html")} written, ${seconds} s in all`,
  );
  if (request.write !== undefined) {
    const chosen = new Map(calibrations.map(({ asset, chosen: found }) => [asset, found]));
    console.log(renderChanges(await writeParameters(request.write, chosen)));
  }
  if (request.json) console.log(JSON.stringify(report.data));
  return 0;
}

function startingOf({ underlyings }: Configuration, asset: Asset): AssetParameters {
  const underlying = underlyings.find(({ symbol }) => symbol === asset);
  if (underlying === undefined) throw new NoSolutionError(asset, "the parameters to start from do not list it");
  return assetParametersOf(underlying);
}

function explainAll(error: unknown): number {
  if (!(error instanceof SpanError || error instanceof NoSolutionError)) return explain(error);
  console.error(`error: ${error.message}`);
  return error instanceof SpanError ? UNUSABLE_INPUT : NO_SOLUTION;
}

process.exitCode = await main(process.argv.slice(2)).catch(explainAll);
