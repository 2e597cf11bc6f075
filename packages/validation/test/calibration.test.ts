import { copyFile, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ArgumentError, MINUTE, Random, roundsOf, type PricePath } from "@plimsoll/replay";
import { coverageOf, deltaOneRequirement, SIDES } from "@plimsoll/risk";
import { expect } from "chai";
import { loadConfiguration } from "../../../deploy/configuration.ts";
import { parseArguments } from "../src/calibration/arguments.ts";
import { requireBounds } from "../src/calibration/bounds.ts";
import { calibrate, type Calibration } from "../src/calibration/calibration.ts";
import { isWithin, measure } from "../src/calibration/candidate.ts";
import { maskOf, prepare, yearsOf, type CalibrationData } from "../src/calibration/data.ts";
import { NoSolutionError, SpanError } from "../src/calibration/errors.ts";
import { TRAINING_LIMITS } from "../src/calibration/limits.ts";
import { writeParameters } from "../src/calibration/parameterFile.ts";
import { assetParametersOf, roundDown, roundUp, type AssetParameters } from "../src/calibration/parameters.ts";
import { coveringZ, leastZ } from "../src/calibration/quantile.ts";
import { requirements, seriesOf } from "../src/calibration/requirements.ts";
import { search, select } from "../src/calibration/search.ts";
import { renderText } from "../src/calibration/tables.ts";
import { renderPage } from "../src/calibration/page.ts";
import { walkVolatilities } from "../src/calibration/volatilities.ts";
import type { AssetHistory } from "../src/marketHistory.ts";

const DAY = 86_400;
const START = Date.UTC(2030, 0, 1) / 1000;
const DAYS = 700;
const TRAIN_UNTIL = START + 640 * DAY;
const STEP_SECONDS = 10 * MINUTE;
const silent = () => undefined;

/** Months of calm and of turmoil, by random walk in steps of ten minutes. */
function simulated(days: number): AssetHistory {
  const random = new Random("calibration");
  const deviation = Math.sqrt(STEP_SECONDS / (365 * DAY));
  let price = 2_000;
  const prices = Float64Array.from({ length: (days * DAY) / STEP_SECONDS }, (_, i) => {
    const day = (i * STEP_SECONDS) / DAY;
    const volatility = Math.floor(day / 50) % 3 === 2 ? 1.2 : 0.6;
    return (price *= Math.exp(volatility * deviation * random.normal()));
  });
  const path: PricePath = { start: START, stepSeconds: STEP_SECONDS, prices };
  return { asset: "ETH", path, rounds: roundsOf(path), implied: [] };
}

