import { expect } from "chai";
import { CASES, caseOf } from "../src/cases/index.ts";
import { SURFACE, SURFACE_CONTRACTS, writingFunctions } from "../src/chain/contracts.ts";
import { UnknownCaseError } from "../src/errors.ts";
import { isKnownEvent } from "../src/model/events.ts";

describe("the external surface", () => {
  const covered = new Set(CASES.flatMap(({ covers }) => covers));

  for (const contract of SURFACE_CONTRACTS) {
    it(`${contract}: every function that may write has a case in packages/campaign/src/cases`, () => {
      const missing = writingFunctions(contract).filter((name) => !covered.has(`${contract}.${name}`));
      expect(missing).to.deep.equal([]);
    });
  }

  it("names no function that there is not", () => {
    const known = SURFACE_CONTRACTS.flatMap((contract) =>
      writingFunctions(contract).map((name) => `${contract}.${name}`),
    );
    expect(known).to.include.members([...covered]);
  });

  it("has an effect on the books, or none, for every event of the clearinghouse (packages/campaign/src/model/events.ts)", () => {
    const unknown: string[] = [];
    SURFACE.Clearinghouse.forEachEvent(({ name }) => {
      if (!isKnownEvent(name)) unknown.push(name);
    });
    expect(unknown).to.deep.equal([]);
  });

  it("knows its cases by name, each once", () => {
    expect(new Set(CASES.map(({ name }) => name)).size).to.equal(CASES.length);
    expect(caseOf("trade").name).to.equal("trade");
    expect(() => caseOf("trad")).to.throw(UnknownCaseError, "no case is called trad");
  });
});
