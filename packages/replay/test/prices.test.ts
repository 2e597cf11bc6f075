import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { ArgumentError, PriceFileError } from "../src/errors.ts";
import { assignFiles, toBoundary } from "../src/prices/arguments.ts";
import { readPrices, toSeries } from "../src/prices/read.ts";
import { parseTable, parseTime } from "../src/prices/table.ts";

const read = (text: string) => toSeries(parseTable(text, "prices.csv"));

/** The error that reading this text throws. */
function faultOf(text: string): PriceFileError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof PriceFileError) return error;
    throw error;
  }
  throw new Error("the text was accepted");
}

const KLINES =
  "timestamp,open,high,low,close,volume\n2020-03-12T00:00:00Z,200,210,190,205,1\n2020-03-12T01:00:00Z,205,206,150,160,2\n";
const ROUNDS =
  "timestamp,updated_at,round_id,answer,price\nx,1692309000,110680464442257309697,168042000000,1680.42\nx,1692309000,110680464442257309698,167000000000,1670\n";

describe("Reading price files", () => {
  it("reads klines by the names of their columns, in any order", () => {
    const series = read("Close,Open Time,Low,High,Open\n205,2020-03-12,190,210,200\n160,2020-03-13,150,206,205\n");
    expect(series).to.deep.equal({
      kind: "bars",
      intervalSeconds: 86_400,
      bars: [
        { time: 1583971200, open: 200, high: 210, low: 190, close: 205 },
        { time: 1584057600, open: 205, high: 206, low: 150, close: 160 },
      ],
    });
  });

  it("reads Chainlink rounds, keeping rounds of the same second in their order", () => {
    expect(read(ROUNDS)).to.deep.equal({
      kind: "rounds",
      rounds: [
        { time: 1692309000, answer: 168042000000n },
        { time: 1692309000, answer: 167000000000n },
      ],
    });
  });

  it("takes a longer distance between bars as a gap, not as the length of a bar", () => {
    const series = read(`${KLINES}2020-03-12T05:00:00Z,160,161,159,160,1\n`);
    expect(series.kind === "bars" && series.intervalSeconds).to.equal(3600);
  });

  it("understands dates, times with and without zone, seconds, milliseconds and microseconds", () => {
    for (const text of [
      "2020-03-12T06:00:00Z",
      "2020-03-12 06:00:00",
      "2020-03-12T07:00+01:00",
      "2020-03-12 06:00 UTC",
    ]) {
      expect(parseTime(text), text).to.equal(1583992800);
    }
    for (const text of ["1583992800", "1583992800000", "1583992800000000"])
      expect(parseTime(text), text).to.equal(1583992800);
    expect(parseTime("2020-03-12")).to.equal(1583971200);
    for (const text of ["", "yesterday", "12/03/2020", "2020-13-40"]) expect(parseTime(text), text).to.equal(undefined);
  });

  it("reads a gzipped file like a plain one", () => {
    const folder = mkdtempSync(join(tmpdir(), "replay-"));
    try {
      writeFileSync(join(folder, "a.csv"), KLINES);
      writeFileSync(join(folder, "b.csv"), gzipSync(KLINES));
      expect(readPrices(join(folder, "b.csv"))).to.deep.equal(readPrices(join(folder, "a.csv")));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("Faulty price files", () => {
  it("names the line of a cell that is not a number", () => {
    const fault = faultOf(KLINES.replace("150,160", "150,n/a"));
    expect(fault.line).to.equal(3);
    expect(fault.message).to.equal('prices.csv, line 3: close is "n/a"; expected a positive number');
  });

  it("counts empty lines", () => {
    expect(faultOf(`\n\n${KLINES.replace("150,160", "150,-1")}`).line).to.equal(5);
  });

  it("names the line of a time that it does not understand", () => {
    const fault = faultOf(KLINES.replace("2020-03-12T01:00:00Z", "noon"));
    expect(fault.line).to.equal(3);
    expect(fault.detail.problem).to.equal('timestamp is "noon"');
  });

  it("names the line with too few cells", () => {
    expect(faultOf(`${KLINES}2020-03-12T02:00:00Z,1\n`).line).to.equal(4);
  });

  it("refuses a low above the close", () => {
    expect(faultOf(KLINES.replace("150,160", "170,160")).line).to.equal(3);
  });

  it("refuses bars that go back in time", () => {
    expect(faultOf(`${KLINES}2020-03-12T00:30:00Z,160,161,159,160,1\n`).line).to.equal(4);
  });

  it("refuses rounds that go back in time and answers with a decimal point", () => {
    expect(faultOf(ROUNDS.replace("x,1692309000,110680464442257309698", "x,1692308999,2")).line).to.equal(3);
    expect(faultOf(ROUNDS.replace("167000000000,", "1670.0,")).line).to.equal(3);
  });

  it("says which columns it found and which it needs", () => {
    expect(faultOf("date,price\n2020-03-12,200\n").message).to.match(
      /line 1: the columns are date, price; expected timestamp, open/,
    );
  });

  it("asks for a header where the first line is data", () => {
    expect(faultOf("1583971200000,200,210,190,205\n").message).to.match(/expected a header line/);
  });

  it("refuses an empty file, a header alone and a file that is not there", () => {
    expect(faultOf("").detail.problem).to.equal("the file is empty");
    expect(faultOf("timestamp,open,high,low,close\n").detail.problem).to.match(/no row/);
    expect(() => readPrices("no such file.csv")).to.throw(PriceFileError, "no such file.csv: ENOENT");
  });
});

describe("Price arguments", () => {
  it("takes the asset from the argument, else from the name of the file", () => {
    expect([...assignFiles(["ETH=a.csv,BTC=b.csv"])]).to.deep.equal([
      ["ETH", "a.csv"],
      ["BTC", "b.csv"],
    ]);
    expect([...assignFiles(["x/btc_usdt.csv", "x/eth_usdt.csv"])]).to.deep.equal([
      ["BTC", "x/btc_usdt.csv"],
      ["ETH", "x/eth_usdt.csv"],
    ]);
    expect([...assignFiles(["prices.csv"])]).to.deep.equal([["ETH", "prices.csv"]]);
  });

  it("refuses unknown assets, a file without an asset among several, and two files for one asset", () => {
    expect(() => assignFiles(["DOGE=a.csv"])).to.throw(ArgumentError, "no market for DOGE");
    expect(() => assignFiles(["a.csv,eth.csv"])).to.throw(ArgumentError, "which asset is a.csv");
    expect(() => assignFiles(["eth1.csv,eth2.csv"])).to.throw(ArgumentError, "two price files for ETH");
  });

  it("lets a date without time mean its beginning for --from and its end for --to", () => {
    expect(toBoundary("--from", "2020-03-12")).to.equal(1583971200);
    expect(toBoundary("--to", "2020-03-12", true)).to.equal(1584057600);
    expect(toBoundary("--to", "2020-03-12T06:00Z", true)).to.equal(1583992800);
    expect(() => toBoundary("--from", "soon")).to.throw(ArgumentError, '--from is "soon"');
  });
});
