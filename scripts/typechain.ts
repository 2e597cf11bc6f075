// Generates typechain-types/ from the contracts. With --check it changes nothing, and fails when the folder is out of date.
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../hardhat.config.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const committed = join(root, "typechain-types");
const fresh = join(root, "cache/typechain-types");

async function generate(): Promise<void> {
  rmSync(fresh, { recursive: true, force: true });
  const typechain = { outDir: fresh, dontOverrideCompile: false };
  const hre = await createHardhatRuntimeEnvironment({ ...config, typechain }, {}, root);
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}

/** The files that differ in more than order and indentation of their lines and in bytecode, are missing or are left over. */
function differences(): string[] {
  const names = new Set([...filesIn(committed), ...filesIn(fresh)]);
  // The indices list the contracts in the order in which the file system names the artifacts, and the code that the
  // compiler makes of a contract depends on which files it sees together.
  const linesOf = (file: string) => readFileSync(file, "utf8").split("\n");
  const textOf = (file: string) =>
    existsSync(file)
      ? linesOf(file)
          .map((line) => line.trim())
          .filter((line) => !line.startsWith("const _bytecode ="))
          .sort()
          .join("\n")
      : undefined;
  return [...names].filter((name) => textOf(join(committed, name)) !== textOf(join(fresh, name))).sort();
}

await generate();
const stale = differences();
if (process.argv.includes("--check")) {
  for (const name of stale) console.error(`out of date: typechain-types/${name}`);
  if (stale.length > 0) console.error("Run: npm run compile");
  process.exitCode = stale.length === 0 ? 0 : 1;
} else if (stale.length > 0) {
  rmSync(committed, { recursive: true, force: true });
  cpSync(fresh, committed, { recursive: true });
}
