import { appendFileSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { fileOf } from "../../scripts/incidents/compiler.ts";
import { contentOf, mutantsOf, type Mutant } from "../../scripts/mutants/mutant.ts";
import type { Operator } from "../../scripts/mutants/operators.ts";
import { Queue } from "../../scripts/mutants/queue.ts";
import { Records, type Record } from "../../scripts/mutants/records.ts";
import { sampleOf, shares } from "../../scripts/mutants/sample.ts";
import { scheduleOf } from "../../scripts/mutants/schedule.ts";
import { isGood, summarise, toText } from "../../scripts/mutants/summary.ts";
import { SourceError, parse, parseFiles } from "../../scripts/mutants/syntax.ts";
import { AREAS, NOT_MUTATED, TARGETS } from "../../scripts/mutants/targets.ts";
import { SURVIVORS } from "./survivors.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const FILE = "contracts/Sample.sol";

/** Bytes and characters differ from the first line on. */
const SAMPLE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;
// κ ≤ 1
library Rounding {
    function mulDown(uint256 a, uint256 b) internal pure returns (uint256) {
        return a * b;
    }

    function mulUp(uint256 a, uint256 b) internal pure returns (uint256) {
        return a + b;
    }
}

contract Sample {
    error Zero();
    event Told(uint256 x);

    uint256 private constant LIMIT = 5;
    uint256 public total;

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? b : a;
    }

    function weigh(uint256 a, int256 b, uint256 c) internal pure returns (uint256) {
        assembly {
            a := add(a, 1)
        }
        return b > 0 && c >= LIMIT ? a : c;
    }

    function act(uint256 x, int256 y) external returns (int256) {
        require(x != 0, Zero());
        if (x > LIMIT) total += Rounding.mulDown(x, 2);
        if (x == 7) total = min(x, total);
        for (uint256 i = 0; i < x; ++i) total = weigh(x, y, i);
        emit Told(total - 1);
        return -y;
    }

    function name() external pure returns (bool) {
        return 1 < 2;
    }
}
`;

const program = parse(new Map([[FILE, SAMPLE]]), (path) => ({ error: `${path} not found` }));
const [source] = program.sources.values();

function mutants(): Mutant[] {
  if (source === undefined) throw new TypeError("the sample has no tree");
  return mutantsOf(program, source);
}

/** What becomes of lines, as `before → after`. */
function changes(operator: Operator): string[] {
  return mutants()
    .filter((mutant) => mutant.operator === operator)
    .map(({ before, after }) => `${before} → ${after}`);
}

const record = (id: string, outcome: Record["outcome"]): Record => ({
  id,
  digest: "d",
  file: FILE,
  line: 1,
  operator: "relation",
  outcome,
  by: "",
  reason: "",
  seconds: 1,
});

describe("mutants of a contract", () => {
  it("shift the bound of a comparison and turn an equation round", () => {
    expect(changes("relation")).to.include(
      "if (x > LIMIT) total += Rounding.mulDown(x, 2); → if (x >= LIMIT) total += Rounding.mulDown(x, 2);",
    );
    expect(changes("relation")).to.include("require(x != 0, Zero()); → require(x == 0, Zero());");
  });

  it("exchange operators, also in an assignment", () => {
    expect(changes("arithmetic")).to.include("return a * b; → return a / b;");
    expect(changes("arithmetic")).to.include(
      "if (x > LIMIT) total += Rounding.mulDown(x, 2); → if (x > LIMIT) total -= Rounding.mulDown(x, 2);",
    );
    expect(changes("logic")).to.have.members([
      "return b > 0 && c >= LIMIT ? a : c; → return b > 0 || c >= LIMIT ? a : c;",
    ]);
  });

  it("turn conditions round", () => {
    expect(changes("condition")).to.include("return a < b ? a : b; → return !(a < b) ? a : b;");
  });

  it("leave out what is required, and statements that only change something", () => {
    expect(changes("requirement")).to.have.members(["require(x != 0, Zero()); → {}"]);
    expect(changes("deletion")).to.have.members([
      "if (x > LIMIT) total += Rounding.mulDown(x, 2); → if (x > LIMIT) {}",
      "if (x == 7) total = min(x, total); → if (x == 7) {}",
      "for (uint256 i = 0; i < x; ++i) total = weigh(x, y, i); → for (uint256 i = 0; i < x; ++i) {}",
    ]);
  });

  it("move a named constant by one where something is compared with it", () => {
    expect(changes("bound")).to.have.members([
      "return b > 0 && c >= LIMIT ? a : c; → return b > 0 && c >= (LIMIT + 1) ? a : c;",
      "return b > 0 && c >= LIMIT ? a : c; → return b > 0 && c >= (LIMIT - 1) ? a : c;",
      "if (x > LIMIT) total += Rounding.mulDown(x, 2); → if (x > (LIMIT + 1)) total += Rounding.mulDown(x, 2);",
      "if (x > LIMIT) total += Rounding.mulDown(x, 2); → if (x > (LIMIT - 1)) total += Rounding.mulDown(x, 2);",
    ]);
  });

  it("take the function that rounds the other way, and the other extreme", () => {
    expect(changes("rounding")).to.have.members([
      "if (x > LIMIT) total += Rounding.mulDown(x, 2); → if (x > LIMIT) total += Rounding.mulUp(x, 2);",
    ]);
    expect(changes("extreme")).to.have.members([
      "if (x == 7) total = min(x, total); → if (x == 7) total = max(x, total);",
    ]);
  });

  it("drop a sign, return nothing, and exchange arguments of one type whose order matters", () => {
    expect(changes("sign")).to.have.members(["return -y; → return y;"]);
    expect(changes("zero")).to.include("return -y; → return 0;");
    expect(changes("arguments")).to.be.empty;
  });

  it("leave assembly, events and names alone", () => {
    const lines = mutants().map(({ before }) => before);
    expect(lines.filter((line) => /add\(|emit|1 < 2/.test(line))).to.be.empty;
  });

  it("differ from the file in the line that they name, and from each other", () => {
    if (source === undefined) throw new TypeError("the sample has no tree");
    const original = SAMPLE.split("\n");
    for (const mutant of mutants()) {
      const changed = contentOf(source, mutant).split("\n");
      const differing = original.flatMap((line, i) => (line === changed[i] ? [] : [i + 1]));
      expect(differing, mutant.id).to.deep.equal([mutant.line]);
      expect(changed[mutant.line - 1]?.trim()).to.equal(mutant.after);
    }
    expect(new Set(mutants().map(({ id }) => id)).size).to.equal(mutants().length);
  });

  it("compile, all but few", () => {
    if (source === undefined) throw new TypeError("the sample has no tree");
    for (const mutant of mutants()) {
      const read = () => ({ error: "nothing to import" });
      expect(() => parse(new Map([[FILE, contentOf(source, mutant)]]), read), mutant.id).to.not.throw();
    }
  });

  it("need a file that compiles", () => {
    expect(() => parse(new Map([[FILE, "contract {"]]), () => ({ error: "" }))).to.throw(SourceError);
  });
});

describe("a sample of mutants", () => {
  const files = new Map([
    [FILE, mutants()],
    ["contracts/Small.sol", mutants().slice(0, 5)],
  ]);

  it("is the same for the same seed, and another for another", () => {
    const ids = (seed: number) => sampleOf(files, 12, seed).map(({ candidates }) => candidates.map(({ id }) => id));
    expect(ids(1)).to.deep.equal(ids(1));
    expect(ids(1)).to.not.deep.equal(ids(2));
  });

  it("takes of each file its share", () => {
    expect(shares([10, 30, 60], 10)).to.deep.equal([1, 3, 6]);
    expect(shares([1, 1, 1], 2)).to.deep.equal([1, 1, 0]);
    expect(shares([3, 4], 100)).to.deep.equal([3, 4]);
  });

  it("replaces what does not compile by another of the same file", () => {
    const [stratum] = sampleOf(files, 6, 1);
    if (stratum === undefined) throw new TypeError("an empty sample");
    const queue = new Queue([{ ...stratum, wanted: 2 }], 1);
    const first = queue.next();
    first?.ended("does not compile");
    const ids = [first, queue.next(), queue.next()].map((turn) => turn?.mutant.id);
    expect(ids).to.deep.equal(stratum.candidates.slice(0, 3).map(({ id }) => id));
    expect(queue.next()).to.equal(undefined);
  });
});

describe("what is known of mutants", () => {
  it("is taken over while the file is the same, and survives an interrupted line", () => {
    const folder = mkdtempSync(join(tmpdir(), "records-"));
    try {
      const path = join(folder, "results.jsonl");
      const [mutant] = mutants();
      if (mutant === undefined) throw new TypeError("no mutant");
      new Records(path).add(record(mutant.id, "survived"));
      new Records(path).add(record(mutant.id, "killed"));
      appendFileSync(path, '{"id": "cut o');
      expect(new Records(path).of(mutant, "d")?.outcome).to.equal("killed");
      expect(new Records(path).of(mutant, "another")).to.equal(undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is good when nine of ten are killed and every survivor has a reason that is not stale", () => {
    const tried = [...Array.from({ length: 9 }, (_, i) => record(`k${i}`, "killed")), record("s", "survived")];
    const summary = (ids: string[]) =>
      summarise(
        tried,
        ids.map((id) => ({ id, reason: "equivalent" })),
        (id) => id !== "gone",
      );
    expect(isGood(summary(["s"]))).to.equal(true);
    expect(isGood(summary([]))).to.equal(false);
    expect(isGood(summary(["s", "gone"]))).to.equal(false);
    expect(isGood(summary(["s", "k1"]))).to.equal(false);
    expect(isGood(summarise(tried.slice(1), [{ id: "s", reason: "" }], () => true))).to.equal(false);
    expect(toText(summary([]), 1))
      .to.include("9 of 10 mutants killed (90.0 %)")
      .and.include("NO REASON");
  });

  it("sends a mutant first to the tests that killed its neighbours, then to the nearest", () => {
    const suite = (file: string, deploys: string[], files: string[] = []) => ({
      file,
      files: new Set(files),
      deploys: new Set(deploys),
    });
    const suites = [
      suite("test/invariant/A.t.sol", ["Ledger"]),
      suite("test/unit/Other.t.sol", ["Lens"]),
      suite("test/unit/Far.t.sol", ["Ledger"]),
      suite("test/unit/Near.t.sol", ["Ledger"], ["contracts/libraries/X.sol"]),
      suite("test/unit/X.t.sol", ["Ledger"]),
    ];
    const touched = { file: "contracts/libraries/X.sol", contracts: ["Ledger"] };
    const order = (kills: [string, number][], seconds: [string, number][] = []) =>
      scheduleOf(suites, touched, { seconds: new Map(seconds), kills: new Map(kills) })
        .flat()
        .map(({ file }) => file.replace(/^test\/\w+\/|\.t\.sol$/g, ""));
    expect(order([])).to.deep.equal(["X", "Near", "Far", "A"]);
    const kills: [string, number][] = [["contracts/libraries/X.sol test/unit/Far.t.sol", 1]];
    expect(order(kills)).to.deep.equal(["Far", "X", "Near", "A"]);
    expect(order(kills, [["test/unit/Far.t.sol", 60]]), "slow").to.deep.equal(["X", "Near", "A", "Far"]);
  });
});

describe("mutants of the contracts", () => {
  it("are made of every file, or it is said that they are not", () => {
    const files = globSync("contracts/{*.sol,libraries/*.sol,types/*.sol}", { cwd: root });
    expect([...TARGETS, ...NOT_MUTATED.map(fileOf)]).to.have.members(files);
    expect(Object.keys(AREAS)).to.have.members(["risk", "oracle", "ledger", "liquidation"]);
  });

  it("that are said to survive exist, each with a reason", function () {
    const { sources, nodes } = parseFiles(root, TARGETS);
    const ids = new Set([...sources.values()].flatMap((one) => mutantsOf({ sources, nodes }, one).map(({ id }) => id)));
    for (const { id, reason } of SURVIVORS) {
      expect(ids.has(id), id).to.equal(true);
      expect(reason).to.not.equal("");
    }
    const page = readFileSync(join(root, "docs/mutants.md"), "utf8");
    expect(page).to.include("test/mutants/survivors.ts");
  });
});
