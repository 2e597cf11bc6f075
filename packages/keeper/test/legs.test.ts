import { call, put, spot } from "@plimsoll/client";
import { expect } from "chai";
import fc from "fast-check";
import { candidateGroups, isHedgedPair } from "../src/candidates.ts";
import { configSchema } from "../src/config.ts";
import { WAD, abs, addLegs, mulWadDown, negate } from "../src/domain.ts";
import type { Leg, Portfolio } from "../src/domain.ts";
import { chooseLegs } from "../src/legs.ts";
import type { LegsRequest } from "../src/legs.ts";
import { evaluateOne, marginModel, perp, usd } from "./model.ts";

const rules = configSchema.parse({}).legs;
/** Hedging for nothing, so that what a package is worth is plain. */
const hedge = {
  prices: new Map<number, bigint>(),
  rates: { linearShare: 0, optionShare: 0, spreadShare: 0, optionCap: 0 },
};

/** Rate 20 %, and a taker with ample cash and no positions, where nothing else is said. */
function requestFor(portfolio: Portfolio, changes: Partial<LegsRequest> = {}, floor = 0n): LegsRequest {
  const rich = { cash: usd(1_000_000), legs: [] };
  return {
    ...{
      portfolio,
      risk: evaluateOne(portfolio, floor),
      rate: WAD / 5n,
      isFloorBound: false,
      riskCharge: 0.05,
      hedge,
      rules,
    },
    taker: { portfolio: rich, risk: evaluateOne(rich, floor) },
    ...changes,
  };
}

function sizeOf(legs: readonly Leg[], underlying: number): bigint {
  return legs.find(({ instrument }) => instrument === perp(underlying, 1).instrument)?.size ?? 0n;
}

