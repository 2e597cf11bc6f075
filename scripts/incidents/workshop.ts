import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Compiler, fileOf, type Bytecode, type Profiles } from "./compiler.ts";
import { TestProcess, type Ending } from "./testProcess.ts";

/** What a workshop holds. */
export interface Stock {
  readonly profiles: Profiles;
  /** What tests deploy from artifacts, by name. */
  readonly contracts: readonly string[];
  /** Folders of tests. */
  readonly tests: readonly string[];
  /** Of a fuzz test that does not say itself how often it is run; as configured where there is none. */
  readonly fuzzRuns?: number;
}

/** As Hardhat writes it; only the code is of interest. */
interface Artifact {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** Without the build infos, of which tests need nothing and which are a hundred times larger. */
const COPIED = ["package.json", "contracts", "vectors", "artifacts/contracts", "artifacts/@openzeppelin"];
/** Where the test runner keeps what failed, to try it again: on the next mutant that would only cost time. */
const FAILURES = "cache";

/** A copy of the compiled project in a temporary folder, in which contracts are changed, compiled and tried. */
export class Workshop {
  readonly folder: string;
  readonly compiler: Compiler;
  readonly stock: Stock;
  readonly #tests: TestProcess;
  readonly #files: ReadonlyMap<string, ReadonlySet<string>>;
  /** Text of what has been changed since the last restoring, by path. */
  readonly #before = new Map<string, string>();

  private constructor(folder: string, stock: Stock) {
    this.folder = folder;
    this.stock = stock;
    this.compiler = new Compiler(folder, stock.profiles);
    this.#tests = new TestProcess(folder, stock.fuzzRuns);
    this.#files = new Map(stock.contracts.map((name) => [name, this.compiler.filesOf(name)]));
  }

  /** @param root Of the project, or the folder of another workshop. */
  static async open(root: string, stock: Stock): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), "workshop-"));
    const folders = [
      ...COPIED,
      "test/helpers",
      ...stock.tests,
      ...stock.tests.map((tests) => join("artifacts", tests)),
    ];
    for (const path of folders) await cp(join(root, path), join(folder, path), { recursive: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    return new Workshop(folder, stock);
  }

  async close(): Promise<void> {
    this.#tests.close();
    await rm(this.folder, { recursive: true });
  }

  /** Contracts that are compiled from one of the files. */
  touchedBy(files: readonly string[]): string[] {
    return this.stock.contracts.filter((name) => files.some((file) => this.#files.get(name)?.has(file)));
  }

  /** Compiles contracts for good as mutants of them will be. */
  async makeComparable(contracts: Iterable<string>): Promise<void> {
    for (const contract of contracts) {
      const bytecode = this.compiler.compileQuickly(contract);
      if (bytecode !== undefined) await this.#install(artifactOf(contract), bytecode);
    }
    this.#before.clear();
  }

  read(file: string): Promise<string> {
    return readFile(join(this.folder, file), "utf8");
  }

  /** Changes a file until the next {@link restore}. */
  async put(file: string, content: string): Promise<void> {
    const path = join(this.folder, file);
    if (!this.#before.has(path)) this.#before.set(path, await this.read(file));
    await writeFile(path, content);
  }

  /** @throws CompileError */
  async compile(contract: string): Promise<void> {
    await this.#install(artifactOf(contract), this.compiler.compile(contract));
  }

  /** Compiles the contracts of a test, which hold what it calls of libraries. @throws CompileError */
  async compileTest(file: string): Promise<void> {
    for (const [name, bytecode] of this.compiler.compileFile(file)) {
      const artifact = join("artifacts", file, `${name}.json`);
      if (existsSync(join(this.folder, artifact))) await this.#install(artifact, bytecode);
    }
  }

  /** @throws TestRunError, TestTimeoutError */
  run(files: readonly string[], limitSeconds?: number): Promise<Ending[]> {
    return this.#tests.run(files, limitSeconds);
  }

  /** Everything as it was before the first change. */
  async restore(): Promise<void> {
    for (const [path, text] of this.#before) await writeFile(path, text);
    this.#before.clear();
    await rm(join(this.folder, FAILURES), { recursive: true, force: true });
  }

  async #install(file: string, { creation, runtime }: Bytecode): Promise<void> {
    const artifact = JSON.parse(await this.read(file)) as Artifact;
    await this.put(file, JSON.stringify({ ...artifact, bytecode: creation, deployedBytecode: runtime }));
  }
}

function artifactOf(contract: string): string {
  return join("artifacts", fileOf(contract), `${contract}.json`);
}
