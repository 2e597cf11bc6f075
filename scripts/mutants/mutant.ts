import { OPERATORS, changesOf, type Change, type Operator } from "./operators.ts";
import { textIn, walk, type Node, type Program, type Source } from "./syntax.ts";

/** One slip in one place of one file. */
export interface Mutant {
  /** What tells it from all others, whatever stands above it in its file. */
  readonly id: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly operator: Operator;
  /** The lines that change, without indentation. */
  readonly before: string;
  readonly after: string;
  readonly change: Change;
}

/** Functions that say what something is called: nothing hangs on them. */
const NAMES = new Set(["name", "symbol", "decimals", "version", "supportsInterface"]);

/** Every mutant of a file, in the order of the file; assembly, errors, events and constants' definitions are left as they are. */
export function mutantsOf(program: Program, source: Source): Mutant[] {
  const found: Mutant[] = [];
  const seen = new Map<string, number>();
  walk(source.ast, (node, above) => {
    if (isLeftOut(node)) return false;
    for (const change of changesOf(node, { source, program, above })) {
      const mutant = mutantOf(source, change, scopeOf(above));
      const times = (seen.get(mutant.id) ?? 0) + 1;
      seen.set(mutant.id, times);
      found.push(times === 1 ? mutant : { ...mutant, id: `${mutant.id} (${times})` });
    }
    return undefined;
  });
  return found.sort((a, b) => a.line - b.line || OPERATORS.indexOf(a.operator) - OPERATORS.indexOf(b.operator));
}

/** The file with the slip in it. */
export function contentOf(source: Source, { change }: Mutant): string {
  return source.with(change.start, change.end, change.text);
}

/** As a patch would show it. */
export function diffOf({ file, line, operator, before, after }: Mutant): string {
  return `${file}:${line} (${operator})\n- ${before}\n+ ${after}`;
}

function mutantOf(source: Source, change: Change, scope: string): Mutant {
  const { start, end, text, operator } = change;
  const first = source.lineStart(start);
  const last = source.lineEnd(end);
  const before = onOneLine(source.text(first, last));
  const after = onOneLine(source.text(first, start) + text + source.text(end, last));
  return {
    id: `${source.file} ${scope}: ${before} → ${after}`,
    file: source.file,
    line: source.lineAt(start),
    operator,
    before,
    after,
    change,
  };
}

function isLeftOut(node: Node): boolean {
  switch (node.nodeType) {
    case "InlineAssembly":
    case "EmitStatement":
    case "RevertStatement":
    case "ModifierInvocation":
    case "InheritanceSpecifier":
      return true;
    case "FunctionDefinition":
      return NAMES.has(textIn(node, "name"));
    default:
      return node.nodeType === "VariableDeclaration" && node["constant"] === true;
  }
}

function scopeOf(above: readonly Node[]): string {
  const named = above.findLast(
    ({ nodeType }) => nodeType === "FunctionDefinition" || nodeType === "ModifierDefinition",
  );
  return textIn(named, "name") || textIn(named, "kind") || "file";
}

function onOneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
