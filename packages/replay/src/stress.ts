// npm run stress: how large a fall the exchange bears before others lose. Run with --help for what it can do.
import { join } from "node:path";
import { explain } from "./errors.ts";
import { ProgressDisplay } from "./progress.ts";
import { drawStress, renderStressPage } from "./report/stress.ts";
import { renderStressText } from "./report/stressText.ts";
import { writeReport } from "./report/write.ts";
import { parseStressArguments } from "./stress/arguments.ts";
import { stress } from "./stress/sweep.ts";
import { runInThreads } from "./stress/threads.ts";

/** Exit status. */
const NOT_CONSERVED = 1;

async function main(argv: readonly string[]): Promise<number> {
  const { threads, json, out, image, ...plan } = parseStressArguments(argv);
  const started = performance.now();
  const progress = new ProgressDisplay(process.stderr.isTTY);
  const result = await stress(plan, runInThreads(threads), progress.show).finally(() => {
    progress.stop();
  });
  await writeReport(
    { name: "stress", data: result, page: renderStressPage(result), picture: () => drawStress(result) },
    { out, image },
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${renderStressText(result)}\n\n  ${join(out, "stress.html")} written, ${seconds} s in all`);
  if (json) console.log(JSON.stringify(result));
  return result.conservationErrors === 0 ? 0 : NOT_CONSERVED;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
