import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { isNear } from "../helpers/near.ts";
import type { ReplayOptions } from "../../packages/replay/src/run.ts";
import { replay } from "../../packages/replay/src/run.ts";
import { pathVolatility } from "../../packages/replay/src/history.ts";
import { readPrices } from "../../packages/replay/src/prices/read.ts";
import { Random } from "../../packages/replay/src/random.ts";
import { shortCrash } from "../../packages/replay/test/marketFixture.ts";
import { renderPage } from "../../packages/replay/src/report/page.ts";
import type { ReplayResult } from "../../packages/replay/src/result.ts";
import { fileScenario } from "../../packages/replay/src/scenario.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const OPTIONS: ReplayOptions = {
  seed: "1",
  accounts: 14,
  margin: { kind: "dynamic" },
  keepers: 1,
  latencyMinutes: 1,
  gasPriceGwei: 1,
};

async function run(options: Partial<ReplayOptions> = {}): Promise<ReplayResult> {
  return await replay({ scenario: shortCrash(), random: new Random("1") }, { ...OPTIONS, ...options }, () => undefined);
}

describe("Replay of a short crash", function () {
  this.timeout(300_000);
  let result: ReplayResult;

  before(async () => {
    result = await run();
  });

  it("conserves every unit of value", () => {
    expect(result.conservation.total).to.equal(0n);
    expect(result.summary.conservationError).to.equal("0");
  });

  it("calls and liquidates those whom the crash hits", () => {
    const { marginCalls, liquidations, accounts } = result.summary;
    expect(accounts).to.equal(14);
    expect(marginCalls).to.be.above(0);
    expect(liquidations).to.be.at.least(result.liquidatedAccounts);
    expect(result.liquidatedAccounts).to.be.above(0);
  });

  it("finds out why auctions started: never by volatility alone inside its notice", () => {
    expect(result.causes.length).to.be.above(0);
    expect(result.causes).not.to.include("volatility");
  });

  it("has every trader of the plan in the market, with the equity of its funds at the start", () => {
    expect(result.traders.length).to.equal(10);
    for (const { equityAtStart, label } of result.traders) expect(equityAtStart, label).to.be.above(1_000);
  });

  it("pays bad debt out of reserve and backstop and out of nothing else", () => {
    const { badDebt, waterfall } = result.summary;
    expect(badDebt).to.satisfy(isNear(waterfall.reserve + waterfall.backstop, 1e-6));
  });

  it("accounts for the keeper's profit part by part", () => {
    const { equityChange, hedgeProfit, hedgeCosts, gas, transactions } = result.keepers;
    expect(transactions).to.be.above(0);
    expect(gas).to.be.above(0);
    expect(hedgeCosts).to.be.above(0);
    expect(result.summary.keeperProfit).to.satisfy(isNear(equityChange + hedgeProfit - hedgeCosts - gas, 1e-6));
  });

  it("lets margin volatility rise in the crash, maintenance no faster than it may", () => {
    const eth = result.volatility.filter(({ asset }) => asset === "ETH");
    const [first, last] = [eth[0], eth.at(-1)];
    if (first === undefined || last === undefined) throw new Error("no volatility was observed");
    expect(last.initial).to.be.above(first.initial);
    expect(last.maintenance / first.maintenance).to.be.within(1, 1.02 ** 2.1);
  });

  it("trades with the pool, and reports what it earned part by part", () => {
    const { pool, summary } = result;
    if (pool === null || summary.pool === null) throw new Error("nobody traded with the pool");
    const { profit, spread, charges, funding, inventory, sharePrice, peakUtilisation } = summary.pool;
    expect(pool.trades).to.be.above(0);
    expect(pool.requests).to.be.above(4);
    expect(pool.refreshes).to.be.above(0);
    expect(spread).to.be.above(0);
    expect(peakUtilisation).to.be.within(0.01, 1);
    expect(spread + charges + funding + inventory).to.satisfy(isNear(profit, 1e-6));
    expect(pool.points[0]?.sharePrice).to.satisfy(isNear(1, 0.2));
    expect(pool.points.at(-1)?.sharePrice).to.equal(sharePrice);
    expect(pool.points.at(-1)?.equity).to.satisfy(isNear(pool.deposited - pool.redeemed + profit, 1e-6));
    expect(summary.fees).to.be.above(0);
  });

  it("can do without what the model does not have", async () => {
    const { pool, summary } = await run({ venue: "orders" });
    expect({ pool, fees: summary.fees }).to.deep.equal({ pool: null, fees: 0 });
    expect(summary.conservationError).to.equal("0");
  });

  it("renders a page that stands alone", () => {
    const page = renderPage(result);
    expect(page).to.match(/^<!doctype html>/);
    expect(page.match(/<svg /g)?.length).to.be.at.least(8);
    expect(page).not.to.match(/<script|<link|src="http/);
  });

  it("gives the same result for the same seed", async () => {
    expect((await run()).summary).to.deep.equal(result.summary);
  });

  it("can ask the same accounts for a fixed percentage instead", async () => {
    const compared = await run({ margin: { kind: "static", share: 0.3 } });
    expect(compared.traders.map(({ equityAtStart }) => equityAtStart)).to.deep.equal(
      result.traders.map(({ equityAtStart }) => equityAtStart),
    );
    expect(compared.summary.marginCalls).to.be.above(result.summary.marginCalls);
    expect(compared.conservation.total).to.equal(0n);
  });
});

describe("npm start", function () {
  this.timeout(300_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "replay-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  const start = (...argv: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx/esm", "packages/replay/src/cli.ts", ...argv], {
      cwd: root,
      encoding: "utf8",
    });

  it("ends with status 2 and one line for a faulty file", () => {
    const file = join(folder, "eth.csv");
    writeFileSync(file, "timestamp,open,high,low,close\n2020-03-12T00:00Z,1,2,0.5,1\n2020-03-12T01:00Z,1,2,oops,1\n");
    const { status, stdout, stderr } = start("--prices", file);
    expect(status).to.equal(2);
    expect(stdout).to.equal("");
    expect(stderr).to.equal(`error: ${file}, line 3: low is "oops"; expected a positive number\n`);
  });

  it("ends with status 2 for arguments that it does not understand", () => {
    const { status, stderr } = start("--margin", "lavish");
    expect(status).to.equal(2);
    expect(stderr)
      .to.match(/Expected dynamic or static:PERCENT/)
      .and.not.match(/ at /);
  });

  it("prints the summary as one JSON object on the last line, of one asset too", () => {
    const file = join(folder, "eth_1h.csv");
    const row = (hour: number, open: number, close: number) =>
      `2030-01-07T0${hour}:00:00Z,${open},${Math.max(open, close) + 1},${Math.min(open, close) - 1},${close}`;
    writeFileSync(
      file,
      ["timestamp,open,high,low,close", row(0, 2000, 1990), row(1, 1990, 1500), row(2, 1500, 1520)].join("\n"),
    );
    const { status, stdout } = start("--prices", file, "--accounts", "12", "--json", "--out", folder);
    expect(status).to.equal(0);
    const summary: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(summary).to.include({ accounts: 12, conservationError: "0" });
    expect(summary).to.have.all.keys(
      ...["accounts", "marginCalls", "liquidations", "badDebt", "keeperProfit", "waterfall"],
      ...["conservationError", "fees", "pool"],
    );
    expect(readFileSync(join(folder, "replay.html"), "utf8")).to.match(/eth_1h.csv/);
    expect(JSON.parse(readFileSync(join(folder, "replay.json"), "utf8"))).to.deep.include({ summary });
  });
});

