// Child of `npm run mutants`: tries one mutant after the other in a workshop of its own.
import { Workshop, type Stock } from "../incidents/workshop.ts";
import { tryMutant, type Control, type Job } from "./trial.ts";

/** First message of the parent: where the compiled project is, with the control's contracts in it. */
export interface Opening {
  readonly folder: string;
  readonly stock: Stock;
  readonly control: Control;
}

let opened: Promise<{ readonly workshop: Workshop; readonly control: Control }> | undefined;

async function open({ folder, stock, control }: Opening) {
  return { workshop: await Workshop.open(folder, stock), control };
}

async function answer(job: Job): Promise<void> {
  if (opened === undefined) throw new TypeError("a job before the opening");
  const { workshop, control } = await opened;
  process.send?.(await tryMutant(workshop, job, control));
}

process.on("message", (message: Opening | Job) => {
  if ("folder" in message) opened = open(message);
  else
    answer(message).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
process.on("disconnect", () => {
  void opened?.then(({ workshop }) => workshop.close()).finally(() => process.exit(0));
});
