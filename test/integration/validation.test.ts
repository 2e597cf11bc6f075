import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random, priceAt } from "@plimsoll/replay";
import { expect } from "chai";
import { OPTION_BOOKS } from "../../packages/validation/src/books.ts";
import { configurationAt } from "../../packages/validation/src/known.ts";
import type { AssetHistory } from "../../packages/validation/src/marketHistory.ts";
import { type Observations, TIERS } from "../../packages/validation/src/observations.ts";
import { observe, respond } from "../../packages/validation/src/observe.ts";
import { parametersOf } from "../../packages/validation/src/parameters.ts";
import { simulateHistory } from "../../packages/validation/src/simulatedHistory.ts";
import { MarginVolatilityModel, SIDES, deltaOneRequirement, toNumber } from "../../packages/risk/src/index.ts";
import { isNear } from "../helpers/near.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const HOUR = 3600;
const DAY = 24 * HOUR;
const ROWS = [
  ...["asset", "tier", "side", "coverage", "coverageLow", "coverageHigh", "peakToTrough", "rise5d"],
  ...["missTopQuintile", "missBottomQuintile", "meanMargin"],
];

/** Ten days in the middle of the simulated history, with 95 days before them. */
function tenDays(): { history: AssetHistory; from: number; to: number } {
  const history = simulateHistory("ETH", new Random("ten days"));
  const from = history.path.start + 95 * DAY;
  return { history, from, to: from + 10 * DAY };
}

describe("Validation on the deployed contracts", function () {
  this.timeout(300_000);
  const { history, from, to } = tenDays();
  let observations: Observations;

  const observeWith = async (implied: AssetHistory["implied"]) => {
    const configuration = await configurationAt(history, from, "local");
    const watch = { history: { ...history, implied }, configuration, from, to, stepSeconds: 4 * HOUR, seed: "1" };
    return await observe(watch, () => undefined);
  };

  before(async () => {
    observations = await observeWith([]);
  });

  it("asks the margin engine at every step, and finds what the float64 model finds", async () => {
    const [underlying] = (await configurationAt(history, from, "local")).underlyings;
    if (underlying === undefined) throw new Error("the configuration lists ETH");
    const { controller, risk } = parametersOf(underlying);
    const { realised, stressed } = underlying;
    const price = priceAt(history.path, from);
    const seeds = { realised: toNumber(realised), stressed: toNumber(stressed) };
    const model = new MarginVolatilityModel(controller, { time: from, price, ...seeds });
    const first = history.rounds.findIndex(({ time }) => time > from);
    const pending = history.rounds
      .slice(first)
      .map(({ time, answer }) => ({ time, price: toNumber(answer * 10n ** 10n) }));
    const walkTo = (time: number): number => {
      const due = pending.splice(
        0,
        pending.findIndex((round) => round.time > time),
      );
      for (const round of due) model.observe(round.price, round.time);
      return due.at(-1)?.price ?? NaN;
    };
    expect(observations.samples.length).to.equal(60);
    for (const { time, mark, volatilities, deltaOne } of observations.samples) {
      expect(mark).to.equal(walkTo(time));
      // The deployment takes some seconds after `from`, which the model does not know of.
      expect(volatilities.observed).to.satisfy(isNear(model.at(time).observed, 1e-4));
      for (const side of SIDES) {
        const expected = deltaOneRequirement(risk, volatilities, side);
        // Twenty thousand dollars are concentrated a little.
        for (const tier of TIERS) expect(deltaOne[side][tier] - expected[tier]).to.be.within(0, 1e-3);
      }
    }
  });

  it("opens each book of options daily and values it until the longest horizon is over", () => {
    for (const name of OPTION_BOOKS) {
      const books = observations.books[name];
      expect(books.length, name).to.equal(10);
      expect(books.map(({ gains }) => gains.length)).to.deep.equal([6, 6, 6, 6, 6, 6, 6, 6, 6, 0]);
      for (const { required } of books) expect(required.initial).to.be.at.least(required.maintenance).and.above(0);
    }
    // Who is short of options by the day earns time value on average over a calm week.
    const gains = observations.books["short straddle"].map((book) => book.gains.at(-1) ?? 0);
    expect(gains.some((gain) => gain > 0)).to.equal(true);
  });

  it("publishes implied volatility to the oracle, which counts it within its bound", async () => {
    const level = 1.1;
    const { samples } = await observeWith([{ time: from - HOUR, level }]);
    const [first] = samples;
    const realised = observations.samples[0]?.volatilities.observed ?? NaN;
    expect(level)
      .to.be.above(realised)
      .and.below(2 * realised + 0.2);
    expect(first?.volatilities.observed).to.satisfy(isNear(level, 1e-6));
    // An index older than two days is not published any more.
    expect(samples.at(-1)?.volatilities.observed).to.satisfy(
      isNear(observations.samples.at(-1)?.volatilities.observed ?? NaN, 1e-9),
    );
  });

  it("shows a shock: initial at once, maintenance no faster than it may", async () => {
    const { required } = await respond("ETH", await configurationAt(history, from, "local"), from);
    const [before, first] = required;
    if (before === undefined || first === undefined) throw new Error("an hour at least");
    expect(first.initial / before.initial).to.be.above(1.05);
    const day = required.slice(0, 24).map(({ maintenance }) => maintenance);
    day.slice(1).forEach((margin, hour) => {
      expect(margin / (day[hour] ?? NaN)).to.be.within(0.999, 1.02 + 1e-9);
    });
    expect(Math.max(...day) / before.maintenance).to.be.above(1.02);
    expect(required.at(-1)?.initial).to.be.below(first.initial);
  });
});

