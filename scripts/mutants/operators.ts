import { counterpart, functionCalled, isCommutative } from "./functions.ts";
import { endOf, nodesIn, startOf, textIn, typeOf, type Node, type Program, type Source } from "./syntax.ts";

/** What kinds of slips mutants stand for. */
export const OPERATORS = [
  "relation",
  "arithmetic",
  "logic",
  "condition",
  "requirement",
  "bound",
  "extreme",
  "rounding",
  "sign",
  "arguments",
  "deletion",
  "zero",
] as const;

export type Operator = (typeof OPERATORS)[number];

/** Other text between two bytes of a file. */
export interface Change {
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where a node stands: its file, the nodes above it, the nearest last, and all that can be referred to. */
export interface Place {
  readonly source: Source;
  readonly program: Program;
  readonly above: readonly Node[];
}

type Rule = (node: Node, place: Place) => Change[];

const RELATIONS: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "!=",
  "!=": "==",
};
const ARITHMETIC: Readonly<Record<string, string>> = { "+": "-", "-": "+", "*": "/", "/": "*", "<<": ">>", ">>": "<<" };
const LOGIC: Readonly<Record<string, string>> = { "&&": "||", "||": "&&" };
const EXTREMES = new Map([
  ["min", "max"],
  ["max", "min"],
]);
const NUMBER = /^u?int\d*$/;

/** Every change that a node allows. */
export function changesOf(node: Node, place: Place): Change[] {
  return (RULES[node.nodeType] ?? []).flatMap((rule) => rule(node, place));
}

const binaryOperation: Rule = (node, { source }) => {
  const operator = textIn(node, "operator");
  const [left] = nodesIn(node["leftExpression"]);
  const [right] = nodesIn(node["rightExpression"]);
  if (left === undefined || right === undefined) return [];
  const between = source.text(endOf(left), startOf(right));
  const swaps = [
    ["relation", RELATIONS[operator]],
    ["arithmetic", ARITHMETIC[operator]],
    ["logic", LOGIC[operator]],
  ] as const;
  return swaps.flatMap(([kind, other]) =>
    other === undefined
      ? []
      : [{ operator: kind, start: endOf(left), end: startOf(right), text: between.replace(operator, () => other) }],
  );
};

/** `a += b` and the like. */
const compoundAssignment: Rule = (node, { source }) => {
  const operator = textIn(node, "operator");
  const other = ARITHMETIC[operator.slice(0, -1)];
  const [left] = nodesIn(node["leftHandSide"]);
  const [right] = nodesIn(node["rightHandSide"]);
  if (other === undefined || left === undefined || right === undefined) return [];
  const text = source.text(endOf(left), startOf(right)).replace(operator, () => `${other}=`);
  return [{ operator: "arithmetic", start: endOf(left), end: startOf(right), text }];
};

/** A named constant on either side of a comparison, one more and one less. */
const boundary: Rule = (node, { source, program }) => {
  if (RELATIONS[textIn(node, "operator")] === undefined) return [];
  const sides = [...nodesIn(node["leftExpression"]), ...nodesIn(node["rightExpression"])];
  return sides
    .filter((side) => NUMBER.test(typeOf(side)) && isConstant(side, program))
    .flatMap((side) =>
      [" + 1", " - 1"].map((step) => ({
        ...rangeOf(side),
        operator: "bound",
        text: `(${source.textOf(side)}${step})`,
      })),
    );
};

const negatedCondition: Rule = (node, { source }) =>
  nodesIn(node["condition"]).map((condition) => ({
    ...rangeOf(condition),
    operator: "condition",
    text: `!(${source.textOf(condition)})`,
  }));

const sign: Rule = (node, { source }) => {
  const [operand] = nodesIn(node["subExpression"]);
  if (textIn(node, "operator") !== "-" || operand === undefined || typeOf(operand).startsWith("int_const")) return [];
  return [{ ...rangeOf(node), operator: "sign", text: source.textOf(operand) }];
};

/** Where nothing is returned but one number or one condition. */
const zero: Rule = (node, { source }) => {
  const [expression] = nodesIn(node["expression"]);
  if (expression === undefined) return [];
  const type = typeOf(expression);
  const nothing = NUMBER.test(type) ? "0" : type === "bool" ? "false" : undefined;
  if (nothing === undefined || source.textOf(expression) === nothing) return [];
  return [{ ...rangeOf(expression), operator: "zero", text: nothing }];
};

