import { expect } from "chai";
import { parseUnits } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { MarginVolatilityModel, type ControllerParameters, type MarginVolatility } from "@plimsoll/risk";
import { onChain, OracleChain, type Step } from "../helpers/volatilityChain.ts";

const WAD = 1e18;
const SEED = 20_200_312;
const RUNS = 8;
const TOLERANCE = 1e-9;
const FIELDS = ["observed", "stressed", "target", "initial", "maintenance"] as const;
const HOUR = 3600;
const DAY = 24 * HOUR;

const whole = (min: number, max: number, unit: number) => fc.integer({ min, max }).map((value) => value / unit);

const parameters: fc.Arbitrary<ControllerParameters> = fc.record({
  realisedHalfLifeSeconds: fc.integer({ min: 7 * DAY, max: 90 * DAY }),
  initialHalfLifeSeconds: fc.integer({ min: 6 * HOUR, max: 30 * DAY }),
  floor: whole(100, 1_000, 1_000),
  stressedWeight: whole(250, 1_000, 1_000),
  maintenanceRisePerHour: whole(5, 100, 1_000),
});

/** Mostly the half per cent of a quiet feed, at times a crash, a bad print, an equal time or an outage. */
const step: fc.Arbitrary<Step> = fc.record({
  elapsed: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 8, arbitrary: fc.integer({ min: 1, max: HOUR }) },
    { weight: 1, arbitrary: fc.integer({ min: HOUR, max: 20 * DAY }) },
  ),
  move: fc.oneof(
    { weight: 8, arbitrary: whole(-60, 60, 10_000) },
    { weight: 1, arbitrary: whole(-3_000, 3_000, 10_000) },
    { weight: 1, arbitrary: whole(-20_000, 20_000, 10_000) },
  ),
});

const seedVolatilities = fc
  .record({ realised: whole(50, 2_000, 1_000), excess: whole(0, 1_000, 1_000) })
  .map(({ realised, excess }) => ({ realised, stressed: realised + excess }));

function expectSame(found: MarginVolatility, expected: Record<(typeof FIELDS)[number], bigint>, when: string): void {
  for (const field of FIELDS) {
    const exact = Number(expected[field]) / WAD;
    expect(Math.abs(found[field] / exact - 1), `${field} ${when}: ${found[field]} for ${exact}`).to.be.below(TOLERANCE);
  }
}

describe("Margin volatility in Solidity and in float64", () => {
  it("agrees over random rounds, between them, and with the newest price not yet walked", async () => {
    const chain = await OracleChain.on(await network.create("market"));
    const history = fc.record({
      settings: parameters,
      seeds: seedVolatilities,
      moves: fc.array(step, { minLength: 1, maxLength: 100 }),
      wait: fc.integer({ min: 1, max: 40 * DAY }),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ settings, seeds, moves, wait }) => {
        const start = await chain.list(settings, seeds);
        const model = new MarginVolatilityModel(settings, { ...start, ...seeds });
        const rounds = await chain.push(start, moves);
        const newest = rounds.pop() ?? start;
        for (const { price, time } of rounds) model.observe(price, time);
        await chain.walk(rounds.length);
        expectSame(model.at(await chain.now(), newest), await chain.volatility(), "with a round pending");

        model.observe(newest.price, newest.time);
        await chain.walk(moves.length);
        expectSame(model.at(await chain.now()), await chain.volatility(), "with all walked");
        await chain.wait(wait);
        expectSame(model.at(await chain.now()), await chain.volatility(), `${wait} s later`);
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
  });

  it("agrees on an implied volatility, its bound and its end", async () => {
    const chain = await OracleChain.on(await network.create("market"));
    const settings: ControllerParameters = {
      realisedHalfLifeSeconds: 30 * DAY,
      initialHalfLifeSeconds: 3 * DAY,
      floor: 0.3,
      stressedWeight: 0.4,
      maintenanceRisePerHour: 0.02,
    };
    const seeds = { realised: 0.5, stressed: 1 };
    // Inside the bound of 2 · 50 + 20 points, and beyond it.
    for (const level of [0.9, 1.6]) {
      const start = await chain.list(settings, seeds);
      const model = new MarginVolatilityModel(settings, { ...start, ...seeds });
      for (const { price, time } of await chain.push(start, [{ elapsed: 1_800, move: 0.01 }]))
        model.observe(price, time);
      const { reportedAt, acceptedAt } = await chain.report(level);
      model.setImplied({ level, until: reportedAt + 6 * HOUR }, acceptedAt);
      expectSame(model.at(acceptedAt), await chain.volatility(), "when accepted");
      expect(model.at(acceptedAt).observed).to.be.above(0.89).and.below(1.21);
      for (const wait of [HOUR, 5 * HOUR - 60, DAY]) {
        await chain.wait(wait);
        expectSame(model.at(await chain.now()), await chain.volatility(), `${wait} s later`);
      }
    }
  });

  it("writes prices as a feed does", () => {
    expect(onChain(1_234.5)).to.equal(parseUnits("1234.5", 8));
  });
});
