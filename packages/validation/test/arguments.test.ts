import { expect } from "chai";
import { ArgumentError } from "@plimsoll/replay";
import { parseArguments } from "../src/arguments.ts";

describe("Arguments of npm run validate", () => {
  it("default to a simulated history of both assets, sampled hourly", () => {
    const request = parseArguments([]);
    expect(request).to.include({ stepSeconds: 3600, seed: "1", parameters: "local", json: false, out: "out" });
    expect(request.files).to.deep.equal([]);
    expect(request.assets).to.deep.equal(["ETH", "BTC"]);
  });

  it("give each asset its prices and its implied volatility, whatever the order", () => {
    const argv = [
      "--prices",
      "btc.csv,eth.csv",
      "--implied",
      "ETH=dvol.csv",
      "--from",
      "2022-01-01",
      "--to",
      "2022-12-31",
    ];
    const { files, from, to } = parseArguments(argv);
    expect(files).to.deep.equal([
      { asset: "BTC", prices: "btc.csv", implied: undefined },
      { asset: "ETH", prices: "eth.csv", implied: "dvol.csv" },
    ]);
    expect([from, to]).to.deep.equal([Date.UTC(2022, 0, 1) / 1000, Date.UTC(2023, 0, 1) / 1000]);
  });

  it("take a file that names no asset for the one that is asked for, and leave the other's out", () => {
    expect(parseArguments(["--prices", "data.csv", "--implied", "iv.csv", "--asset", "btc"]).files).to.deep.equal([
      { asset: "BTC", prices: "data.csv", implied: "iv.csv" },
    ]);
    expect(parseArguments(["--prices", "eth.csv,btc.csv", "--asset", "BTC"]).files).to.deep.equal([
      { asset: "BTC", prices: "btc.csv", implied: undefined },
    ]);
  });

  it("say what does not fit together", () => {
    expect(() => parseArguments(["--from", "2022-01-01"])).to.throw(ArgumentError, /add --prices FILE/);
    expect(() => parseArguments(["--prices", "eth.csv", "--implied", "btc.csv"])).to.throw(ArgumentError, /BTC/);
    expect(() => parseArguments(["--prices", "eth.csv", "--asset", "BTC"])).to.throw(ArgumentError, /no prices of BTC/);
    expect(() => parseArguments(["--prices", "eth.csv", "--from", "soon"])).to.throw(ArgumentError, /--from is "soon"/);
  });
});
