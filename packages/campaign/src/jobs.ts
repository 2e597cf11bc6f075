import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Campaign, type CampaignOptions, Collection, type Progress } from "./campaign.ts";
import { JobError } from "./errors.ts";
import type { Played } from "./play.ts";

/** What a job tells: that it is ready or within a story, or what came of one. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "within"; readonly operations: number }
  | { readonly kind: "played"; readonly index: number; readonly played: Played };

/** What a job is told. */
export interface Task {
  readonly seed: number;
  readonly index: number;
}

/** Stories that a job plays before another takes its place: a chain in memory grows. */
const STORIES_PER_JOB = 100;
const worker = fileURLToPath(import.meta.resolve("./jobWorker.ts"));

/**
 * Plays stories in so many processes, each with a chain of its own. Whoever is free takes the next story; they are added up in their
 * order, so that the same seed tells the same whatever the number of jobs. What was played beyond the end is dropped.
 * @throws JobError
 */
export async function runJobs(options: CampaignOptions, jobs: number, onProgress: Progress): Promise<Campaign> {
  const collection = new Collection(options);
  const within = new Map<number, number>();
  let next = options.first ?? 0;
  const show = () => {
    let operations = collection.operations;
    for (const own of within.values()) operations += own;
    onProgress(operations);
  };
  const work = async (job: number): Promise<void> => {
    while (!collection.isComplete) {
      await runJob({
        nextTask: () => (collection.isComplete ? undefined : { seed: options.seed, index: next++ }),
        onReport(report) {
          if (report.kind === "within") within.set(job, report.operations);
          if (report.kind === "played") {
            within.delete(job);
            collection.take(report.index, report.played);
          }
          show();
        },
      });
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
  return collection.result();
}

interface Job {
  readonly nextTask: () => Task | undefined;
  readonly onReport: (report: Report) => void;
}

/** One process, until there is nothing to do or it has played its share. */
async function runJob({ nextTask, onReport }: Job): Promise<void> {
  const child = fork(worker, { execArgv: ["--import", import.meta.resolve("tsx")], silent: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const end = { isDone: false };
  let stories = 0;
  const proceed = () => {
    const task = stories++ < STORIES_PER_JOB ? nextTask() : undefined;
    if (task !== undefined) {
      child.send(task);
      return;
    }
    end.isDone = true;
    // It exits by itself, and takes its node with it.
    child.disconnect();
  };
  child.on("message", (message) => {
    const report = message as Report;
    onReport(report);
    if (report.kind !== "within") proceed();
  });
  // Not its `close`, which Node.js does not tell who has disconnected.
  await once(child, "exit");
  if (!end.isDone) throw new JobError(output);
}
