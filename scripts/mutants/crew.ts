import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job, Verdict } from "./trial.ts";
import type { Opening } from "./worker.ts";

const worker = fileURLToPath(import.meta.resolve("./worker.ts"));

/** A process that should have tried a mutant died. */
export class CrewError extends Error {
  override readonly name = "CrewError";

  constructor(readonly id: string) {
    super(`the process that tried this mutant ended without a verdict: ${id}`);
  }
}

/** Processes of which each tries mutants one after the other. */
export class Crew {
  readonly #free: ChildProcess[];

  constructor(size: number, opening: Opening) {
    this.#free = Array.from({ length: size }, () => {
      const child = fork(worker, { execArgv: ["--import", import.meta.resolve("tsx")], serialization: "advanced" });
      child.send(opening);
      return child;
    });
  }

  /** Hands every job that `next` gives to whoever is free, until it gives none. @throws CrewError */
  async work<T>(
    next: () => T | undefined,
    jobOf: (task: T) => Job,
    done: (task: T, verdict: Verdict) => void,
  ): Promise<void> {
    const one = async (child: ChildProcess) => {
      for (let task = next(); task !== undefined; task = next()) done(task, await tried(child, jobOf(task)));
    };
    await Promise.all(this.#free.map(one));
  }

  close(): void {
    for (const child of this.#free) if (child.connected) child.disconnect();
  }
}

function tried(child: ChildProcess, job: Job): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const died = () => {
      reject(new CrewError(job.mutant.id));
    };
    child.once("exit", died);
    child.once("message", (verdict) => {
      child.off("exit", died);
      resolve(verdict as Verdict);
    });
    child.send(job);
  });
}
