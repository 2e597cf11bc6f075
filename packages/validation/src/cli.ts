// npm run validate: measures the margin of the deployed contracts over price history. Run with --help for what it can do.
import { join } from "node:path";
import { ProgressDisplay, Random, compileContracts, explain, writeReport } from "@plimsoll/replay";
import { type Request, parseArguments } from "./arguments.ts";
import { type AssetHistory, readHistory } from "./marketHistory.ts";
import { drawPicture } from "./report/charts.ts";
import { renderPage } from "./report/page.ts";
import { renderText } from "./report/text.ts";
import { type ValidationResult, toJson } from "./result.ts";
import { validate } from "./run.ts";
import { simulateHistory } from "./simulatedHistory.ts";

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  const started = performance.now();
  const histories = readHistories(request);
  await compileContracts();
  const progress = new ProgressDisplay(process.stderr.isTTY);
  let result: ValidationResult;
  try {
    const assets = await validate(histories, request, progress.show);
    result = { title: titleOf(request), seed: request.seed, parameters: request.parameters, assets };
  } finally {
    progress.stop();
  }
  const picture = () => drawPicture(result);
  await writeReport({ name: "validation", data: result, page: renderPage(result), picture }, request);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${renderText(result)}\n\n  ${join(request.out, "validation.html")} written, ${seconds} s in all`);
  if (request.json) console.log(JSON.stringify(toJson(result)));
  return 0;
}

function readHistories({ files, assets, seed }: Request): AssetHistory[] {
  const random = new Random(seed);
  if (files.length > 0) return files.map((file) => readHistory(file, random));
  return assets.map((asset) => simulateHistory(asset, random.fork(`simulated/${asset}`)));
}

function titleOf({ files }: Request): string {
  return files.length > 0 ? "Margin over price history" : "Margin over a simulated history of no real market";
}

// Exits by itself: Hardhat keeps threads that would hold the process open.
process.exit(await main(process.argv.slice(2)).catch(explain));
