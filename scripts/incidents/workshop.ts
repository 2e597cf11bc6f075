import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutant } from "../../test/incidents/mutants.ts";
import { Compiler, fileOf, type Bytecode, type Profiles } from "./compiler.ts";
import { mutated } from "./mutation.ts";
import { runScenarios, type Ending } from "./scenario.ts";

/** What the scenarios deploy from artifacts. */
const DEPLOYED = [
  "PriceOracle",
  "VolatilityOracle",
  "Markets",
  "Clearinghouse",
  "ClearinghouseForce",
  "ClearinghouseBooks",
  "MarginEngine",
  "BackstopVault",
  "Liquidator",
  "LiquidityPool",
  "PoolQuoter",
] as const;

/** As Hardhat writes it; only the code is of interest. */
interface Artifact {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

const SCENARIOS = "test/incidents";
/** Artifacts without the build infos, of which the scenarios need nothing and which are a hundred times larger. */
const COPIED = ["package.json", "contracts", SCENARIOS, "artifacts/contracts", "artifacts/@openzeppelin"];
const ARTIFACTS_OF_SCENARIOS = join("artifacts", SCENARIOS);

/** A copy of the compiled project in a temporary folder, in which contracts are changed, compiled and tried. */
export class Workshop {
  readonly folder: string;
  readonly #compiler: Compiler;
  readonly #files: ReadonlyMap<string, ReadonlySet<string>>;
  /** Artifacts by contract, as mutants are compiled, once they were needed. */
  readonly #originals = new Map<string, Artifact>();

  private constructor(folder: string, profiles: Profiles) {
    this.folder = folder;
    this.#compiler = new Compiler(folder, profiles);
    this.#files = new Map(DEPLOYED.map((name) => [name, this.#compiler.filesOf(name)]));
  }

  static async open(root: string, profiles: Profiles): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), "incidents-"));
    for (const path of [...COPIED, ARTIFACTS_OF_SCENARIOS]) {
      await cp(join(root, path), join(folder, path), { recursive: true });
    }
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    return new Workshop(folder, profiles);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  /** Runs scenarios on the code as it is, but every contract that a mutant touches compiled as the mutant will be. */
  async control(incidents: readonly string[], mutants: readonly Mutant[]): Promise<Ending[]> {
    for (const contract of new Set(mutants.flatMap((mutant) => this.#touchedBy(mutant)))) {
      const bytecode = this.#compiler.compileQuickly(contract);
      if (bytecode === undefined) continue;
      const artifact = { ...(await this.#original(contract)), ...fieldsOf(bytecode) };
      this.#originals.set(contract, artifact);
      await this.#install(contract, artifact);
    }
    return runScenarios(this.folder, incidents.map(testFile));
  }

  /** Runs a scenario on a mutant, after the control, and leaves the originals behind. */
  async try(incident: string, mutant: Mutant): Promise<Ending[]> {
    const before = new Map<string, string>();
    const touched = this.#touchedBy(mutant);
    try {
      for (const edit of mutant.edits) {
        const path = join(this.folder, edit.file);
        const source = await readFile(path, "utf8");
        if (!before.has(path)) before.set(path, source);
        await writeFile(path, mutated(source, edit));
      }
      for (const contract of touched) {
        const artifact = await this.#original(contract);
        await this.#install(contract, { ...artifact, ...fieldsOf(this.#compiler.compile(contract)) });
      }
      return await runScenarios(this.folder, [testFile(incident)]);
    } finally {
      for (const [path, source] of before) await writeFile(path, source);
      for (const contract of touched) await this.#install(contract, await this.#original(contract));
    }
  }

  #touchedBy({ edits }: Mutant): string[] {
    return DEPLOYED.filter((name) => edits.some(({ file }) => this.#files.get(name)?.has(file)));
  }

  async #original(contract: string): Promise<Artifact> {
    const known = this.#originals.get(contract);
    if (known !== undefined) return known;
    const artifact = JSON.parse(await readFile(this.#pathOf(contract), "utf8")) as Artifact;
    this.#originals.set(contract, artifact);
    return artifact;
  }

  async #install(contract: string, artifact: Artifact): Promise<void> {
    await writeFile(this.#pathOf(contract), JSON.stringify(artifact));
  }

  #pathOf(contract: string): string {
    return join(this.folder, "artifacts", fileOf(contract), `${contract}.json`);
  }
}

function fieldsOf({ creation, runtime }: Bytecode): Artifact {
  return { bytecode: creation, deployedBytecode: runtime };
}

export function testFile(incident: string): string {
  return `${SCENARIOS}/${incident}.t.sol`;
}
