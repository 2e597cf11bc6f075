// npm run campaign: looks for what breaks the exchange. Run with --help for what it can do.
import { fileURLToPath } from "node:url";
import { ProgressDisplay, compileContracts } from "@plimsoll/replay";
import { CommanderError } from "commander";
import { type Request, parseArguments } from "./arguments.ts";
import type { Found } from "./campaign.ts";
import { openTheatre } from "./chain/theatre.ts";
import { ArgumentError, StoryFileError, UnknownCaseError, UnknownMutantError } from "./errors.ts";
import { runJobs } from "./jobs.ts";
import { runMutants } from "./mutants/run.ts";
import { type Played, playStory } from "./play.ts";
import { renderStory, renderSummary, summarise } from "./report.ts";
import { shrink } from "./shrink.ts";
import { type Story, readStory, writeStory } from "./story.ts";

const SOMETHING_DID_NOT_HOLD = 1;
const UNUSABLE_INPUT = 2;
/** Replays that shortening a story may take. */
const SHRINK_BUDGET = 120;
const STORIES = fileURLToPath(new URL("../../../test/campaign/stories/", import.meta.url));

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  if (request.only.length > 0 && !request.mutants) throw new ArgumentError("--only names mutants; add --mutants");
  const story = request.story === undefined ? undefined : readStory(request.story);
  await compileContracts();
  if (request.mutants) return (await runMutants(request)) ? 0 : SOMETHING_DID_NOT_HOLD;
  return story === undefined ? await campaign(request) : await tell(story);
}

async function tell(story: Story): Promise<number> {
  const theatre = await openTheatre();
  const played = await playStory(theatre, story);
  console.log(renderStory(played));
  return played.violations.length === 0 ? 0 : SOMETHING_DID_NOT_HOLD;
}

async function campaign(request: Request): Promise<number> {
  const display = new ProgressDisplay(process.stderr.isTTY);
  const result = await runJobs(request, request.jobs, (done) => {
    display.show("playing", Math.min(1, done / request.operations));
  }).finally(() => {
    display.stop();
  });
  console.log(renderSummary(result));
  if (result.found !== undefined) await explainFound(result.found, request);
  if (request.json) console.log(JSON.stringify(summarise(result)));
  return result.found === undefined ? 0 : SOMETHING_DID_NOT_HOLD;
}

/** Shortens the story, tells it and, if asked to, keeps it. */
async function explainFound({ story, played }: Found, { save, seed }: Request): Promise<void> {
  const theatre = await openTheatre();
  const invariants = new Set(played.violations.map(({ invariant }) => invariant));
  console.error(`shortening a story of ${story.steps.length} steps …`);
  const isSame = ({ violations }: Played) => violations.some(({ invariant }) => invariants.has(invariant));
  const short = await shrink(story, async (one) => isSame(await playStory(theatre, one)), SHRINK_BUDGET);
  const shown = await playStory(theatre, short);
  const [first] = shown.violations;
  console.log(`\n${short.steps.length} steps show it:\n${renderStory(shown)}`);
  if (!save) return;
  const title = first === undefined ? "a story" : `${first.invariant}: ${first.message}`;
  const name = `${(first?.invariant ?? "story").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-seed-${seed}.json`;
  await writeStory(`${STORIES}${name}`, { title, ...short, told: [...shown.told] });
  console.log(`\nwritten to test/campaign/stories/${name}`);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : UNUSABLE_INPUT;
  const isInput = [ArgumentError, StoryFileError, UnknownCaseError, UnknownMutantError].some(
    (kind) => error instanceof kind,
  );
  if (!isInput || !(error instanceof Error)) throw error;
  console.error(`error: ${error.message}`);
  return UNUSABLE_INPUT;
}

// Exits by itself: Hardhat keeps threads that would hold the process open.
process.exit(await main(process.argv.slice(2)).catch(explain));
