import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Interface } from "ethers";
import hre from "hardhat";
import { ADMIN_DELAY_SECONDS, ROLES } from "../../deploy/roles.ts";
import { SearchTextError, mutated } from "../../scripts/incidents/mutation.ts";
import { UnknownIncidentError, chosen, outcomeOf } from "../../scripts/incidents/verdict.ts";
import { INCIDENTS, type Mutant } from "./mutants.ts";

const root = new URL("../../", import.meta.url);
const source = (file: string) => readFileSync(new URL(file, root), "utf8");

/** How each function of the clearinghouse that writes is kept from leaving an account worse off than it may be. */
const DOORS: Readonly<Record<string, string>> = {
  batch: "ends in the margin of every account that it touched",
  fundReserve: "takes from the caller's wallet only",
  seize: "the liquidator's: both sides are evaluated",
  takeOver: "the liquidator's: both sides are evaluated",
  deleverage: "the liquidator's: takes what is missing",
  settle: "changes nothing that a view does not show before",
  settleTouched: "the clearinghouse's own: changes nothing that a view does not show before",
  settleExpired: "changes nothing that a view does not show, but the price of a series, which rounds prove",
  accrueFunding: "moves an index by a bounded rate",
  approveBySignature: "the owner's signature",
  setInterestRates: "after two days",
  setFundingSource: "after seven days",
  announceModules: "changes no account",
  setMarginEngine: "after seven days",
  setLiquidator: "after seven days",
  countOutflow: "the clearinghouse's own: changes no account",
  countInflow: "the clearinghouse's own: changes no account",
  beginNotice: "the clearinghouse's own: changes no account",
  useNotice: "the clearinghouse's own: changes no account",
  setAuthority: "the access manager's",
};

const lockDropped: Mutant = { name: "no lock", edits: [], red: "got in" };
const ending = (isGreen: boolean, reason = "") => ({
  file: "test/incidents/GmxReentrancy.t.sol",
  name: "test_nobodyGetsIn()",
  isGreen,
  reason,
  seconds: 0,
});

describe("incidents", () => {
  it("each have a scenario and a mutant, and every scenario is one", () => {
    const files = globSync("test/incidents/*.t.sol", { cwd: fileURLToPath(root) });
    const names = files.map((file) => basename(file, ".t.sol"));
    expect(INCIDENTS.map(({ name }) => name)).to.have.members(names);
    for (const { name, mutants } of INCIDENTS) expect(mutants, name).to.not.be.empty;
    const mutants = INCIDENTS.flatMap(({ mutants: some }) => some.map(({ name }) => name));
    expect(new Set(mutants).size, "names of mutants").to.equal(mutants.length);
  });

  for (const { name, mutants } of INCIDENTS) {
    it(`${name}: every change has its place, and an assertion that is to fail`, () => {
      const scenario = source(`test/incidents/${name}.t.sol`);
      for (const { edits, red } of mutants) {
        for (const edit of edits) expect(mutated(source(edit.file), edit)).to.not.equal(source(edit.file));
        expect(edits).to.not.be.empty;
        expect(scenario).to.include(`"${red}"`);
      }
    });
  }

  it("are written down, with their mutants", () => {
    const page = source("docs/incidents.md");
    for (const { name, mutants } of INCIDENTS) {
      expect(page).to.include(`../test/incidents/${name}.t.sol`);
      for (const mutant of mutants) expect(page).to.include(mutant.name);
    }
  });

  it("give a compromised administrator the delays of the deployment", () => {
    const scenario = source("test/incidents/CompromisedAdministrator.t.sol");
    const delays = {
      MODULE: ROLES.module,
      FEED: ROLES.feed,
      RISK: ROLES.risk,
      ADMIN: { delaySeconds: ADMIN_DELAY_SECONDS },
    };
    for (const [name, { delaySeconds }] of Object.entries(delays)) {
      expect(scenario).to.include(`${name}_DELAY = ${delaySeconds / 86_400} days;`);
    }
    expect(ROLES.guardian.functions).to.deep.equal({ Markets: ["pauseOpening"] });
  });
});

describe("Euler", () => {
  it("knows every door of the clearinghouse: a function without a check fails here", async () => {
    const doors: string[] = [];
    for (const name of ["Clearinghouse", "ClearinghouseForce", "ClearinghouseBooks"]) {
      const { abi } = await hre.artifacts.readArtifact(name);
      new Interface(abi).forEachFunction((method) => {
        if (!method.constant) doors.push(method.name);
      });
    }
    // What the clearinghouse passes on by name is in both.
    expect([...new Set(doors)]).to.have.members(Object.keys(DOORS));
  });
});

describe("npm run incidents", () => {
  it("refuses a change whose place is not found exactly once", () => {
    const edit = { file: "A.sol", search: "lock", replacement: "" };
    expect(mutated("a lock b", edit)).to.equal("a  b");
    expect(() => mutated("a b", edit)).to.throw(SearchTextError, "found 0 times");
    expect(() => mutated("lock lock", edit)).to.throw(SearchTextError, "found 2 times");
  });

  it("puts a replacement in as it is written", () => {
    expect(mutated("a", { file: "A.sol", search: "a", replacement: "$&$1" })).to.equal("$&$1");
  });

  it("takes a failure for a proof only if it is the assertion's", () => {
    const outcome = (...endings: ReturnType<typeof ending>[]) => outcomeOf(endings, lockDropped).outcome;
    expect(outcome(ending(true))).to.equal("green");
    expect(outcome(ending(true), ending(false, 'AssertionFailed("expected false: he got in")'))).to.equal("red");
    expect(outcome(ending(false, 'AssertionFailed("1 != 2: fixture")'))).to.equal("red for another reason");
    expect(outcome(ending(false, "Locked()"))).to.equal("red for another reason");
  });

  it("knows its incidents by name", () => {
    expect(chosen(INCIDENTS, [])).to.equal(INCIDENTS);
    expect(chosen(INCIDENTS, ["Mango"]).map(({ name }) => name)).to.deep.equal(["Mango"]);
    expect(() => chosen(INCIDENTS, ["Mongo"])).to.throw(UnknownIncidentError, "BlackThursday, Mango");
  });
});
