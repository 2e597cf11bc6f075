// npm run designs: compares designs of liquidation in a model of the exchange. Run with --help for what it can do.
import { join } from "node:path";
import { parseDesignsArguments } from "./designsArguments.ts";
import { explain } from "./errors.ts";
import { sweep } from "./model/sweep.ts";
import { ProgressDisplay } from "./progress.ts";
import { drawDesigns, renderDesignsPage } from "./report/designs.ts";
import { renderDesignsText } from "./report/designsText.ts";
import { writeReport } from "./report/write.ts";
import { crashScenario, fileScenario } from "./scenario.ts";

/** Exit status. */
const NOT_CONSERVED = 1;

async function main(argv: readonly string[]): Promise<number> {
  const request = parseDesignsArguments(argv);
  const started = performance.now();
  const progress = new ProgressDisplay(process.stderr.isTTY);
  const result = await sweep(
    request,
    (random) => (request.files.size === 0 ? crashScenario(random) : fileScenario(request, random)),
    progress.show,
  ).finally(() => {
    progress.stop();
  });
  await writeReport(
    { name: "designs", data: result, page: renderDesignsPage(result), picture: () => drawDesigns(result) },
    request,
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${renderDesignsText(result)}\n\n  ${join(request.out, "designs.html")} written, ${seconds} s in all`);
  const { runs, ...tables } = result;
  if (request.json) console.log(JSON.stringify(tables));
  return runs.every(({ conservationError }) => conservationError === "0") ? 0 : NOT_CONSERVED;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