describe("npm run validate", function () {
  this.timeout(300_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "validation-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (...argv: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx/esm", "packages/validation/src/cli.ts", ...argv], {
      cwd: root,
      encoding: "utf8",
    });

  /** Hourly bars of one asset that rise and fall by so much in turn. */
  const writeBars = (name: string, hours: number): string => {
    const lines = Array.from({ length: hours }, (_, hour) => {
      const [open, close] = hour % 2 === 0 ? [100, 101] : [101, 100];
      return `${Date.UTC(2030, 0, 1) / 1000 + hour * HOUR},${open},101,100,${close}`;
    });
    const file = join(folder, name);
    writeFileSync(file, ["timestamp,open,high,low,close", ...lines].join("\n"));
    return file;
  };

  it("prints the delta-one rows as one JSON array on the last line, and writes a page that stands alone", () => {
    const file = writeBars("eth.csv", 24 * 12);
    const argv = ["--prices", file, "--from", "2030-01-01", "--step", "4", "--json", "--out", folder];
    const { status, stdout, stderr } = run(...argv);
    expect(status, stderr).to.equal(0);
    const rows = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>[];
    expect(rows.map(({ tier, side }) => [tier, side])).to.deep.equal([
      ["initial", "long"],
      ["initial", "short"],
      ["maintenance", "long"],
      ["maintenance", "short"],
    ]);
    for (const row of rows) {
      expect(row).to.have.all.keys(...ROWS);
      // Margin covers many times what this path moves by.
      expect(row).to.include({ asset: "ETH", coverage: 1, missTopQuintile: 0, missBottomQuintile: 0 });
    }
    const page = readFileSync(join(folder, "validation.html"), "utf8");
    expect(page).to.match(/^<!doctype html>/);
    expect(page).not.to.match(/<script|<link|src="http/);
    expect(page).to.match(/too few prices before the validation/);
  });

  it("ends with status 2 and one line for what cannot be used", () => {
    const short = writeBars("btc.csv", 24 * 3);
    const few = run("--prices", short, "--from", "2030-01-01");
    expect(few.status).to.equal(2);
    expect(few.stderr).to.match(/error: BTC has prices from 2030-01-01.* a validation needs 10 days inside\n$/);
    const unknown = run("--asset", "DOGE");
    expect(unknown.status).to.equal(2);
    expect(unknown.stderr).to.match(/Expected ETH or BTC/);
    const absent = run("--prices", join(folder, "nothing.csv"), "--asset", "ETH");
    expect(absent.status).to.equal(2);
    expect(absent.stderr).to.match(/error: .*nothing\.csv.*expected a readable CSV file/);
  });
});
