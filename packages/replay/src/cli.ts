// npm start: replays a crash and reports. Run with --help for what it can do.
import { join } from "node:path";
import { parseArguments } from "./arguments.ts";
import { compileContracts } from "./compileContracts.ts";
import { explain } from "./errors.ts";
import { ProgressDisplay } from "./progress.ts";
import { Random } from "./random.ts";
import { drawPicture } from "./report/charts.ts";
import { renderPage } from "./report/page.ts";
import { renderText } from "./report/text.ts";
import { writeReport } from "./report/write.ts";
import type { ReplayResult } from "./result.ts";
import { replay } from "./run.ts";
import { crashScenario, fileScenario } from "./scenario.ts";

/** Exit status. */
const NOT_CONSERVED = 1;

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  const random = new Random(request.seed);
  const scenario = request.files.size === 0 ? crashScenario(random) : fileScenario(request, random);
  const progress = new ProgressDisplay(process.stderr.isTTY);
  const started = performance.now();
  await compileContracts();
  let result: ReplayResult;
  try {
    result = await replay({ scenario, random }, request, progress.show);
  } finally {
    progress.stop();
  }
  await writeReport(
    { name: "replay", data: result, page: renderPage(result), picture: () => drawPicture(result) },
    request,
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${renderText(result)}\n\n  ${join(request.out, "replay.html")} written, ${seconds} s in all`);
  if (request.json) console.log(JSON.stringify(result.summary));
  return result.conservation.total === 0n ? 0 : NOT_CONSERVED;
}

// Exits by itself: Hardhat keeps threads that would hold the process open.
process.exit(await main(process.argv.slice(2)).catch(explain));
