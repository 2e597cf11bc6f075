import { call, perpetual, put } from "@plimsoll/client";
import { expect } from "chai";
import fc from "fast-check";
import { WAD } from "../src/domain.ts";
import { planSettlements, roundBefore } from "../src/settlements.ts";
import type { SettlementState } from "../src/settlements.ts";

const EXPIRY = 1_800_000_000;
const NOW = EXPIRY + 100;
const CONFIG = { accrueAfterSeconds: 3_000, maxAccountsPerCall: 10, maxSeriesPerCall: 10, maxLegsPerCall: 10 };
const CALL = call(1, { expiry: EXPIRY, strike: 2_000n * WAD });
const PUT = put(1, { expiry: EXPIRY, strike: 1_800n * WAD });
const LATER = call(1, { expiry: NOW + 1, strike: 2_000n * WAD });
const holder = (account: bigint, ...instruments: bigint[]) => ({ account, instruments });
const view = (isFinal: boolean, newestAt = NOW) => ({ underlying: 1, expiry: EXPIRY, isFinal, newestAt });

function planOf(changes: Partial<SettlementState> = {}) {
  return planSettlements({
    ...{ now: NOW, holders: [holder(1n, CALL, LATER), holder(2n, PUT), holder(3n, perpetual(1), LATER)] },
    ...{ expiries: [view(false)], funding: [], blocked: new Set<string>() },
    config: CONFIG,
    ...changes,
  });
}

describe("plan of settlements", () => {
  const proof = { kind: "proveSettlement", underlying: 1, expiry: EXPIRY };

  it("proves what somebody holds once a round after the expiry exists", () => {
    expect(planOf()).to.deep.equal([proof]);
    expect(planOf({ expiries: [view(false, EXPIRY - 1)] })).to.deep.equal([]);
    expect(planOf({ expiries: [view(false, EXPIRY)] })).to.deep.equal([proof]);
    expect(planOf({ holders: [holder(3n, LATER, perpetual(1))] })).to.deep.equal([]);
    expect(planOf({ blocked: new Set([`prove:1:${EXPIRY}`]) })).to.deep.equal([]);
  });

  it("settles every holder of what is final, and nobody else", () => {
    expect(planOf({ expiries: [view(true)] })).to.deep.equal([
      { kind: "settleExpired", series: [CALL, PUT], accounts: [1n, 2n] },
    ]);
    expect(planOf({ expiries: [view(true)], blocked: new Set(["settleExpired"]) })).to.deep.equal([]);
  });

  it("leaves to the next pass what does not fit into a call", () => {
    const config = { ...CONFIG, maxAccountsPerCall: 1 };
    expect(planOf({ expiries: [view(true)], config })).to.deep.equal([
      { kind: "settleExpired", series: [CALL], accounts: [1n] },
    ]);
    const narrow = { ...CONFIG, maxSeriesPerCall: 1 };
    expect(planOf({ expiries: [view(true)], config: narrow })).to.deep.equal([
      { kind: "settleExpired", series: [CALL], accounts: [1n] },
    ]);
    // The first account goes whatever it holds, and smaller ones that still fit go with it.
    const holders = [holder(1n, CALL, PUT), holder(2n, CALL, PUT), holder(3n, PUT)];
    const accountsWithin = (maxLegsPerCall: number) =>
      planOf({ expiries: [view(true)], holders, config: { ...CONFIG, maxLegsPerCall } }).map(
        (action) => action.kind === "settleExpired" && action.accounts,
      );
    expect(accountsWithin(1)).to.deep.equal([[1n]]);
    expect(accountsWithin(3)).to.deep.equal([[1n, 3n]]);
    expect(accountsWithin(5)).to.deep.equal([[1n, 2n, 3n]]);
  });

  it("accrues funding when it is due", () => {
    const funding = [
      { underlying: 1, accruedAt: NOW - 3_000 },
      { underlying: 2, accruedAt: NOW - 2_999 },
    ];
    expect(planOf({ expiries: [], funding })).to.deep.equal([{ kind: "accrueFunding", underlying: 1 }]);
  });
});

describe("the round before a time", () => {
  it("is the last one that is not later, in the phase of the newest", async () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(gaps, fc.integer({ min: 0, max: 20_000 }), async (list, time) => {
        const times = list.map((_, i) => list.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0));
        const base = 3n << 64n;
        const timeOf = (round: bigint) => Promise.resolve(times[Number(round - base) - 1]);
        const count = times.filter((at) => at <= time).length;
        const expected = count === 0 ? undefined : base + BigInt(count);
        expect(await roundBefore(base + BigInt(times.length), time, timeOf)).to.equal(expected);
      }),
    );
  });
});
