import { CommanderError } from "commander";
import { expect } from "chai";
import { loadConfiguration } from "../../../deploy/configuration.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { makeTraders } from "../src/market/population.ts";
import { DEPLOYED } from "../src/model/run.ts";
import { MINUTE } from "../src/path.ts";
import { Random } from "../src/random.ts";
import { parseStressArguments } from "../src/stress/arguments.ts";
import { Attempts, NEVER, findFrontier } from "../src/stress/frontier.ts";
import { fill } from "../src/stress/people.ts";
import { PressedPrices } from "../src/stress/pressedPrices.ts";
import { naively, nameOfRule } from "../src/stress/rules.ts";
import { SHOCK_START, moveOf, shockScenario } from "../src/stress/shock.ts";
import { type FrontierRow, type StressPlan, runHere, stress } from "../src/stress/sweep.ts";
import type { Trial } from "../src/stress/trial.ts";
import { START, scenarioOf } from "./marketFixture.ts";

const NOTHING: Trial = {
  ...{ fall: 0, reserve: 0, backstop: 0, others: 0, leftOpen: 0, tornUp: 0, keeperProfit: 0 },
  ...{ leverageAtStart: 1, initialAtStart: 0, maintenanceAtStart: 0, conservationError: "0" },
  ...{ spiralGain: 0, displacement: 0, flow: 0 },
};

describe("Arguments of npm run stress", () => {
  it("have defaults that answer the question", () => {
    const { rules, depths, latencies, leverages, seeds, isCrossed, isOwn, limits, volatility } = parseStressArguments(
      [],
    );
    expect(rules.map(nameOfRule)).to.deep.equal(["dynamic", "static 10 %", "static 20 %", "naive"]);
    expect(depths).to.deep.equal([1, 0.3, 0.1, 0.03, 0.01, Infinity]);
    expect([latencies, leverages]).to.deep.equal([
      [2, 10, 30],
      [1, 0.5, 2],
    ]);
    expect([seeds, isCrossed, isOwn, volatility]).to.deep.equal([["1", "2", "3"], false, false, undefined]);
    expect(limits).to.deep.equal(DEPLOYED);
  });

  it("take lists, and limits of the backstop", () => {
    const lists = ["--margins", "naive,static:15", "--depths", "none,2.5", "--latencies", "0", "--leverages", "0.5,3"];
    const { rules, depths, limits, volatility } = parseStressArguments([
      ...lists,
      ...["--volatility", "45", "--backstop", "7.5", "--slots", "0", "--margin-share", "25", "--lapse", "40"],
    ]);
    expect(rules).to.deep.equal([{ kind: "naive" }, { kind: "static", share: 0.15 }]);
    expect(depths).to.deep.equal([Infinity, 2.5]);
    expect(limits).to.deep.equal({ backstopShare: 0.075, slots: 0, marginShare: 0.25, lapseSeconds: 40 * MINUTE });
    expect(volatility).to.equal(0.45);
  });

  it("are refused where they mean nothing", () => {
    for (const wrong of [
      ["--margins", "clever"],
      ["--depths", "0"],
      ["--depths", ""],
      ["--latencies", "2,-1"],
      ["--leverages", "9"],
      ["--seeds", "0"],
    ])
      expect(() => parseStressArguments(wrong), wrong.join(" ")).to.throw(CommanderError);
  });
});

