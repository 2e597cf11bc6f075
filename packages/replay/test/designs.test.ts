import { CommanderError } from "commander";
import { expect } from "chai";
import { parseDesignsArguments } from "../src/designsArguments.ts";
import { ArgumentError } from "../src/errors.ts";
import { nameOfDesign } from "../src/model/design.ts";
import { type SweepPlan, spreadOf, sweep } from "../src/model/sweep.ts";
import { shortCrash } from "./marketFixture.ts";

describe("Arguments of npm run designs", () => {
  it("have defaults that answer the question", () => {
    const { designs, latencies, seeds, accounts, margins, files } = parseDesignsArguments([]);
    expect(designs.map(nameOfDesign)).to.deep.equal(["legs", "pro-rata", "fixed bonus 5 %"]);
    expect(latencies).to.deep.equal([0, 2, 5, 10, 15, 30]);
    expect(seeds).to.deep.equal(["1", "2", "3", "4", "5"]);
    expect([accounts, files.size]).to.deep.equal([500, 0]);
    expect(margins).to.deep.equal([{ kind: "dynamic" }]);
  });

  it("take lists", () => {
    const lists = ["--designs", "fixed-bonus:2.5,legs", "--latencies", "1,60", "--margins", "static:10,dynamic"];
    const { designs, latencies, margins } = parseDesignsArguments(lists);
    expect(designs).to.deep.equal([{ kind: "fixed-bonus", bonus: 0.025 }, { kind: "legs" }]);
    expect(latencies).to.deep.equal([1, 60]);
    expect(margins).to.deep.equal([{ kind: "static", share: 0.1 }, { kind: "dynamic" }]);
  });

  it("are refused where they mean nothing", () => {
    for (const wrong of [
      ["--designs", "bonus"],
      ["--designs", "fixed-bonus:0"],
      ["--latencies", "2,-1"],
      ["--seeds", "0"],
    ])
      expect(() => parseDesignsArguments(wrong), wrong.join(" ")).to.throw(CommanderError);
    expect(() => parseDesignsArguments(["--from", "2020-03-12"])).to.throw(ArgumentError, "--prices");
  });
});

describe("A sweep", function () {
  this.timeout(120_000);
  const plan: SweepPlan = {
    accounts: 24,
    seeds: ["1", "2"],
    designs: [{ kind: "legs" }, { kind: "fixed-bonus", bonus: 0.05 }],
    latencyMinutes: 2,
    latencies: [2, 20],
    margins: [{ kind: "dynamic" }, { kind: "static", share: 0.1 }],
    gasPriceGwei: 1,
  };

  it("conserves value in every run, gives the same for the same seeds, and runs nothing twice", async () => {
    const shares: number[] = [];
    const result = await sweep(plan, shortCrash, (_, share) => shares.push(share));
    for (const { conservationError } of result.runs) expect(conservationError).to.equal("0");
    // Legs under both margins at 2, 20 and 20 minutes with a longer lapse; the bonus at 2 and 20.
    expect(result.sizes.length).to.equal(8);
    // The same under both margins with the backstop as deployed.
    expect(result.waterfalls.length).to.equal(4);
    expect(result.runs.length).to.equal(24);
    expect(shares.at(-1)).to.equal(1);
    expect(await sweep(plan, shortCrash, () => undefined)).to.deep.equal(result);
  });
});

describe("A spread", () => {
  it("is median, least and most", () => {
    expect(spreadOf([5, 1, 3])).to.deep.equal({ median: 3, least: 1, most: 5 });
    expect(spreadOf([4, 1, 2, 10])).to.deep.equal({ median: 3, least: 1, most: 10 });
  });
});
