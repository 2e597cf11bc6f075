import { nodesIn, textIn, typeOf, type Node, type Program } from "./syntax.ts";

/** Functions whose first two arguments may stand in either order. */
const COMMUTATIVE = /^(min|max|dist|average|mul|mulWad|mulDiv|fullMulDiv|sMulWad)(Up|Down)?$/;

/** Declaration of the function that a call goes to; undefined for what is built into the language. */
export function functionCalled(call: Node, { nodes }: Program): Node | undefined {
  const [called] = nodesIn(call["expression"]);
  const declared = nodes.get(Number(called?.["referencedDeclaration"]));
  return declared?.nodeType === "FunctionDefinition" ? declared : undefined;
}

export function isCommutative(declared: Node | undefined): boolean {
  return COMMUTATIVE.test(textIn(declared, "name"));
}

/** Name of the function beside the one called that takes as much and rounds the other way. */
export function counterpart(call: Node, program: Program): string | undefined {
  const declared = functionCalled(call, program);
  if (declared === undefined) return undefined;
  const name = textIn(declared, "name");
  const beside = nodesIn(program.nodes.get(Number(declared["scope"]))?.["nodes"]);
  const taken = typesTaken(declared);
  return othersOf(name).find((other) =>
    beside.some((one) => textIn(one, "name") === other && typesTaken(one) === taken),
  );
}

function othersOf(name: string): string[] {
  const stem = name.replace(/(Up|Down)$/, "");
  return ["", "Up", "Down"].map((way) => stem + way).filter((other) => other !== name);
}

function typesTaken(declared: Node): string {
  const [list] = nodesIn(declared["parameters"]);
  return nodesIn(list?.["parameters"])
    .map((one) => typeOf(one))
    .join();
}
