import { Presets, SingleBar } from "cli-progress";
import type { Progress } from "./run.ts";

/** Shows progress on stderr: a bar where somebody watches, otherwise a line now and then. */
export class ProgressDisplay {
  #bar: SingleBar | undefined;
  #activity = "";
  #printedAt = -Infinity;
  readonly #isTerminal: boolean;

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  readonly show: Progress = (activity, share) => {
    if (activity !== this.#activity) this.#begin(activity);
    if (this.#isTerminal) this.#bar?.update(Math.round(share * 100));
    else this.#print(share);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #begin(activity: string): void {
    this.stop();
    this.#activity = activity;
    this.#printedAt = -Infinity;
    if (!this.#isTerminal) return;
    const format = `${activity.padEnd(24)} {bar} {percentage} %`;
    this.#bar = new SingleBar({ format, clearOnComplete: false, hideCursor: true }, Presets.shades_classic);
    this.#bar.start(100, 0);
  }

  /** A log file gets a line for every fifth of an activity. */
  #print(share: number): void {
    const step = Math.floor(share * 5);
    if (step <= this.#printedAt) return;
    this.#printedAt = step;
    process.stderr.write(`${this.#activity}: ${step * 20} %\n`);
  }
}