describe("choosing legs", () => {
  // 100 units at 100 USD need 1,000 USD; 90 % of that is left.
  const long: Portfolio = { cash: usd(900 - 10_000), legs: [perp(1, 100)] };

  it("takes what brings the account to just below the target, towards zero, and no more", async () => {
    const choice = await chooseLegs(requestFor(long), marginModel().evaluate);
    if (!choice) throw new Error("no choice");
    const taken = sizeOf(choice.legs, 1);
    expect(taken > 0n && taken < usd(100)).to.equal(true);
    const remaining = evaluateOne({ cash: long.cash + taken * 100n, legs: addLegs(long.legs, negate(choice.legs)) });
    const equity = remaining.equity - choice.payment;
    expect(equity <= (remaining.maintenance * 115n) / 100n).to.equal(true);
    expect(equity >= (remaining.maintenance * 110n) / 100n).to.equal(true);
  });

  it("declines while the compensation does not cover the charge for the risk", async () => {
    const rate = WAD / 20n; // 5 % gross is 4.5 % after the fee, below the charge of 5 %.
    expect(await chooseLegs(requestFor(long, { rate }), marginModel().evaluate)).to.equal(undefined);
    const enough = (WAD * 6n) / 100n;
    expect(await chooseLegs(requestFor(long, { rate: enough }), marginModel().evaluate)).to.not.equal(undefined);
  });

  it("prefers legs that hedge what the taker already holds", async () => {
    const portfolio = { cash: usd(900 - 10_000), legs: [perp(1, 50), perp(2, 50)] };
    const held = { cash: usd(1_000_000), legs: [perp(2, -50)] };
    const taker = { portfolio: held, risk: evaluateOne(held) };
    const choice = await chooseLegs(requestFor(portfolio, { taker }), marginModel().evaluate);
    expect(choice?.legs.map(({ instrument }) => instrument)).to.deep.equal([perp(2, 1).instrument]);
  });

  it("does not strip the hedge from a hedged book", async () => {
    const option = call(1, { expiry: 2_000_000_000, strike: usd(100) });
    // 100 long and 60 short on one underlying: taking the short side alone would raise the requirement.
    const portfolio = { cash: usd(380 - 4_000), legs: [perp(1, 100), { instrument: option, size: usd(-60) }] };
    const choice = await chooseLegs(requestFor(portfolio), marginModel().evaluate);
    expect(choice).to.not.equal(undefined);
    expect(choice && sizeOf(choice.legs, 1) > 0n).to.equal(true);
  });

  it("takes a floor-bound account as a whole or not at all", async () => {
    const floor = usd(100);
    const portfolio = { cash: usd(90 - 500), legs: [perp(1, 5)] };
    const choice = await chooseLegs(requestFor(portfolio, { isFloorBound: true }, floor), marginModel(floor).evaluate);
    expect(choice?.legs).to.deep.equal([perp(1, 5)]);
    const inDebt = { cash: usd(50 - 500), legs: [perp(1, 5), perp(2, 0.0001)] };
    const half = requestFor(inDebt, { isFloorBound: true }, floor);
    expect((await chooseLegs(half, marginModel(floor).evaluate))?.legs).to.have.length(2);
  });

  it("takes no more than the taker can carry above initial margin", async () => {
    const poor = { cash: usd(100), legs: [] };
    const taker = { portfolio: poor, risk: evaluateOne(poor) };
    const choice = await chooseLegs(requestFor(long, { taker }), marginModel().evaluate);
    if (!choice) throw new Error("no choice");
    const taken = sizeOf(choice.legs, 1);
    const received = (choice.payment * 9n) / 10n;
    const after = evaluateOne({ cash: poor.cash + received - taken * 100n, legs: choice.legs });
    expect(after.equity >= after.initial).to.equal(true);
    expect(choice.requirementRemoved >= usd(50)).to.equal(true);
    const broke = { cash: usd(50), legs: [] };
    const none = requestFor(long, { taker: { portfolio: broke, risk: evaluateOne(broke) } });
    expect(await chooseLegs(none, marginModel().evaluate)).to.equal(undefined);
  });

  it("compares a bounded number of distinct groups, the slice of everything always among them", () => {
    const legs = Array.from({ length: 40 }, (_, i) => ({
      instrument: call((i % 4) + 1, { expiry: 2_000_000_000 + i, strike: usd(100) }),
      size: usd(i % 2 === 0 ? 1 : -1),
      requirement: usd(i),
    }));
    const groups = candidateGroups([...legs, { instrument: spot(1), size: usd(1), requirement: 0n }], 6);
    expect(groups).to.have.length(6);
    expect(groups[0]).to.have.length(41);
  });

  it("pairs legs on one underlying that gain in opposite directions", () => {
    const terms = { expiry: 2_000_000_000, strike: usd(100) };
    const [bought, sold] = [usd(1), usd(-1)];
    const future = perp(1, 1);
    expect(isHedgedPair(future, { instrument: put(1, terms), size: bought })).to.equal(true);
    expect(isHedgedPair(future, { instrument: put(1, terms), size: sold })).to.equal(false);
    expect(isHedgedPair(future, { instrument: call(1, terms), size: sold })).to.equal(true);
    expect(isHedgedPair(future, { instrument: call(1, terms), size: bought })).to.equal(false);
    expect(isHedgedPair(future, perp(2, -1))).to.equal(false);
  });

  it("takes nothing that the taker's account has no room for", async () => {
    const terms = (i: number) => ({ expiry: 2_000_000_000, strike: usd(100 + i) });
    const held = Array.from({ length: 127 }, (_, i) => ({ instrument: call(9, terms(i)), size: usd(0.001) }));
    const full = { cash: usd(1_000_000), legs: held };
    const portfolio = { cash: usd(900 - 10_000), legs: [perp(1, 50), perp(2, 50)] };
    const choice = await chooseLegs(
      requestFor(portfolio, { taker: { portfolio: full, risk: evaluateOne(full) } }),
      marginModel().evaluate,
    );
    expect(choice?.legs).to.have.length(1);
  });

  it("respects every guard on random books", async () => {
    const size = fc.integer({ min: -200, max: 200 }).filter((value) => value !== 0);
    const books = fc.record({
      sizes: fc.array(size, { minLength: 1, maxLength: 4 }),
      share: fc.integer({ min: 30, max: 99 }),
    });
    const rates = fc.bigInt(WAD / 50n, WAD / 4n);
    await fc.assert(
      fc.asyncProperty(books, rates, async ({ sizes, share }, rate) => {
        const legs = sizes.map((units, i) => perp(i + 1, units));
        const { equity, maintenance } = evaluateOne({ cash: 0n, legs });
        const portfolio = { cash: (maintenance * BigInt(share)) / 100n - equity, legs };
        const before = evaluateOne(portfolio);
        fc.pre(rate * before.maintenance < before.equity * WAD);
        const choice = await chooseLegs(requestFor(portfolio, { rate }), marginModel().evaluate);
        if (!choice) return;
        for (const { instrument, size: taken } of choice.legs) {
          const held = legs.find((leg) => leg.instrument === instrument)?.size ?? 0n;
          expect(taken * held > 0n && abs(taken) <= abs(held)).to.equal(true);
        }
        const value = choice.legs.reduce((sum, leg) => sum + leg.size * 100n, 0n);
        const remaining = evaluateOne({ cash: portfolio.cash + value, legs: addLegs(legs, negate(choice.legs)) });
        const after = remaining.equity - choice.payment;
        const removed = before.maintenance - remaining.maintenance;
        expect(choice.payment <= mulWadDown(rate, removed)).to.equal(true);
        expect(after * before.maintenance >= before.equity * remaining.maintenance).to.equal(true);
        expect(after <= (remaining.maintenance * 115n) / 100n).to.equal(true);
        expect(removed * 2n >= evaluateOne({ cash: 0n, legs: choice.legs }).maintenance).to.equal(true);
        expect(after >= remaining.maintenance || removed * 20n >= before.maintenance).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });
});
