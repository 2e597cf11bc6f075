import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "@plimsoll/replay";
import { expect } from "chai";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsx = join(root, "node_modules/.bin/tsx");
const HOUR = 3600;
const DAYS = 560;
const START = Date.UTC(2030, 0, 1) / 1000;

/** Hourly klines of a random walk of 60 % a year. */
function klines(days: number): string {
  const random = new Random("klines");
  let price = 40_000;
  const rows = Array.from({ length: days * 24 }, (_, i) => {
    const open = price;
    price *= Math.exp((0.6 / Math.sqrt(24 * 365)) * random.normal());
    const [low, high] = [Math.min(open, price) * 0.999, Math.max(open, price) * 1.001];
    return [START + i * HOUR, open, high, low, price].join(",");
  });
  return ["timestamp,open,high,low,close", ...rows].join("\n");
}

function calibrate(...options: string[]) {
  const command = [join(root, "packages/validation/src/calibrate.ts"), ...options];
  return spawnSync(tsx, command, { cwd: root, encoding: "utf8" });
}

describe("npm run calibrate", function () {
  this.timeout(120_000);
  let folder: string;
  let prices: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "calibrate-"));
    prices = join(folder, "btc_1h.csv");
    writeFileSync(prices, klines(DAYS));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("finds parameters, reports them, and writes them where they are asked for", () => {
    const target = join(folder, "parameters");
    mkdirSync(target);
    const original = readFileSync(join(root, "deploy/parameters/local.json"), "utf8");
    writeFileSync(join(target, "some.json"), original);
    const image = join(folder, "charts/calibration.png");
    const span = ["--prices", prices, "--train-until", "2031-06-10", "--out", folder, "--image", image];
    const { status, stdout, stderr } = calibrate(...span, "--write", target, "--json");
    expect(status, stderr).to.equal(0);
    const [summary] = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>[];
    expect(summary).to.include.all.keys("asset", "training", "test", "parameters", "rows", "folds", "frontier");
    expect(summary?.["asset"]).to.equal("BTC");
    const rows = summary?.["rows"] as Record<string, unknown>[];
    expect(rows.length).to.equal(2 * 2 * 2 * 2);
    for (const row of rows) expect(row["coverage"]).to.be.within(0.9, 1);
    expect(stdout).to.match(/Out of sample, 2031-06-10/);
    expect(stdout).to.include("some.json: BTC controller.floor");
    const written = readFileSync(join(target, "some.json"), "utf8");
    expect(written).not.to.equal(original);
    expect(written.split("\n").length).to.equal(original.split("\n").length);
    expect(readFileSync(join(folder, "calibration.html"), "utf8")).to.include("<svg");
    expect(readFileSync(image).subarray(1, 4).toString()).to.equal("PNG");
    expect(JSON.parse(readFileSync(join(folder, "calibration.json"), "utf8"))).to.deep.equal([summary]);
  });

  it("ends with status 2 and one line where there is too little to calibrate on", () => {
    const short = join(folder, "btc_short.csv");
    writeFileSync(short, klines(100));
    const { status, stdout, stderr } = calibrate("--prices", short, "--out", folder);
    expect(status).to.equal(2);
    expect(stdout).to.equal("");
    expect(stderr).to.match(/^error: training of BTC: prices from .* expected at least 455 days\n$/);
  });
});
