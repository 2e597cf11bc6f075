// npm start: replays a crash and reports. Run with --help for what it can do.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommanderError } from "commander";
import hre from "hardhat";
import { type Request, parseArguments } from "./arguments.ts";
import { ArgumentError, PriceFileError } from "./errors.ts";
import { ProgressDisplay } from "./progress.ts";
import { Random } from "./random.ts";
import { drawPicture } from "./report/charts.ts";
import { renderImage } from "./report/image.ts";
import { renderPage } from "./report/page.ts";
import { renderText } from "./report/text.ts";
import type { ReplayResult } from "./result.ts";
import { replay } from "./run.ts";
import { crashScenario, fileScenario } from "./scenario.ts";

/** Exit statuses. */
const NOT_CONSERVED = 1;
const UNUSABLE_INPUT = 2;

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  const random = new Random(request.seed);
  const scenario = request.files.size === 0 ? crashScenario(random) : fileScenario(request, random);
  const progress = new ProgressDisplay(process.stderr.isTTY);
  const started = performance.now();
  console.error("checking that the contracts are compiled (up to two minutes the first time) …");
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  let result: ReplayResult;
  try {
    result = await replay({ scenario, random }, request, progress.show);
  } finally {
    progress.stop();
  }
  await write(result, request);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${renderText(result)}\n\n  ${join(request.out, "replay.html")} written, ${seconds} s in all`);
  if (request.json) console.log(JSON.stringify(result.summary));
  return result.conservation.total === 0n ? 0 : NOT_CONSERVED;
}

async function write(result: ReplayResult, { out, image }: Request): Promise<void> {
  await mkdir(out, { recursive: true });
  const exact = (_key: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
  await writeFile(join(out, "replay.json"), JSON.stringify(result, exact, 1));
  await writeFile(join(out, "replay.html"), renderPage(result));
  if (image === undefined) return;
  await mkdir(dirname(image), { recursive: true });
  await writeFile(image, renderImage(drawPicture(result)));
}

/** Commander has printed what was wrong with an argument; everything else that a person can mend gets one line. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
  if (!(error instanceof ArgumentError || error instanceof PriceFileError)) throw error;
  console.error(`error: ${error.message}`);
  return UNUSABLE_INPUT;
}

// Exits by itself: the in-process chain keeps threads that would hold the process open.
process.exit(await main(process.argv.slice(2)).catch(explain));
