import { expect } from "chai";
import fc from "fast-check";
import {
  auctionState,
  bankruptcyPayment,
  compensationRate,
  isBackstopsTurn,
  LIQUIDATION_RULES,
  MarginModel,
  seize,
  type Leg,
  type Portfolio,
  type Risk,
} from "../src/index.ts";
import { ethCall, etherPerpetual, ethPut, held, marketOf } from "./fixture.ts";
import { isNear } from "../../../test/helpers/near.ts";

const RUNS = 300;
const rich: Portfolio = { cash: 1e9, legs: [] };
const model = new MarginModel(marketOf());

/** With so much cash that equity is this share of maintenance. */
function atHealth(legs: readonly Leg[], health: number): Portfolio {
  const { equity, maintenance } = model.evaluate({ cash: 0, legs });
  return { cash: health * maintenance - equity, legs };
}

function riskOf(numbers: Partial<Risk>): Risk {
  return { equity: 0, initial: 200, maintenance: 100, maintenanceBeforeFloor: 100, stressLoss: 0, ...numbers };
}

describe("the model of an auction", () => {
  it("offers the published rates, then the whole, then public money", () => {
    const published = [0, -0.01, 150, 0.145, 300, 0.3, 2_100, 0.65, 3_900, 1, 1e9, 1];
    for (let i = 0; i < published.length; i += 2) {
      expect(compensationRate(published[i] ?? NaN)).to.satisfy(isNear(published[i + 1] ?? NaN, 1e-15));
    }
    const risk = riskOf({ equity: 65.0001 });
    expect(auctionState(risk, 2_100).isOfferedWhole).to.equal(false);
    expect(auctionState(risk, 2_101).isOfferedWhole).to.equal(true);
    const solvent = riskOf({ equity: 65 });
    expect(auctionState(solvent, 7_200, { reserve: 50 })).to.include({ isBankrupt: false, payment: 65 });
    expect(auctionState(solvent, 9_000, { reserve: 50 })).to.include({ isBankrupt: true, payment: 82.5 });
    expect(auctionState(solvent, 9_000, { reserve: 10 }).payment, "no more than the reserve adds").to.equal(75);
    expect(auctionState(solvent, 7_200, { due: 25 }).payment, "the starter out of the equity").to.equal(40);
    expect(auctionState(solvent, 9_000, { reserve: 50, due: 25 }).payment, "in bankruptcy by the reserve").to.equal(
      82.5,
    );
    expect(auctionState(solvent, 9_000, { reserve: 30, due: 25 }).payment, "before the taker").to.equal(70);
    expect(bankruptcyPayment(riskOf({ equity: -50 }), 900)).to.equal(25);
  });

  it("lets the backstop take over from its limit on, or where the reserve is short", () => {
    const deficit = riskOf({ equity: -10 });
    expect(isBackstopsTurn(deficit, 899, 100)).to.equal(false);
    expect(isBackstopsTurn(deficit, 900, 100)).to.equal(true);
    expect(isBackstopsTurn(deficit, 1, 5)).to.equal(true);
    expect(isBackstopsTurn(riskOf({ equity: 10 }), 900, 100)).to.equal(false);
  });

  it("moves legs at mark for the rate times the requirement removed, a tenth of it to the backstop", () => {
    const from = atHealth([held(etherPerpetual, 10)], 0.95);
    const { before, removed, payment, fee, remaining, taker, refusal } = seize(model, {
      ...{ from, to: rich, rate: 0.1, legs: [held(etherPerpetual, 1)] },
    });
    expect(refusal).to.equal(undefined);
    expect(removed).to.satisfy(isNear(before.maintenance - remaining.maintenance, 1e-9));
    expect(payment).to.satisfy(isNear(0.1 * removed, 1e-9));
    expect(fee).to.satisfy(isNear(LIQUIDATION_RULES.feeShare * payment, 1e-9));
    expect(before.equity + 1e9).to.satisfy(isNear(remaining.equity + taker.equity + fee, 1e-6));
  });

  it("refuses what the guards are for", () => {
    const refusalOf = (from: Portfolio, legs: readonly Leg[], { rate = 0.1, to = rich } = {}) =>
      seize(model, { from, to, legs, rate }).refusal;
    const long = atHealth([held(etherPerpetual, 10)], 0.95);
    expect(refusalOf(atHealth([held(etherPerpetual, 10)], 1.01), [held(etherPerpetual, 1)])).to.equal(
      "AboveMaintenance",
    );
    expect(refusalOf(long, [held(etherPerpetual, 1)], { rate: 0.96 })).to.equal("WholeOnly");
    expect(refusalOf(long, [held(etherPerpetual, 0.1)])).to.equal("TooSmall");
    expect(refusalOf(long, [held(etherPerpetual, 9)])).to.equal("OverLiquidation");
    expect(refusalOf(long, [held(etherPerpetual, 2)], { to: { cash: 10, legs: [] } })).to.equal("BelowInitialMargin");
    const [future, sold] = [held(etherPerpetual, 10), held(ethCall(30, 2_000), -18)];
    const hedged = atHealth([future, sold], 0.95);
    expect(refusalOf(hedged, [future])).to.equal("HealthLowered");
    // On the account floor nothing is removed by a part.
    const small = atHealth([held(etherPerpetual, 0.01)], 0.95);
    expect(refusalOf(small, [held(etherPerpetual, 0.005)])).to.equal("HedgeStripped");
    expect(refusalOf(small, [held(etherPerpetual, 0.01)])).to.equal(undefined);
  });

  it("never lowers E/R by what it lets through", () => {
    const size = fc.double({ min: -10, max: 10, noNaN: true }).filter((value) => Math.abs(value) > 0.01);
    const instruments = [etherPerpetual, ethCall(7, 2_100), ethPut(7, 1_900), ethCall(60, 2_500), ethPut(2, 1_950)];
    const count = instruments.length;
    const share = fc.double({ min: 0.05, max: 0.4, noNaN: true });
    const any = fc.array(share, { minLength: count, maxLength: count });
    const cases = fc.record({
      sizes: fc.array(size, { minLength: 1, maxLength: count }),
      shares: fc.oneof(
        any,
        share.map((one) => Array.from({ length: count }, () => one)),
      ),
      health: fc.double({ min: 0.6, max: 0.99, noNaN: true }),
      rate: fc.double({ min: -0.01, max: 0.3, noNaN: true }),
    });
    let moved = 0;
    fc.assert(
      fc.property(cases, ({ sizes, shares, health, rate }) => {
        const legs = sizes.map((units, i) => held(instruments[i] ?? etherPerpetual, units));
        const taken = legs.map(({ instrument, size: units }, i) => held(instrument, units * (shares[i] ?? 0)));
        const { before, remaining, refusal } = seize(model, {
          from: atHealth(legs, health),
          to: rich,
          legs: taken,
          rate,
        });
        if (refusal !== undefined) return;
        moved++;
        expect(remaining.equity * before.maintenance >= before.equity * remaining.maintenance).to.equal(true);
        expect(remaining.maintenance < before.maintenance).to.equal(true);
      }),
      { numRuns: RUNS, seed: 7 },
    );
    expect(moved > RUNS / 10, `${moved} of ${RUNS} moved legs`).to.equal(true);
  });
});
