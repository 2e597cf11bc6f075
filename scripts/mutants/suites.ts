import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileOf, type Compiler } from "../incidents/compiler.ts";

/** In the order in which a mutant meets them; the last only where it is given time. */
export const TEST_FOLDERS: readonly string[] = ["test/unit", "test/incidents", "test/invariant"];

/** Holds what deploys the clearinghouse, hence the names of its pieces, whoever calls it or not. */
const BASE = "test/helpers/Test.sol";
const CLEARINGHOUSE = ["Clearinghouse", "ClearinghouseForce", "ClearinghouseBooks"];

/** A file of Solidity tests. */
export interface Suite {
  readonly file: string;
  /** What the compiled test holds code of, as far as that may be mutated. */
  readonly files: ReadonlySet<string>;
  /** What it deploys from artifacts. */
  readonly deploys: ReadonlySet<string>;
}

/** Every test of a project. What a test deploys from an artifact it imports for its type only, so its code is not in the test. */
export function suitesOf(
  root: string,
  compiler: Compiler,
  { deployed, folders }: { readonly deployed: readonly string[]; readonly folders: readonly string[] },
): Suite[] {
  const types = new Set(deployed.map(fileOf));
  return folders
    .flatMap((folder) => globSync(`${folder}/*.t.sol`, { cwd: root }).sort())
    .map((file) => {
      const files = compiler.filesFrom(file, types);
      const texts = [...files]
        .filter((one) => one.startsWith("test/") && one !== BASE)
        .map((one) => readFileSync(join(root, one), "utf8"));
      return {
        file,
        files,
        deploys: new Set(deployed.filter((name) => texts.some((text) => isDeployedBy(text, name)))),
      };
    });
}

/** A mutated file, and the contracts that are compiled from it. */
export interface Touched {
  readonly file: string;
  readonly contracts: readonly string[];
}

/** Whether a mutant of a file can show in a test. */
export function isConcerned(suite: Suite, { file, contracts }: Touched): boolean {
  return suite.files.has(file) || contracts.some((contract) => suite.deploys.has(contract));
}

/** How near a test is to a file, the nearest first: named after it, holding it, named after a contract with it, any other. */
export function distanceOf({ file, files }: Suite, touched: Touched): number {
  const folder = TEST_FOLDERS.findIndex((one) => file.startsWith(one));
  if (folder > 0) return 3 + folder;
  const [concept = ""] = basename(file).split(".");
  if (concept === basename(touched.file, ".sol")) return 0;
  if (files.has(touched.file) && !touched.file.startsWith("contracts/types")) return 1;
  return touched.contracts.includes(concept) ? 2 : 3;
}

function isDeployedBy(text: string, name: string): boolean {
  return text.includes(`"${name}"`) || (CLEARINGHOUSE.includes(name) && text.includes("deployClearinghouse("));
}