describe("Calibration", function () {
  this.timeout(60_000);
  const history = simulated(DAYS);
  let starting: AssetParameters;
  let data: CalibrationData;
  let found: Calibration;

  before(async () => {
    const { underlyings } = await loadConfiguration("local");
    const ether = underlyings.find(({ symbol }) => symbol === "ETH");
    if (ether === undefined) throw new RangeError("ETH is not listed");
    starting = assetParametersOf(ether);
    data = prepare(history, TRAIN_UNTIL);
    found = calibrate(history, { starting, until: TRAIN_UNTIL, to: undefined }, silent);
  });

  it("separates warm-up, training and test, and knows the years", () => {
    expect(data.training.from).to.equal(START + 90 * DAY);
    expect(data.times[data.training.first]).to.equal(data.training.from);
    expect(data.test?.from).to.equal(TRAIN_UNTIL);
    expect(data.times[data.test?.first ?? -1]).to.equal(TRAIN_UNTIL);
    expect(data.times.at(-1)).to.be.at.most(START + DAYS * DAY);
    expect(yearsOf(data).map(({ year }) => year)).to.deep.equal([2030, 2031]);
    const mask = maskOf(data, data.training, yearsOf(data)[0]?.span);
    expect(mask[0]).to.equal(0);
    expect(mask[data.training.end - 1]).to.equal(1);
    expect(mask[data.training.end]).to.equal(0);
  });

  it("finds the least z that covers, exactly", () => {
    const columns = walkVolatilities(data, starting.controller, { stressed: 1, withImplied: false });
    const mask = maskOf(data, data.training);
    for (const side of SIDES) {
      const { loss } = data.losses(side, DAY);
      const row = { tier: "initial", side } as const;
      const z = leastZ(coveringZ({ volatility: columns.initial, loss, mask }, starting.risk, row), 0.99);
      const covered = (factor: number) => {
        const initial = { ...starting.risk.initial, z: z * factor, rangeMin: 1e-9, rangeMax: 9 };
        const risk = {
          ...starting.risk,
          initial,
          maintenance: { ...starting.risk.maintenance, z: 1e-9, rangeMin: 1e-9 },
        };
        const { first, end } = data.training;
        const inTraining = (values: Float64Array) => values.subarray(first, end);
        return coverageOf(seriesOf(data, { risk, columns, row }, inTraining)).coverage.value;
      };
      expect(covered(1 + 1e-9)).to.be.at.least(0.99);
      expect(covered(1 - 1e-6)).to.be.below(0.99);
    }
  });

  it("covers what it was asked to in training, on both sides and in both tiers", () => {
    const own = found.rows.filter(({ parameters, span }) => parameters === "chosen" && span === "training");
    expect(own.length).to.equal(4);
    for (const { score } of own) expect(score.coverage.value).to.be.at.least(TRAINING_LIMITS.coverage - 1e-9);
    expect(Math.min(...own.map(({ score }) => score.coverage.value))).to.be.below(0.9935);
  });

  it("takes the cheapest point within the limits, or the calmest of those that cost hardly more", () => {
    const { candidates, selected } = found.search;
    expect(isWithin(selected, TRAINING_LIMITS)).to.equal(true);
    const within = candidates.filter((candidate) => isWithin(candidate, TRAINING_LIMITS));
    const cheapest = Math.min(...within.map(({ cost }) => cost));
    expect(selected.cost).to.be.at.most(cheapest * 1.005 + 1e-12);
    for (const { cost, rise5d } of within) {
      if (cost <= cheapest * 1.005) expect(rise5d).to.be.at.least(selected.rise5d);
    }
  });

  it("gives the same again, and from its own result", () => {
    expect(search(data, starting, silent).chosen).to.deep.equal(found.chosen);
    expect(search(data, found.chosen, silent).chosen).to.deep.equal(found.chosen);
  });

  it("leaves alone what it does not calibrate, and nests the tiers", () => {
    const { risk } = found.chosen;
    expect(risk.stresses).to.deep.equal(starting.risk.stresses);
    expect(risk.initial.horizonSeconds).to.equal(DAY);
    expect(risk.initial.z ** 2 * DAY).to.be.at.least(risk.maintenance.z ** 2 * risk.maintenance.horizonSeconds);
    expect(risk.initial.rangeMin).to.be.at.least(risk.maintenance.rangeMin);
    // The floor of the volatility, not the range, is what holds in a calm.
    const scale = risk.initial.z * Math.sqrt(1 / 365);
    expect(risk.initial.rangeMin).to.be.at.most(scale * found.chosen.controller.floor);
    expect(risk.initial.rangeMin).to.be.above(scale * found.chosen.controller.floor - 0.006);
  });

  it("measures a year with parameters that were found without it", () => {
    expect(found.folds.map(({ year }) => year)).to.deep.equal([2030, 2031]);
    const [fold] = found.search.folds;
    if (fold === undefined) throw new RangeError("no year was left out");
    const mask = maskOf(data, data.training, fold.span);
    const again = measure(fold.chosen.walked, starting.risk, { data, mask, coverage: TRAINING_LIMITS.coverage });
    expect(found.folds[0]?.z).to.equal(again.risk.initial.z);
    const margin = requirements(again.risk, fold.chosen.walked.columns, { tier: "initial", side: "short" });
    const { loss } = data.losses("short", DAY);
    const inside = [...loss.keys()].slice(fold.span.first, fold.span.end);
    const misses = inside.filter((i) => (loss[i] ?? NaN) > (margin[i] ?? NaN)).length;
    expect(found.folds[0]?.coverage.short).to.equal(1 - misses / inside.length);
  });

  it("keeps the floor so high that the goal for peak-to-trough holds from there to the worst of the training", () => {
    const { risk, controller } = found.chosen;
    const { highest } = found.search.selected;
    const ratio = (floor: number) =>
      Math.max(
        ...SIDES.map((side) => {
          const bare = { ...risk, stresses: [], initial: { ...risk.initial, rangeMin: 0.01 } };
          return highest[side] / deltaOneRequirement(bare, { initial: floor, maintenance: floor }, side).initial;
        }),
      );
    expect(ratio(controller.floor)).to.be.at.most(2);
    expect(ratio(controller.floor - 0.011)).to.be.above(2);
  });

  it("stays inside what the contracts take", () => {
    const { chosen } = found;
    expect(() => {
      requireBounds("ETH", chosen);
    }).not.to.throw();
    const wide = { ...chosen.risk, maintenance: { ...chosen.risk.maintenance, z: chosen.risk.initial.z * 3 } };
    expect(() => {
      requireBounds("ETH", { ...chosen, risk: wide });
    }).to.throw(NoSolutionError, /does not fit/);
    const steep = { ...chosen.risk, initial: { ...chosen.risk.initial, z: 11 } };
    expect(() => {
      requireBounds("ETH", { ...chosen, risk: steep });
    }).to.throw(NoSolutionError, /at most 10/);
  });

  it("says when nothing meets the limits", () => {
    const { candidates } = found.search;
    const measured = { data, mask: maskOf(data, data.training), coverage: TRAINING_LIMITS.coverage };
    const attempt = (limits: Partial<typeof TRAINING_LIMITS>) => () =>
      select(candidates, measured, { ...TRAINING_LIMITS, ...limits });
    expect(attempt({ peakToTrough: 1.01 })).to.throw(NoSolutionError, /peak-to-trough/);
    expect(attempt({ quintileMissRate: -1 })).to.throw(NoSolutionError, /quintile/);
  });

  it("refuses a training that is too short", () => {
    expect(() => prepare(history, START + 400 * DAY)).to.throw(SpanError, /at least 455 days/);
    expect(() => prepare(simulated(100), TRAIN_UNTIL)).to.throw(SpanError);
    expect(prepare(history, START + 2_000 * DAY).test).to.equal(undefined);
  });

  it("counts an implied volatility, which raises margin and lowers none", () => {
    const implied = [START + 100 * DAY, START + 200 * DAY].map((time) => ({ time, level: 1.5 }));
    const known = prepare({ ...history, implied }, TRAIN_UNTIL);
    const options = { stressed: 2, withImplied: true };
    const plain = walkVolatilities(data, starting.controller, { ...options, withImplied: false });
    const raised = walkVolatilities(known, starting.controller, options);
    const hour = (days: number) => ((days - 90) * DAY) / 3600;
    expect(raised.observed[hour(100)]).to.be.above((plain.observed[hour(100)] ?? NaN) + 0.2);
    expect(raised.observed[hour(100) + 7]).to.equal(plain.observed[hour(100) + 7]);
    expect(raised.observed.every((value, i) => value >= (plain.observed[i] ?? NaN))).to.equal(true);
  });

  it("reports all that in words, numbers and pictures", () => {
    const text = renderText([found]);
    for (const title of ["Parameters", "Out of sample", "In sample", "A year left out", "Frontier"])
      expect(text).to.include(title);
    const page = renderPage([found], "1");
    expect(page.match(/<svg/g)?.length).to.equal(4);
    expect(page).not.to.match(/NaN|undefined/);
  });

  it("rounds as people write, towards the side that it is told", () => {
    expect([roundUp(1.941, 0.01), roundUp(1.94, 0.01), roundDown(0.0857, 0.005)]).to.deep.equal([1.95, 1.94, 0.085]);
  });

  it("writes what it found into parameter files, and nothing else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "calibration-"));
    const file = join(folder, "local.json");
    await copyFile(fileURLToPath(new URL("../../../deploy/parameters/local.json", import.meta.url)), file);
    const before = await readFile(file, "utf8");
    const changes = await writeParameters(folder, new Map([["ETH", found.chosen]]));
    const after = await readFile(file, "utf8");
    const different = after.split("\n").filter((line, i) => line !== before.split("\n")[i]);
    expect(different.length).to.equal(changes.length).and.to.be.above(0);
    expect(changes.every(({ parameter }) => parameter.startsWith("ETH "))).to.equal(true);
    const { underlyings } = await loadConfiguration(file);
    const [ether] = underlyings.map(assetParametersOf);
    expect(ether).to.deep.equal({ ...found.chosen, risk: { ...found.chosen.risk } });
    const volatilities = { initial: 1, maintenance: 1 };
    const required = deltaOneRequirement(found.chosen.risk, volatilities, "long");
    expect(ether === undefined ? undefined : deltaOneRequirement(ether.risk, volatilities, "long")).to.deep.equal(
      required,
    );
    expect(await writeParameters(folder, new Map([["ETH", found.chosen]]))).to.deep.equal([]);
    expect(await readFile(file, "utf8")).to.equal(after);
  });
});

describe("Arguments of a calibration", () => {
  it("have defaults, and files by asset", () => {
    const request = parseArguments(["--prices", "ETH=a.csv,BTC=b.csv", "--implied", "BTC=c.csv", "--to", "2023-12-31"]);
    expect(request.files).to.deep.equal([
      { asset: "ETH", prices: "a.csv", implied: undefined },
      { asset: "BTC", prices: "b.csv", implied: "c.csv" },
    ]);
    expect(request.trainUntil).to.equal(Date.UTC(2022, 0, 1) / 1000);
    expect(request.to).to.equal(Date.UTC(2024, 0, 1) / 1000);
    expect(request).to.include({ seed: "1", parameters: "local", write: undefined, json: false, out: "out" });
  });

  it("are refused without prices, or with a date that is none", () => {
    expect(() => parseArguments([])).to.throw(ArgumentError, /--prices/);
    expect(() => parseArguments(["--prices", "eth.csv", "--train-until", "soon"])).to.throw(
      ArgumentError,
      /--train-until/,
    );
  });
});
