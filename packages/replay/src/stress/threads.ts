import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Frontier } from "./frontier.ts";
import type { Job, Runner } from "./sweep.ts";

const WORKER = new URL("./worker.ts", import.meta.url);

/** Spreads jobs over threads; each asks for the next job when it has done one. */
export function runInThreads(threads: number): Runner {
  return async (jobs, onDone) => {
    const found: Frontier[] = [];
    const queue = jobs.entries();
    const serve = async (): Promise<void> => {
      const worker = new Worker(WORKER);
      try {
        for (const [index, job] of queue) {
          found[index] = await ask(worker, job);
          onDone();
        }
      } finally {
        await worker.terminate();
      }
    };
    await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, serve));
    return found;
  };
}

/** What fails in the thread fails here. */
async function ask(worker: Worker, job: Job): Promise<Frontier> {
  const answer = once(worker, "message");
  worker.postMessage(job);
  const [frontier] = (await answer) as [Frontier];
  return frontier;
}
