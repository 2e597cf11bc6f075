import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How one test of a scenario ended; `reason` is why it failed. */
export interface Ending {
  readonly name: string;
  readonly isGreen: boolean;
  readonly reason: string;
}

/** A process that should have run scenarios died, or found none. */
export class ScenarioRunError extends Error {
  override readonly name = "ScenarioRunError";

  constructor(
    readonly files: readonly string[],
    readonly status: number | null,
    readonly output: string,
  ) {
    super(`${files.join(", ")}: no test was run (status ${status ?? "none"})\n${output}`);
  }
}

const worker = fileURLToPath(import.meta.resolve("./worker.ts"));

function isEndings(message: unknown): message is Ending[] {
  return Array.isArray(message);
}

/** Runs the compiled scenarios of the project in a folder, in a process of its own: Hardhat reads artifacts once. */
export async function runScenarios(folder: string, files: readonly string[]): Promise<Ending[]> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), worker, ...files], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  let endings: Ending[] = [];
  child.on("message", (message) => {
    if (isEndings(message)) endings = message;
  });
  const [status] = (await once(child, "close")) as [number | null];
  if (endings.length === 0) throw new ScenarioRunError(files, status, output);
  return endings;
}
