import { expect } from "chai";
import { CASES, caseOf } from "../src/cases/index.ts";
import { SURFACE, SURFACE_CONTRACTS, writingFunctions } from "../src/chain/contracts.ts";
import { UnknownCaseError } from "../src/errors.ts";
import { isKnownEvent } from "../src/model/events.ts";
import { isKnownPoolEvent } from "../src/model/pool.ts";
import { ZeroAddress } from "ethers";
import { loadConfiguration } from "../../../deploy/configuration.ts";
import { plimsoll } from "../../../deploy/modules/Plimsoll.ts";
import {
  KernelTable__factory,
  Lens__factory,
  MarginEngine__factory,
  MarginScenarios__factory,
} from "../../../typechain-types/index.ts";

/** Contracts without a function that may write. */
const ONLY_READ = {
  MarginEngine: MarginEngine__factory,
  MarginScenarios: MarginScenarios__factory,
  Lens: Lens__factory,
  KernelTable: KernelTable__factory,
};

describe("the external surface", () => {
  const covered = new Set(CASES.flatMap(({ covers }) => covers));

  // It asks its caller, which only a managed contract can answer.
  covered.add("AccessManager.consumeScheduledOp");

  it("is of every contract that the deployment deploys and that can be written to", async () => {
    const configuration = await loadConfiguration("local");
    const market = { usdc: ZeroAddress, tokens: {}, feeds: {} };
    for (const { symbol, otherCollateral } of configuration.underlyings) {
      const names = [symbol, ...otherCollateral.map((one) => one.symbol)];
      for (const name of names) Object.assign(market.tokens, { [name]: ZeroAddress });
      Object.assign(market.feeds, { [symbol]: ZeroAddress });
    }
    const { futures } = plimsoll({ configuration, market, handOver: false });
    const deployed = [...futures].flatMap((future) => ("contractName" in future ? [future.contractName] : []));
    const read = SURFACE_CONTRACTS as readonly string[];
    const missing = [...new Set(deployed)].filter((name) => !read.includes(name) && !(name in ONLY_READ));
    expect(missing).to.deep.equal([]);
    for (const contract of Object.values(ONLY_READ)) {
      expect(writingFunctions(contract.createInterface())).to.deep.equal([]);
    }
  });

  for (const contract of SURFACE_CONTRACTS) {
    it(`${contract}: every function that may write has a case in packages/campaign/src/cases`, () => {
      const missing = writingFunctions(SURFACE[contract]).filter((name) => !covered.has(`${contract}.${name}`));
      expect(missing).to.deep.equal([]);
    });
  }

  it("names no function that there is not", () => {
    const known = SURFACE_CONTRACTS.flatMap((contract) =>
      writingFunctions(SURFACE[contract]).map((name) => `${contract}.${name}`),
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

  it("has an effect on the books of the pool, or none, for every event of it (packages/campaign/src/model/pool.ts)", () => {
    const unknown: string[] = [];
    SURFACE.LiquidityPool.forEachEvent(({ name }) => {
      if (!isKnownPoolEvent(name)) unknown.push(name);
    });
    expect(unknown).to.deep.equal([]);
  });

  it("knows its cases by name, each once", () => {
    expect(new Set(CASES.map(({ name }) => name)).size).to.equal(CASES.length);
    expect(caseOf("trade").name).to.equal("trade");
    expect(() => caseOf("trad")).to.throw(UnknownCaseError, "no case is called trad");
  });
});