describe("Market data beside the project", function () {
  this.timeout(60_000);
  const data = join(root, "../shared/data");
  const file = (name: string) => join(data, name);

  before(function () {
    if (existsSync(file("eth_usdt_1h_2018_2023.csv.gz"))) return;
    console.log("      skipped: there is no ../shared/data");
    this.skip();
  });

  it("is read completely: klines and Chainlink rounds", () => {
    for (const asset of ["eth", "btc"]) {
      const klines = readPrices(file(`${asset}_usdt_1h_2018_2023.csv.gz`));
      expect(klines.kind === "bars" && klines.intervalSeconds).to.equal(3600);
      const rounds = readPrices(file(`chainlink_${asset}_usd_rounds_2023.csv.gz`));
      expect(rounds.kind === "rounds" && rounds.rounds.length).to.be.above(9_000);
    }
  });

  it("shows March 2020 as wild as it was, which straight lines through the bars would not", () => {
    const files = new Map([["ETH", file("eth_usdt_1h_2018_2023.csv.gz")]] as const);
    const from = Date.UTC(2020, 2, 12) / 1000;
    const { feeds } = fileScenario({ files, from, to: from + 2 * 86_400 }, new Random("1"));
    expect(pathVolatility(feeds.ETH.path)).to.be.above(4);
    expect(feeds.ETH.history(30 * 86_400)?.stressed).to.be.above(1);
    expect(feeds.BTC.isTraded).to.equal(false);
  });
});
