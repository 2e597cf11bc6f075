// `npm run prove`: gives the properties of test/model to the compiler's model checker and says of each what it found. Fails unless all are
// proven and those of the control refuted. They call no loops, so that the bounded engine looks at every path.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./compiled.ts";
import { compile, errorsIn, importsOf, type Message } from "./solc.ts";

interface Finding extends Message {
  readonly errorCode: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number };
}

type Verdict = "proven" | "refuted" | "undecided";

/** The checker's codes for an assertion; anything else that it says of one is no proof. */
const VERDICTS: Readonly<Record<string, Verdict>> = { 2961: "proven", 4661: "refuted" };
const MODELS: readonly { readonly name: string; readonly expected: Verdict; readonly note?: string }[] = [
  { name: "AuctionCurve", expected: "proven" },
  { name: "LegGuards", expected: "proven" },
  { name: "ModuleNotice", expected: "proven" },
  { name: "ParameterBounds", expected: "proven" },
  { name: "ScenarioGrid", expected: "proven" },
  { name: "SignedWad", expected: "proven" },
  { name: "Control", expected: "refuted", note: ", wrong on purpose" },
];

function check(name: string): readonly { readonly property: string; readonly verdict: Verdict }[] {
  const file = `test/model/${name}.sol`;
  const source = readFileSync(join(ROOT, file), "utf8");
  const input = {
    language: "Solidity",
    sources: { [file]: { content: source } },
    settings: {
      evmVersion: "osaka",
      outputSelection: {},
      modelChecker: {
        engine: "bmc",
        solvers: ["z3"],
        targets: ["assert"],
        contracts: { [file]: [`${name}Model`] },
        showUnproved: true,
        showProvedSafe: true,
      },
    },
  };
  const { errors = [] } = compile(input, importsOf(ROOT)) as { readonly errors?: readonly Finding[] };
  const fatal = errorsIn(errors);
  if (fatal !== "") throw new Error(fatal);
  // Places are in bytes.
  const bytes = Buffer.from(source);
  const propertyAt = (start: number) =>
    [
      ...bytes
        .subarray(0, start)
        .toString()
        .matchAll(/function (\w+)/g),
    ].at(-1)?.[1] ?? "?";
  const found = new Map<string, Verdict>();
  for (const { errorCode, sourceLocation } of errors) {
    if (sourceLocation?.file !== file) continue;
    const verdict = VERDICTS[errorCode];
    if (verdict !== undefined) found.set(propertyAt(sourceLocation.start), verdict);
  }
  return [...source.matchAll(/function (\w+)/g)].map(([, property = ""]) => ({
    property,
    verdict: found.get(property) ?? "undecided",
  }));
}

const results = MODELS.flatMap(({ name, expected, note = "" }) =>
  check(name).map((result) => ({ name, note, ...result, isExpected: result.verdict === expected })),
);
for (const { name, note, property, verdict, isExpected } of results) {
  console.log(`${isExpected ? " " : "!"} ${verdict.padEnd(9)}  ${name}.${property}${note}`);
}
process.exitCode = results.every(({ isExpected }) => isExpected) ? 0 : 1;