describe("Prices under forced flow", () => {
  const depth = { usd: 1_000_000, share: 0.03 };
  const pressed = (prices: readonly number[], usd = depth.usd) => {
    const depths = { ETH: { ...depth, usd }, BTC: { ...depth, usd } };
    return new PressedPrices(scenarioOf(prices), { size: -0.2, begin: START + MINUTE }, depths);
  };
  const ethRounds = (outside: PressedPrices, minute: number) =>
    outside.roundsUntil(START + minute * MINUTE).filter(({ asset }) => asset === "ETH");

  it("fall by the square root of what is sold, and half of the flow is gone in half an hour", () => {
    const outside = pressed([1_000]);
    outside.roundsUntil(START + MINUTE);
    outside.press("ETH", -4_000_000);
    expect(outside.truePrice("ETH", START + MINUTE)).to.satisfy(isNear(1_000 * Math.exp(-0.06), 1e-6));
    expect(outside.truePrice("BTC", START + MINUTE)).to.equal(40_000);
    outside.roundsUntil(START + 61 * MINUTE);
    expect(outside.truePrice("ETH", START + 61 * MINUTE)).to.satisfy(isNear(1_000 * Math.exp(-0.03), 1e-6));
  });

  it("are answered by the feed when they have left its last answer by half a per cent, or after an hour", () => {
    const outside = pressed([1_000, 996, 994]);
    expect(ethRounds(outside, 1)).to.deep.equal([]);
    expect(ethRounds(outside, 2)).to.deep.equal([{ asset: "ETH", time: START + 2 * MINUTE, price: 994 }]);
    outside.press("ETH", -1_000_000);
    const [after] = ethRounds(outside, 3);
    expect(after?.price).to.be.within(964, 966);
    for (let minute = 4; minute < 200; minute++) ethRounds(outside, minute);
    const calm = Array.from({ length: 40 }, (_, i) => ethRounds(outside, 200 + i));
    expect(calm.flat().length).to.be.at.most(1);
  });

  it("add to the shock what is pressed in its direction from its beginning on", () => {
    const outside = pressed([1_000]);
    outside.press("ETH", -1_000_000);
    expect(outside.pressure().spiralGain).to.equal(0);
    outside.roundsUntil(START + MINUTE);
    outside.press("ETH", -3_000_000);
    const { spiralGain, displacement, flow } = outside.pressure();
    // From almost 0.03 to almost 0.06, of 0.2: a minute has passed.
    expect(spiralGain).to.be.within(0.15, 0.156);
    expect(displacement).to.be.within(0.059, 0.06);
    expect(flow).to.equal(4_000_000);
  });

  it("stay as they are in markets without a bottom", () => {
    const outside = pressed([1_000], Infinity);
    outside.roundsUntil(START + MINUTE);
    outside.press("ETH", -1e12);
    expect(outside.truePrice("ETH", START + MINUTE)).to.equal(1_000);
    expect(outside.pressure()).to.include({ spiralGain: 0, displacement: 0 });
  });
});

describe("A shock", () => {
  it("takes the share asked for in the time asked for, with the same noise for every size", () => {
    const pathOf = (fall: number) => shockScenario({ fall, minutes: 30 }, new Random("1")).feeds.ETH.path;
    const [none, third] = [pathOf(0), pathOf(1 / 3)];
    const ratioAt = (minutes: number) => {
      const index = (SHOCK_START - none.start) / MINUTE + minutes;
      return (third.prices[index] ?? NaN) / (none.prices[index] ?? NaN);
    };
    expect(ratioAt(0)).to.equal(1);
    expect(ratioAt(15)).to.satisfy(isNear(Math.sqrt(2 / 3), 1e-12));
    for (const minutes of [30, 700]) expect(ratioAt(minutes)).to.satisfy(isNear(2 / 3, 1e-12));
    expect(moveOf({ fall: 1 / 3, minutes: 30 })).to.satisfy(isNear(Math.log(2 / 3), 1e-12));
  });
});

describe("A full house", () => {
  it("wants its notional of each asset, and as much more of it per equity as it is bolder", () => {
    const opening = { assets: ["ETH", "BTC"], prices: { ETH: 2_000, BTC: 40_000 } } as const;
    const made = makeTraders(60, opening, new Random("1"));
    const notional = { ETH: 7_000_000, BTC: 3_000_000 };
    const [usual, bolder] = [1, 2].map((leverage) => {
      const people = fill({ notional, leverage })(made, opening);
      const wanted = people.map(({ legs, borrowed }) =>
        legs.reduce((sum, { size, asset }) => sum + Math.abs(size) * opening.prices[asset], borrowed),
      );
      const equity = people.map(({ funds }) => funds.usd + funds.ETH * 2_000 + funds.BTC * 40_000);
      return { wanted: total(wanted), equity: total(equity) };
    });
    expect(usual?.wanted).to.satisfy(isNear(10_000_000, 1e-3));
    expect(bolder?.wanted).to.satisfy(isNear(10_000_000, 1e-3));
    expect((usual?.equity ?? NaN) / (bolder?.equity ?? NaN)).to.satisfy(isNear(2, 1e-9));
  });
});

describe("A naive margin", () => {
  it("has neither stressed weight, floor, speed limit, stress scenarios nor ends of the range", async () => {
    const { underlyings } = await loadConfiguration("local");
    for (const { risk, controller } of underlyings.map(naively)) {
      expect(controller.stressedWeight).to.equal(0n);
      expect(controller.floor < 10n ** 16n).to.equal(true);
      expect(
        risk.stresses.every(({ initialWeight, maintenanceWeight }) => initialWeight + maintenanceWeight === 0n),
      ).to.equal(true);
      expect(risk.maintenance.rangeMin < 10n ** 16n && risk.maintenance.rangeMax >= 10n ** 18n).to.equal(true);
    }
  });
});

