import { parentPort } from "node:worker_threads";
import { type Job, work } from "./sweep.ts";

/** A thread that looks for the frontiers that it is sent, one at a time. */
parentPort?.on("message", (job: Job) => {
  void work(job).then((frontier) => parentPort?.postMessage(frontier));
});
