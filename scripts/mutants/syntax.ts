import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile, errorsIn, importsOf, type Import, type Message } from "../solc.ts";

/** A node of the compiler's syntax tree. `src` is `first byte:bytes:file`. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly id?: number;
  readonly [field: string]: unknown;
}

interface Output {
  readonly errors?: readonly Message[];
  readonly sources?: Readonly<Record<string, { readonly ast: Node }>>;
}

/** What is to be mutated does not compile as it is. */
export class SourceError extends Error {
  override readonly name = "SourceError";

  constructor(readonly output: string) {
    super(`the sources do not compile\n${output}`);
  }
}

/** A file with its bytes, in which the compiler counts. */
export class Source {
  readonly #bytes: Buffer;

  constructor(
    readonly file: string,
    readonly ast: Node,
    content: string,
  ) {
    this.#bytes = Buffer.from(content);
  }

  text(start: number, end: number): string {
    return this.#bytes.subarray(start, end).toString();
  }

  textOf(node: Node): string {
    return this.text(startOf(node), endOf(node));
  }

  /** From 1. */
  lineAt(byte: number): number {
    return this.text(0, byte).split("\n").length;
  }

  /** First byte of the line of a byte. */
  lineStart(byte: number): number {
    return this.#bytes.lastIndexOf("\n", byte - 1) + 1;
  }

  /** One past the last byte of the line of a byte. */
  lineEnd(byte: number): number {
    const end = this.#bytes.indexOf("\n", byte);
    return end === -1 ? this.#bytes.length : end;
  }

  /** The file with other text between two bytes. */
  with(start: number, end: number, replacement: string): string {
    return this.text(0, start) + replacement + this.text(end, this.#bytes.length);
  }
}

/** Sources by file, and every node that can be referred to by number. */
export interface Program {
  readonly sources: ReadonlyMap<string, Source>;
  readonly nodes: ReadonlyMap<number, Node>;
}

/**
 * Reads the syntax trees of files and of all that they import, without generating code.
 * @throws SourceError
 */
export function parse(contents: ReadonlyMap<string, string>, read: Import): Program {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...contents].map(([file, content]) => [file, { content }])),
    settings: { evmVersion: "osaka", outputSelection: { "*": { "": ["ast"] } } },
  };
  const { errors = [], sources = {} } = compile(input, read) as Output;
  const serious = errorsIn(errors);
  if (serious !== "") throw new SourceError(serious);
  const nodes = new Map<number, Node>();
  const found = new Map<string, Source>();
  for (const [file, { ast }] of Object.entries(sources)) {
    walk(ast, (node) => {
      if (node.id !== undefined) nodes.set(node.id, node);
    });
    const content = contents.get(file);
    if (content !== undefined) found.set(file, new Source(file, ast, content));
  }
  return { sources: found, nodes };
}

/** As {@link parse}, of files of a project. */
export function parseFiles(root: string, files: readonly string[]): Program {
  const contents = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
  return parse(contents, importsOf(root));
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** Nodes in a field, of which there may be one, several or none. */
export function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.filter(isNode);
  return isNode(value) ? [value] : [];
}

/** The node and all below it, each with those above it, the nearest last; nothing below one for which `visit` gives false. */
export function walk(
  node: Node,
  visit: (node: Node, above: readonly Node[]) => unknown,
  above: readonly Node[] = [],
): void {
  if (visit(node, above) === false) return;
  const under = [...above, node];
  for (const field of Object.values(node)) for (const child of nodesIn(field)) walk(child, visit, under);
}

export function startOf({ src }: Node): number {
  return Number(src.split(":")[0]);
}

export function endOf(node: Node): number {
  return startOf(node) + Number(node.src.split(":")[1]);
}

/** Type of an expression, as the compiler writes it: `uint256`, `int_const 5`, `struct Risk memory`; empty where there is none. */
export function typeOf(node: Node | undefined): string {
  const { typeString } = (node?.["typeDescriptions"] ?? {}) as { typeString?: string | null };
  return typeString ?? "";
}

/** A text field of a node; empty where there is none. */
export function textIn(node: Node | undefined, field: string): string {
  const value = node?.[field];
  return typeof value === "string" ? value : "";
}
