import { expect } from "chai";
import { Random, priceAt, roundsOf } from "@plimsoll/replay";
import { loadConfiguration } from "../../../deploy/configuration.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { InSample } from "../src/inSample.ts";
import { PARAMETERS_KNOWN_FROM, configurationAt } from "../src/known.ts";
import type { AssetHistory } from "../src/marketHistory.ts";
import { rivalsOf } from "../src/rivals.ts";
import { lossesFrom } from "../src/series.ts";
import { simulateHistory } from "../src/simulatedHistory.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Twice the simulated half-year: the second half is the validation. */
const history = lengthened(simulateHistory("ETH", new Random("rivals")));
const until = history.path.start + 185 * DAY;

function lengthened({ asset, path }: AssetHistory): AssetHistory {
  const prices = new Float64Array(path.prices.length * 2);
  prices.set(path.prices);
  prices.set(path.prices.toReversed(), path.prices.length);
  const longer = { ...path, prices };
  return { asset, path: longer, rounds: roundsOf(longer), implied: [] };
}

/** The same until then, and half of it afterwards. */
function crashedFrom(time: number): AssetHistory {
  const index = (time - history.path.start) / history.path.stepSeconds;
  const path = { ...history.path, prices: history.path.prices.map((price, i) => (i > index ? price / 2 : price)) };
  return { ...history, path, rounds: roundsOf(path) };
}

async function underlying() {
  const [ether] = (await loadConfiguration("local")).underlyings;
  if (ether === undefined) throw new RangeError("the configuration lists ETH");
  return ether;
}

describe("What a validation knows", () => {
  it("is nothing of the prices inside of it: seeds and coverage before are the same whatever comes", async () => {
    const crashed = crashedFrom(until);
    const [ours, theirs] = await Promise.all([history, crashed].map((one) => configurationAt(one, until, "local")));
    expect(theirs?.underlyings).to.deep.equal(ours?.underlyings);
    const setting = { until, stepSeconds: HOUR };
    const [calm, wild] = await Promise.all(
      [history, crashed].map(async (one) => InSample.of(one, await underlying(), setting)),
    );
    if (calm === undefined || wild === undefined) throw new RangeError("185 days are enough");
    for (const side of ["long", "short"] as const) {
      expect(wild.coverage(side, "initial", wild.from)).to.equal(calm.coverage(side, "initial", calm.from));
      expect(calm.coverage(side, "initial", calm.from)).to.be.within(0.9, 1);
    }
  });

  it("is not the coverage before where there are too few days of it", async () => {
    expect(InSample.of(history, await underlying(), { until: until - 10 * DAY, stepSeconds: HOUR })).to.equal(
      undefined,
    );
  });

  it("is the stressed peak of the parameters from the year on in which it was known", async () => {
    const shifted = (start: number): AssetHistory => {
      const path = { ...history.path, start };
      return { ...history, path, rounds: roundsOf(path) };
    };
    const { stressed } = await underlying();
    const at = async (from: number) =>
      (await configurationAt(shifted(from - 100 * DAY), from, "local")).underlyings[0]?.stressed;
    expect(await at(PARAMETERS_KNOWN_FROM)).to.equal(stressed);
    expect(await at(PARAMETERS_KNOWN_FROM - DAY)).to.satisfy((peak: bigint) => peak < stressed);
  });
});

describe("Other rules", () => {
  const closes = Array.from({ length: 2_000 }, (_, i) => ({
    time: history.path.start + i * HOUR,
    mark: priceAt(history.path, history.path.start + i * HOUR),
  }));
  const start = 1_200;
  const inputs = (fittingSpan: Parameters<typeof rivalsOf>[0]["fittingSpan"]) => ({
    closes: { prices: Float64Array.from(closes, ({ mark }) => mark), stepSeconds: HOUR },
    times: Float64Array.from(closes, ({ time }) => time),
    losses: lossesFrom(closes, history.path, { side: "long", horizonSeconds: DAY }),
    horizonSteps: 24,
    volatility: new Float64Array(closes.length).fill(0.7),
    start,
    fittingSpan,
  });

  it("cover what they are asked to on the fitting span, and begin where the validation does", () => {
    const span = { from: 100, to: start - 24, coverage: 0.97 };
    const { losses, times } = inputs(() => span);
    const [fixed] = rivalsOf(
      inputs(() => span),
      45 * DAY,
    );
    expect(fixed?.name).to.equal("static percentage");
    expect(fixed?.series.times[0]).to.equal(times[start]);
    const share = fixed?.series.margin[0] ?? NaN;
    const covered = losses.loss.subarray(span.from, span.to).filter((loss) => loss <= share).length;
    expect(covered / (span.to - span.from)).to.satisfy(isNear(0.97, 1 / (span.to - span.from)));
  });

  it("are left out where they are known too late", () => {
    expect(
      rivalsOf(
        inputs(() => undefined),
        45 * DAY,
      ),
    ).to.deep.equal([]);
    // A year of history is never full here.
    const series = rivalsOf(
      inputs((knownFrom) => (knownFrom === -1 ? undefined : { from: knownFrom, to: start, coverage: 0.99 })),
      45 * DAY,
    );
    const found = series.map(({ name }) => name);
    expect(found).not.to.include("historical VaR 99 %, 1 y");
    expect(found).to.include("EWMA + 25 % buffer");
  });
});