/** A statement that only changes something; a loop's step is left, or the loop would not end. */
const deletion: Rule = (node, { source, above }) => {
  const [expression] = nodesIn(node["expression"]);
  const loop = above.at(-1);
  if (expression === undefined || nodesIn(loop?.["loopExpression"]).includes(node)) return [];
  const called = textIn(nodesIn(expression["expression"])[0], "name");
  if (called === "require" || called === "revert" || called === "assert") return [];
  return [{ ...statementRange(node, source), operator: "deletion", text: "{}" }];
};

const requirement: Rule = (node, { source }) => {
  const [expression] = nodesIn(node["expression"]);
  if (textIn(nodesIn(expression?.["expression"])[0], "name") !== "require") return [];
  return [{ ...statementRange(node, source), operator: "requirement", text: "{}" }];
};

const call: Rule = (node, place) => {
  if (textIn(node, "kind") !== "functionCall") return [];
  return [...extreme(node, place), ...rounding(node, place), ...swappedArguments(node, place)];
};

const extreme: Rule = (node, { source }) => {
  const [called] = nodesIn(node["expression"]);
  const other = EXTREMES.get(nameOf(called));
  if (called === undefined || other === undefined) return [];
  return [{ operator: "extreme", ...rangeOf(called), text: source.textOf(called).replace(/\w+$/, other) }];
};

/** The function that rounds the other way; or the other way as an argument. */
const rounding: Rule = (node, { source, program }) => {
  const [called] = nodesIn(node["expression"]);
  const other = counterpart(node, program);
  if (called !== undefined && other !== undefined) {
    return [{ operator: "rounding", ...rangeOf(called), text: source.textOf(called).replace(/\w+$/, other) }];
  }
  return called === undefined ? [] : explicitRounding(node, source, called);
};

/** Where no function beside the one called rounds the other way. */
function explicitRounding(node: Node, source: Source, called: Node): Change[] {
  const passed = nodesIn(node["arguments"]);
  if (nameOf(called) === "ceilDiv" && passed.length === 2) {
    const [dividend = "", divisor = ""] = passed.map((argument) => source.textOf(argument));
    return [{ operator: "rounding", ...rangeOf(node), text: `((${dividend}) / (${divisor}))` }];
  }
  const last = passed.at(-1);
  if (last !== undefined && isDownByDefault(source.textOf(called), passed.length)) {
    return [{ operator: "rounding", start: endOf(last), end: endOf(last), text: ", Math.Rounding.Ceil" }];
  }
  return passed.flatMap((argument) => {
    const text = source.textOf(argument);
    if (!/\bRounding\.(Ceil|Floor)$/.test(text)) return [];
    const reversed = text.endsWith("Ceil") ? text.replace(/Ceil$/, "Floor") : text.replace(/Floor$/, "Ceil");
    return [{ operator: "rounding" as const, ...rangeOf(argument), text: reversed }];
  });
}

/** OpenZeppelin's function rounds as its fourth argument says, and down without one. */
function isDownByDefault(called: string, passed: number): boolean {
  return called === "Math.mulDiv" && passed === 3;
}

/** Neighbours of one type, unless their order says nothing. */
const swappedArguments: Rule = (node, { source, program }) => {
  const passed = nodesIn(node["arguments"]);
  const isOneType = (a: Node, b: Node) => typeOf(a) === typeOf(b) && source.textOf(a) !== source.textOf(b);
  return passed.slice(1).flatMap((second, i) => {
    const first = passed[i];
    if (first === undefined || !isOneType(first, second) || (i === 0 && isCommutative(functionCalled(node, program)))) {
      return [];
    }
    const between = source.text(endOf(first), startOf(second));
    const text = source.textOf(second) + between + source.textOf(first);
    return [{ operator: "arguments", start: startOf(first), end: endOf(second), text }];
  });
};

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  BinaryOperation: [binaryOperation, boundary],
  Assignment: [compoundAssignment],
  IfStatement: [negatedCondition],
  Conditional: [negatedCondition],
  WhileStatement: [negatedCondition],
  UnaryOperation: [sign],
  Return: [zero],
  ExpressionStatement: [deletion, requirement],
  FunctionCall: [call],
};

function rangeOf(node: Node): { readonly start: number; readonly end: number } {
  return { start: startOf(node), end: endOf(node) };
}

/** With the semicolon, which the compiler does not count. */
function statementRange(node: Node, source: Source): { readonly start: number; readonly end: number } {
  const { start, end } = rangeOf(node);
  return { start, end: source.text(end, end + 1) === ";" ? end + 1 : end };
}

function nameOf(node: Node | undefined): string {
  return textIn(node, "memberName") || textIn(node, "name");
}

function isConstant(node: Node, { nodes }: Program): boolean {
  const declared = nodes.get(Number(node["referencedDeclaration"]));
  return node.nodeType === "Identifier" && declared?.["constant"] === true;
}
