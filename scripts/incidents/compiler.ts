import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { compile, errorsIn, importsOf, type Import, type Message } from "../solc.ts";

/** Settings of the compiler, as in the configuration of Hardhat. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Bytecode {
  readonly creation: string;
  readonly runtime: string;
}

interface Output {
  readonly errors?: readonly Message[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, { readonly evm?: Evm }>>>>;
}

interface Evm {
  readonly bytecode: { readonly object: string };
  readonly deployedBytecode: { readonly object: string };
}

/** A contract does not compile: with a mutant in it, that says nothing about the scenario. */
export class CompileError extends Error {
  override readonly name = "CompileError";

  constructor(
    readonly contract: string,
    readonly output: string,
  ) {
    super(`${contract} does not compile\n${output}`);
  }
}

/** How contracts may be compiled: as tests are, without optimiser, and as what is deployed. */
export interface Profiles {
  readonly quick: Settings;
  readonly deployed: Settings;
}

/** Compiles one contract of a project and what it imports. */
export class Compiler {
  readonly #root: string;
  readonly #profiles: Profiles;
  readonly #read: Import;

  constructor(root: string, profiles: Profiles) {
    this.#root = root;
    this.#profiles = profiles;
    this.#read = importsOf(root);
  }

  /** Without optimiser, which takes a second or two; as it is deployed where the stack is too deep for that. */
  compile(name: string): Bytecode {
    return this.compileQuickly(name) ?? this.#bytecodeOf(name, this.#run(name, this.#profiles.deployed));
  }

  /** Without optimiser; undefined where the stack is too deep for that. */
  compileQuickly(name: string): Bytecode | undefined {
    const output = this.#run(name, this.#profiles.quick);
    return isOutOfStack(output) ? undefined : this.#bytecodeOf(name, output);
  }

  /**
   * Contracts of a file by name, without optimiser; those that are not deployed have no code.
   * @throws CompileError
   */
  compileFile(file: string): ReadonlyMap<string, Bytecode> {
    const output = this.#compiled(file, "*", this.#profiles.quick);
    const contracts = Object.entries(output.contracts?.[file] ?? {});
    if (contracts.length === 0) throw new CompileError(file, errorsIn(output.errors ?? []));
    return new Map(
      contracts.flatMap(([name, { evm }]) => (evm === undefined ? [] : [[name, bytecodeOf(evm)] as const])),
    );
  }

  /** The files that a contract is compiled from, itself included. */
  filesOf(name: string): ReadonlySet<string> {
    return this.filesFrom(fileOf(name));
  }

  /** The files that a file is compiled from, itself included; what only `without` leads to is left out. */
  filesFrom(first: string, without: ReadonlySet<string> = new Set()): ReadonlySet<string> {
    const found = new Set<string>();
    const visit = (file: string) => {
      if (found.has(file) || without.has(file) || !existsSync(join(this.#root, file))) return;
      found.add(file);
      for (const [, path = ""] of readFileSync(join(this.#root, file), "utf8").matchAll(/from "(\.[^"]+)"/g)) {
        visit(normalize(join(dirname(file), path)));
      }
    };
    visit(first);
    return found;
  }

  #bytecodeOf(name: string, output: Output): Bytecode {
    const evm = output.contracts?.[fileOf(name)]?.[name]?.evm;
    if (evm === undefined || evm.bytecode.object === "") throw new CompileError(name, errorsIn(output.errors ?? []));
    return bytecodeOf(evm);
  }

  #run(name: string, settings: Settings): Output {
    return this.#compiled(fileOf(name), name, settings);
  }

  #compiled(file: string, name: string, settings: Settings): Output {
    const input = {
      language: "Solidity",
      sources: { [file]: { content: readFileSync(join(this.#root, file), "utf8") } },
      settings: {
        ...settings,
        outputSelection: { [file]: { [name]: ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
      },
    };
    return compile(input, this.#read) as Output;
  }
}

export function fileOf(contract: string): string {
  return `contracts/${contract}.sol`;
}

function bytecodeOf({ bytecode, deployedBytecode }: Evm): Bytecode {
  return { creation: `0x${bytecode.object}`, runtime: `0x${deployedBytecode.object}` };
}

function isOutOfStack({ errors = [] }: Output): boolean {
  return errors.some(({ formattedMessage }) => formattedMessage.includes("Stack too deep"));
}
