import { expect } from "chai";
import fc from "fast-check";
import { configSchema } from "../src/config.ts";
import { Validity } from "../src/domain.ts";
import type { MarketView } from "../src/domain.ts";
import { isDue, needsView } from "../src/recheck.ts";
import { market, usd, viewOf } from "./model.ts";

const { recheck } = configSchema.parse({});
const known = { firstBlock: 0, changedBlock: 0, mayOwe: true, inAuction: false, isCalled: false, isAuthorised: false };

function dueAfter(equity: number, changes: Partial<MarketView>, seconds = 0): boolean {
  const { risk } = viewOf(1n, { equity, maintenance: 100 });
  const checked = { risk, markets: [market(1), market(2)], at: 0 };
  return isDue(checked, { now: seconds, markets: [{ ...market(1), ...changes }, market(2)] }, recheck);
}

describe("re-checking accounts", () => {
  it("evaluates an account that it has not seen", () => {
    expect(isDue(undefined, { now: 0, markets: [] }, recheck)).to.equal(true);
  });

  it("leaves an account alone while nothing moves, until it is old; sooner where it is close to its line", () => {
    expect(dueAfter(10_000, {}, 3_599)).to.equal(false);
    expect(dueAfter(10_000, {}, 3_600)).to.equal(true);
    expect(dueAfter(205, {}, 299)).to.equal(false);
    expect(dueAfter(205, {}, 300)).to.equal(true);
  });

  it("looks again after a smaller move the closer the account is to its next line", () => {
    // Initial margin is 200, maintenance 100: half a requirement of headroom allows a move of 1 %, in either case.
    for (const equity of [300, 200 - 1e-6]) {
      const allowed = equity >= 200 ? 0.01 : 0.02 * 0.5;
      expect(dueAfter(equity, { price: usd(2_000 * (1 - allowed * 0.98)) })).to.equal(false);
      expect(dueAfter(equity, { price: usd(2_000 * (1 - allowed * 1.02)) })).to.equal(true);
    }
    expect(dueAfter(200, { price: usd(1_999.99) })).to.equal(true);
  });

  it("looks at every account after a large move, a rise of volatility beyond its headroom, or another validity", () => {
    expect(dueAfter(1e9, { price: usd(1_958) })).to.equal(true);
    expect(dueAfter(300, { maintenanceVolatility: usd(1.2) })).to.equal(false);
    expect(dueAfter(300, { maintenanceVolatility: usd(1.3) })).to.equal(true);
    expect(dueAfter(1e9, { validity: Validity.Late })).to.equal(true);
  });

  it("never leaves out a linear account that the move has brought below its line", () => {
    const books = fc.record({
      equity: fc.integer({ min: 100, max: 1_000 }),
      move: fc.integer({ min: -400, max: 400 }),
    });
    fc.assert(
      fc.property(books, ({ equity, move }) => {
        // Maintenance 100 over a range of 3 %: a move of 1 % costs 33.3.
        const loss = (Math.abs(move) / 10_000 / 0.03) * 100;
        const line = equity >= 200 ? 200 : 100;
        if (equity - loss < line) expect(dueAfter(equity, { price: usd(2_000 * (1 + move / 10_000)) })).to.equal(true);
      }),
    );
  });

  it("wants the whole state where something may have to be done, and where a reorganisation left a doubt", () => {
    const { risk } = viewOf(1n, { equity: 300, maintenance: 100 });
    expect(needsView(risk, known, true)).to.equal(false);
    expect(needsView(risk, { ...known, inAuction: true }, true)).to.equal(true);
    expect(needsView(risk, { ...known, inAuction: undefined }, true)).to.equal(true);
    expect(needsView(risk, { ...known, isCalled: true }, true)).to.equal(true);
    expect(needsView({ ...risk, equity: usd(150) }, known, true)).to.equal(true);
    expect(needsView({ ...risk, equity: usd(150) }, known, false)).to.equal(false);
    expect(needsView({ ...risk, equity: usd(150) }, { ...known, isCalled: true }, true)).to.equal(false);
    expect(needsView({ ...risk, equity: usd(99) }, { ...known, isCalled: true }, true)).to.equal(true);
    const authorised = { ...known, isAuthorised: true };
    expect(needsView({ ...risk, equity: usd(150) }, { ...authorised, isCalled: true }, false)).to.equal(true);
    expect(needsView({ ...risk, equity: usd(150) }, authorised, false)).to.equal(false);
  });
});
