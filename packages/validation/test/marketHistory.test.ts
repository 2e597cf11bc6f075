import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { PriceFileError, Random } from "@plimsoll/replay";
import { closesOf, readHistory, readImplied } from "../src/marketHistory.ts";

describe("History of a market", () => {
  let folder: string;
  const write = (name: string, lines: readonly string[]) => {
    const file = join(folder, name);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "history-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("knows a level of implied volatility from the time of the next one on, whatever the columns", () => {
    const bars = ["timestamp,open,high,low,close", "2030-01-01,50,60,40,55", "2030-01-02,55,56,50,51"];
    const start = Date.UTC(2030, 0, 1) / 1000;
    expect(readImplied(write("bars.csv", bars))).to.deep.equal([{ time: start + 86_400, level: 0.55 }]);
    const levels = ["timestamp,dvol", "2030-01-01,84.5", "2030-01-01T01:00Z,80", "2030-01-01T02:00Z,81"];
    expect(readImplied(write("levels.csv", levels))).to.deep.equal([
      { time: start + 3_600, level: 0.845 },
      { time: start + 7_200, level: 0.8 },
    ]);
  });

  it("says what is wrong with a file of implied volatility", () => {
    const file = write("wrong.csv", ["timestamp,price", "2030-01-01,50"]);
    expect(() => readImplied(file)).to.throw(PriceFileError, /columns are timestamp, price; expected timestamp, dvol/);
    const negative = write("negative.csv", ["timestamp,dvol", "2030-01-01,-5"]);
    expect(() => readImplied(negative)).to.throw(PriceFileError, /line 2: dvol is "-5"/);
  });

  it("closes each step where the bars do, and lets the last price stand where bars are missing", () => {
    const rows = [
      "timestamp,open,high,low,close",
      "2030-01-01T00:00Z,100,110,90,105",
      "2030-01-01T01:00Z,105,120,100,118",
    ];
    const file = write("eth.csv", [...rows, "2030-01-01T04:00Z,118,119,115,116"]);
    const { path } = readHistory({ asset: "ETH", prices: file, implied: undefined }, new Random("1"));
    // A close is what the last minute of the step shows; the next bar opens at the step's end.
    expect(closesOf(path, 3600).map(({ price }) => price)).to.deep.equal([100, 105, 118, 118, 118]);
  });
});
