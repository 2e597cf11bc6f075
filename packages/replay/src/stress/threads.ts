import { Worker } from "node:worker_threads";
import type { Frontier } from "./frontier.ts";
import type { Job, Runner } from "./sweep.ts";

const WORKER = new URL("./worker.ts", import.meta.url);

/** Spreads jobs over threads; each asks for the next job when it has done one. */
export function runInThreads(threads: number): Runner {
  return async (jobs, onDone) => {
    const found: Frontier[] = [];
    let next = 0;
    const serve = async (): Promise<void> => {
      const worker = new Worker(WORKER);
      try {
        for (let index = next++; index < jobs.length; index = next++) {
          const job = jobs[index];
          if (job === undefined) return;
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
function ask(worker: Worker, job: Job): Promise<Frontier> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.postMessage(job);
  });
}
