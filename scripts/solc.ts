// The compiler itself, for what Hardhat does not ask of it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import solc from "solc";

/** Gives what a source imports. */
export type Import = (path: string) => { readonly contents: string } | { readonly error: string };

export interface Message {
  readonly severity: string;
  readonly formattedMessage: string;
}

const compileStandard = solc.compile as (input: string, callbacks: { readonly import: Import }) => string;

/** @returns the compiler's standard output for its standard input. */
export function compile(input: object, read: Import): unknown {
  return JSON.parse(compileStandard(JSON.stringify(input), { import: read }));
}

/** Finds imports in a project and in its packages. */
export function importsOf(root: string): Import {
  return (path) => {
    const file = [join(root, path), join(root, "node_modules", path)].find((place) => existsSync(place));
    return file === undefined ? { error: `${path} not found` } : { contents: readFileSync(file, "utf8") };
  };
}

/** The text of the errors among messages; empty where there is none. */
export function errorsIn(messages: readonly Message[]): string {
  return messages
    .filter(({ severity }) => severity === "error")
    .map(({ formattedMessage }) => formattedMessage)
    .join("\n");
}
