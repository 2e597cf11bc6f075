import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How one Solidity test ended; `reason` is why it failed. */
export interface Ending {
  readonly file: string;
  readonly name: string;
  readonly isGreen: boolean;
  readonly reason: string;
  readonly seconds: number;
}

/** A process that should have run tests died, or found none. */
export class TestRunError extends Error {
  override readonly name = "TestRunError";

  constructor(
    readonly files: readonly string[],
    readonly output: string,
  ) {
    super(`${files.join(", ")}: no test was run\n${output}`);
  }
}

/** Tests took longer than they may. */
export class TestTimeoutError extends Error {
  override readonly name = "TestTimeoutError";

  constructor(
    readonly files: readonly string[],
    readonly limitSeconds: number,
  ) {
    super(`${files.join(", ")}: not done after ${limitSeconds.toFixed(0)} s`);
  }
}

const worker = fileURLToPath(import.meta.resolve("./worker.ts"));
/** What a dying process has printed last says why. */
const OUTPUT_KEPT = 20_000;

function isEndings(message: unknown): message is Ending[] {
  return Array.isArray(message);
}

/** Runs the compiled Solidity tests of the project in a folder, in a process of its own, which is kept from one run to the next. */
export class TestProcess {
  readonly #folder: string;
  readonly #fuzzRuns: number | undefined;
  #child: ChildProcess | undefined;
  #output = "";

  /** @param fuzzRuns Of a fuzz test that does not say itself how often it is run; as configured where undefined. */
  constructor(folder: string, fuzzRuns?: number) {
    this.#folder = folder;
    this.#fuzzRuns = fuzzRuns;
  }

  /** @throws TestRunError, TestTimeoutError */
  run(files: readonly string[], limitSeconds?: number): Promise<Ending[]> {
    const child = (this.#child ??= this.#start());
    this.#output = "";
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        child.off("message", told).off("close", died);
        settle();
      };
      const told = (message: unknown) => {
        end(() => {
          if (isEndings(message) && message.length > 0) resolve(message);
          else reject(new TestRunError(files, typeof message === "string" ? message : this.#output));
        });
      };
      const died = () => {
        this.#child = undefined;
        end(() => {
          reject(new TestRunError(files, this.#output));
        });
      };
      const limit = limitSeconds ?? Number.POSITIVE_INFINITY;
      const late = () => {
        end(() => {
          this.close();
          reject(new TestTimeoutError(files, limit));
        });
      };
      const timer = Number.isFinite(limit) ? setTimeout(late, limit * 1000) : undefined;
      child.on("message", told).on("close", died);
      child.send(files);
    });
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const runs = this.#fuzzRuns === undefined ? [] : [String(this.#fuzzRuns)];
    const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), worker, ...runs], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_KEPT)));
    }
    return child;
  }
}
