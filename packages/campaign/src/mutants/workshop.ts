import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Compiler, type Profiles, fileOf } from "../../../../scripts/incidents/compiler.ts";
import { mutated } from "../../../../scripts/incidents/mutation.ts";
import { SURFACE_CONTRACTS } from "../chain/contracts.ts";
import type { CampaignMutant } from "./list.ts";

/** Code that only reads is not changed, and takes minutes to compile. */
const COPIED = [
  "package.json",
  "hardhat.config.ts",
  "tsconfig.json",
  "contracts",
  "artifacts/contracts",
  "artifacts/@openzeppelin",
];
const LINKED = ["node_modules", "packages", "deploy", "scripts", "test", "typechain-types"];
const worker = fileURLToPath(import.meta.resolve("./worker.ts"));

/** What a campaign on a mutant found. */
export interface Verdict {
  readonly invariants: readonly string[];
  readonly message: string;
  readonly operations: number;
}

/** The process that should have played died. */
export class WorkerError extends Error {
  override readonly name = "WorkerError";

  constructor(readonly output: string) {
    super(`the campaign on a mutant ended without a verdict\n${output}`);
  }
}

/** What a mutant changes is not part of any contract that the campaign plays on. */
export class UntouchedError extends Error {
  override readonly name = "UntouchedError";

  constructor(readonly mutant: string) {
    super(`none of ${SURFACE_CONTRACTS.join(", ")} contains what "${mutant}" changes`);
  }
}

/** A copy of the compiled project in a temporary folder, in which contracts are changed, compiled and played on. */
export class MutantWorkshop {
  readonly folder: string;
  readonly #compiler: Compiler;

  private constructor(folder: string, profiles: Profiles) {
    this.folder = folder;
    this.#compiler = new Compiler(folder, profiles);
  }

  static async open(root: string, profiles: Profiles): Promise<MutantWorkshop> {
    const folder = await mkdtemp(join(tmpdir(), "campaign-"));
    for (const path of COPIED) await cp(join(root, path), join(folder, path), { recursive: true });
    for (const path of LINKED) await symlink(join(root, path), join(folder, path));
    return new MutantWorkshop(folder, profiles);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /**
   * Plays on the contracts with a mutant in them, and leaves the originals behind.
   * @throws UntouchedError, CompileError, WorkerError
   */
  async try(
    { name, edits }: CampaignMutant,
    options: { readonly operations: number; readonly seed: number },
  ): Promise<Verdict> {
    const before = new Map<string, string>();
    const touched = SURFACE_CONTRACTS.filter((contract) => {
      const files = this.#compiler.filesOf(contract);
      return edits.some(({ file }) => files.has(file));
    });
    if (touched.length === 0) throw new UntouchedError(name);
    const change = async (path: string, content: string) => {
      if (!before.has(path)) before.set(path, await readFile(path, "utf8"));
      await writeFile(path, content);
    };
    try {
      for (const edit of edits) {
        const path = join(this.folder, edit.file);
        await change(path, mutated(await readFile(path, "utf8"), edit));
      }
      for (const contract of touched) {
        const path = join(this.folder, "artifacts", fileOf(contract), `${contract}.json`);
        const artifact = JSON.parse(await readFile(path, "utf8")) as object;
        const { creation, runtime } = this.#compiler.compile(contract);
        await change(path, JSON.stringify({ ...artifact, bytecode: creation, deployedBytecode: runtime }));
      }
      return await this.play(options);
    } finally {
      for (const [path, content] of before) await writeFile(path, content);
    }
  }

  /** Plays on what the folder holds, in a process of its own: Hardhat reads artifacts once. */
  async play({ operations, seed }: { readonly operations: number; readonly seed: number }): Promise<Verdict> {
    const child = spawn(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), worker, String(operations), String(seed)],
      {
        cwd: this.folder,
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    let verdict: Verdict | undefined;
    child.on("message", (message) => {
      verdict = message as Verdict;
    });
    await once(child, "close");
    if (verdict === undefined) throw new WorkerError(output);
    return verdict;
  }
}
