import { expect } from "chai";
import { CommanderError } from "commander";
import { parseArguments } from "../src/arguments.ts";
import { ArgumentError, PriceFileError } from "../src/errors.ts";
import { makeActivities, makeMakers, makeTraders, makerKey } from "../src/market/population.ts";
import { Random } from "../src/random.ts";
import { fileScenario } from "../src/scenario.ts";

/** Commander prints what is wrong before it throws; tests need not show it. */
function quietly<T>(action: () => T): T {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  try {
    return action();
  } finally {
    process.stderr.write = write;
  }
}

describe("Command line of the replay", () => {
  it("replays the built-in crash with at least a hundred accounts when nothing is said", () => {
    const { files, accounts, margin, json } = parseArguments([]);
    expect(files.size).to.equal(0);
    expect(accounts).to.be.at.least(100);
    expect([margin.kind, json]).to.deep.equal(["dynamic", false]);
  });

  it("understands a static margin in per cent", () => {
    expect([parseArguments([]).venue, parseArguments(["--venue", "orders"]).venue]).to.deep.equal(["full", "orders"]);
    expect(parseArguments(["--margin", "static:12.5"]).margin).to.deep.equal({ kind: "static", share: 0.125 });
  });

  it("takes one price file per argument or several in one", () => {
    const one = parseArguments(["--prices", "ETH=a.csv,BTC=b.csv"]).files;
    const two = parseArguments(["--prices", "ETH=a.csv", "--prices", "BTC=b.csv"]).files;
    expect([...one]).to.deep.equal([...two]);
  });

  for (const wrong of [
    ["--accounts", "many"],
    ["--accounts", "1"],
    ["--margin", "static"],
    ["--margin", "static:0"],
    ["--latency", "-1"],
    ["--latency", ""],
    ["--colour", "red"],
    ["extra"],
  ]) {
    it(`refuses ${wrong.join(" ")}`, () => {
      expect(() => quietly(() => parseArguments(wrong))).to.throw(CommanderError);
    });
  }

  it("refuses dates without a price file", () => {
    expect(() => parseArguments(["--from", "2020-03-12"])).to.throw(ArgumentError, "add --prices FILE");
  });
});

describe("Scenario from files", () => {
  it("refuses an end before the beginning", () => {
    expect(() => fileScenario({ files: new Map(), from: 10, to: 5 }, new Random("1"))).to.throw(
      ArgumentError,
      "--from",
    );
  });

  it("refuses a file that is not there", () => {
    const files = new Map([["ETH", "nowhere.csv"]] as const);
    expect(() => fileScenario({ files, from: undefined, to: undefined }, new Random("1"))).to.throw(PriceFileError);
  });
});

describe("Population", () => {
  const opening = { assets: ["ETH", "BTC"], prices: { ETH: 2_000, BTC: 50_000 } } as const;
  const traders = makeTraders(100, opening, new Random("1"));

  it("has every strategy, also when it is small", () => {
    const strategies = new Set(makeTraders(8, opening, new Random("2")).map(({ strategy }) => strategy));
    expect(strategies.size).to.equal(8);
  });

  it("is the same for the same seed, whatever else was drawn", () => {
    const random = new Random("1");
    random.next();
    expect(makeTraders(100, opening, random)).to.deep.equal(traders);
  });

  it("has a market maker, with capital, behind every position", () => {
    const makers = makeMakers(traders, opening);
    for (const leg of traders.flatMap(({ legs }) => legs))
      expect(makers.get(makerKey(leg))?.funds.usd).to.be.above(100_000);
  });

  it("trades one asset only where only one has prices", () => {
    const legs = makeTraders(50, { ...opening, assets: ["BTC"] }, new Random("1")).flatMap(({ legs: own }) => own);
    expect(new Set(legs.map(({ asset }) => asset))).to.deep.equal(new Set(["BTC"]));
  });

  it("acts in order of time, inside the replay", () => {
    const activities = makeActivities(50, { start: 1_000, end: 201_000 }, new Random("1"));
    expect(activities.length).to.be.above(20);
    const times = activities.map(({ time }) => time);
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    expect(times.every((time) => time >= 1_000 && time <= 201_000)).to.equal(true);
  });
});
