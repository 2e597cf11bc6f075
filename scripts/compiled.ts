// What the compiler says of every contract without making code of it: interfaces, documentation, layout of storage.
import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, errorsIn, importsOf, type Message } from "./solc.ts";

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly indexed?: boolean;
  readonly components?: readonly Parameter[];
}

export interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly Parameter[];
}

export interface Slot {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

export interface Layout {
  readonly storage: readonly Slot[];
  readonly types: Readonly<
    Record<string, { readonly label: string; readonly numberOfBytes: string; readonly members?: readonly Slot[] }>
  > | null;
}

export interface Documented {
  readonly errors?: Readonly<Record<string, readonly Entry[]>>;
  readonly events?: Readonly<Record<string, Entry>>;
}

export interface Entry {
  readonly notice?: string;
  readonly details?: string;
  readonly params?: Readonly<Record<string, string>>;
}

export interface CompiledContract {
  readonly file: string;
  readonly name: string;
  readonly abi: readonly AbiItem[];
  readonly userdoc: Documented;
  readonly devdoc: Documented;
  readonly storageLayout: Layout;
}

interface Output {
  readonly errors?: readonly Message[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Omit<CompiledContract, "file" | "name">>>>>;
}

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** All contracts, interfaces and libraries below `contracts/` but the mocks. Takes some seconds. */
export function analyse(): readonly CompiledContract[] {
  const files = globSync("contracts/**/*.sol", { cwd: ROOT })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => !file.startsWith("contracts/mocks/"))
    .sort();
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((file) => [file, { content: readFileSync(join(ROOT, file), "utf8") }])),
    settings: {
      evmVersion: "osaka",
      outputSelection: Object.fromEntries(
        files.map((file) => [file, { "*": ["abi", "userdoc", "devdoc", "storageLayout"] }]),
      ),
    },
  };
  const { errors = [], contracts = {} } = compile(input, importsOf(ROOT)) as Output;
  const fatal = errorsIn(errors);
  if (fatal !== "") throw new Error(fatal);
  return files.flatMap((file) =>
    Object.entries(contracts[file] ?? {}).map(([name, contract]) => ({ file, name, ...contract })),
  );
}

/** What gets deployed, and what abstract contracts it is made of: one file each beside the folders. */
export function isDeployed({ file }: CompiledContract): boolean {
  return /^contracts\/[^/]+\.sol$/.test(file);
}