describe("A frontier", () => {
  /** Steps are reached from these falls on. */
  const world = (from: { reserve: number; backstop: number; others: number }) => {
    const tried: number[] = [];
    const attempts = new Attempts((fall) => {
      tried.push(fall);
      const paid = (least: number) => (fall >= least ? 0.01 : 0);
      const steps = { reserve: paid(from.reserve), backstop: paid(from.backstop), others: paid(from.others) };
      return Promise.resolve({ ...NOTHING, fall, ...steps });
    });
    return { attempts, tried };
  };

  it("is the least fall of whole steps that reaches each step, found without trying all", async () => {
    const { attempts, tried } = world({ reserve: 0.15, backstop: 0.24, others: 0.385 });
    const { falls, at } = await findFrontier(attempts);
    expect(falls).to.deep.equal({ reserve: 0.16, backstop: 0.24, others: 0.4 });
    expect(at.fall).to.equal(0.4);
    expect(tried.length).to.be.at.most(16);
    expect(new Set(tried).size).to.equal(tried.length);
  });

  it("counts a step as reached by a loss that went past it", async () => {
    const { attempts } = world({ reserve: NEVER, backstop: NEVER, others: 0.3 });
    expect((await findFrontier(attempts)).falls).to.deep.equal({ reserve: 0.3, backstop: 0.3, others: 0.3 });
  });

  it("is nowhere if nothing reaches a step", async () => {
    const { attempts } = world({ reserve: 0.5, backstop: NEVER, others: NEVER });
    const { falls, at } = await findFrontier(attempts);
    expect(falls).to.deep.equal({ reserve: 0.5, backstop: NEVER, others: NEVER });
    expect(at.fall).to.equal(0.94);
  });
});

describe("A stress", function () {
  this.timeout(240_000);
  const plan: StressPlan = {
    rules: [{ kind: "dynamic" }, { kind: "static", share: 0.2 }],
    depths: [Infinity, 0.01],
    ...{ latencies: [2], leverages: [1], isCrossed: false, seeds: ["1"] },
    ...{ accounts: 40, minutes: 60, volatility: undefined, isOwn: false, limits: DEPLOYED },
  };

  it("finds that thin markets bear less and feed a spiral, and markets without a bottom do not", async () => {
    const { frontiers, gains, conservationErrors, trials } = await stress(plan, runHere, () => undefined);
    expect(conservationErrors).to.equal(0);
    expect(trials).to.be.above(30);
    const worst = (row: FrontierRow) => row.worstGain.spiralGain;
    const others = (row: FrontierRow) => row.falls.others.median;
    const maintenance = (row: FrontierRow) => row.maintenanceAtStart.median;
    const [deep, thin, deepStatic, thinStatic] = frontiers as [FrontierRow, FrontierRow, FrontierRow, FrontierRow];
    expect([deep, deepStatic].map(worst)).to.deep.equal([0, 0]);
    expect(Math.min(...[thin, thinStatic].map(worst))).to.be.above(0.5);
    expect(others(deep)).to.be.above(others(thin));
    expect(others(deepStatic)).to.be.above(others(thinStatic));
    // A higher line on the same accounts.
    expect(maintenance(deepStatic)).to.be.above(1.3 * maintenance(deep));
    expect(others(deepStatic)).to.be.above(others(deep));
    for (const { falls } of frontiers) {
      expect(falls.reserve.median).to.be.at.most(falls.backstop.median);
      expect(falls.backstop.median).to.be.at.most(falls.others.median);
    }
    expect(gains.filter(({ depth }) => depth === null).every(({ spiralGain }) => spiralGain.most === 0)).to.equal(true);
  });

  it("gives the same for the same seed, and sweeps crosses only where it is asked to", async () => {
    const small: StressPlan = {
      ...plan,
      ...{ rules: [{ kind: "naive" }], depths: [0.1], latencies: [2, 10], leverages: [1, 2], accounts: 16 },
    };
    const shares: number[] = [];
    const result = await stress(small, runHere, (_, share) => shares.push(share));
    expect(result.frontiers.map(({ latencyMinutes, leverage }) => [latencyMinutes, leverage])).to.deep.equal([
      [2, 1],
      [2, 2],
      [10, 1],
    ]);
    expect(shares.at(-1)).to.equal(1);
    expect(await stress(small, runHere, () => undefined)).to.deep.equal(result);
    const crossed = await stress({ ...small, isCrossed: true }, runHere, () => undefined);
    expect(crossed.frontiers.length).to.equal(4);
  });
});

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
