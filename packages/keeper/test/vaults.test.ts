import { expect } from "chai";
import { Validity, wad } from "../src/domain.ts";
import { isLookDue, planVaults } from "../src/vaults.ts";
import type { BucketView, PoolView, VaultState } from "../src/vaults.ts";
import { usd } from "./model.ts";

const CONFIG = { missingShare: 0.05, spareShare: 0.25, driftShare: 0.02 };
const NONE = { delta: 0n, vega: 0n };
const perpetuals: BucketView = {
  ...{ underlying: 1, expiry: 0, isEmpty: false, cash: 0n },
  ...{ exposure: NONE, target: usd(1_000), missing: 0n },
};
const options: BucketView = { ...perpetuals, expiry: 1_800_000_000 };
const pool: PoolView = { buckets: [perpetuals, options], steering: [], treasury: usd(5_000), ready: 0n };
const refresh = { kind: "refreshBucket", underlying: 1, expiry: 0 };

function planOf(changes: Partial<PoolView>, state: Partial<VaultState> = {}) {
  const full = { isReleaseDue: false, blocked: new Set<string>(), config: CONFIG, pool: { ...pool, ...changes } };
  return planVaults({ ...full, ...state });
}

describe("plan for the vaults", () => {
  const bucketWith = (changes: Partial<BucketView>) => ({ buckets: [{ ...perpetuals, ...changes }, options] });

  it("refreshes a bucket that lacks or has to spare more than its share", () => {
    expect(planOf({})).to.deep.equal([]);
    expect(planOf(bucketWith({ missing: usd(50) }))).to.deep.equal([]);
    expect(planOf(bucketWith({ missing: usd(51) }))).to.deep.equal([refresh]);
    expect(planOf(bucketWith({ missing: usd(-250) }))).to.deep.equal([]);
    expect(planOf(bucketWith({ missing: usd(-251) }))).to.deep.equal([refresh]);
  });

  it("does not refresh what the treasury has nothing for", () => {
    expect(planOf({ ...bucketWith({ missing: usd(500) }), treasury: usd(50) })).to.deep.equal([]);
    expect(planOf({ ...bucketWith({ missing: usd(500) }), treasury: usd(51) })).to.deep.equal([refresh]);
  });

  it("has an empty bucket forgotten, one with a debt only where something can be paid", () => {
    const empty = { isEmpty: true, target: 0n };
    expect(planOf(bucketWith(empty))).to.deep.equal([refresh]);
    expect(planOf({ ...bucketWith({ ...empty, cash: -1n }), treasury: 0n })).to.deep.equal([]);
    expect(planOf({ ...bucketWith({ ...empty, cash: -1n }), treasury: 1n })).to.deep.equal([refresh]);
  });

  it("refreshes all buckets of an underlying on which the stored exposure has drifted", () => {
    const limits = { delta: wad(100), vega: wad(1_000) };
    const other = { ...perpetuals, underlying: 2 };
    const drift = (delta: number, vega: number) =>
      planOf({
        buckets: [{ ...perpetuals, exposure: { delta: wad(delta), vega: wad(vega) } }, options, other],
        steering: [
          { underlying: 1, stored: NONE, limits },
          { underlying: 2, stored: NONE, limits },
        ],
      });
    const both = [refresh, { ...refresh, expiry: options.expiry }];
    expect(drift(2, 20)).to.deep.equal([]);
    expect(drift(-2.001, 0)).to.deep.equal(both);
    expect(drift(0, 20.001)).to.deep.equal(both);
  });

  it("takes the emptiest bucket first, then requests, then the backstop", () => {
    const buckets = [
      { ...perpetuals, missing: usd(100) },
      { ...options, missing: usd(200) },
    ];
    const execute = { kind: "executeRequests" };
    const release = { kind: "releaseEmpty" };
    const all = [{ ...refresh, expiry: options.expiry }, refresh, execute, release];
    expect(planOf({ buckets, ready: 2n }, { isReleaseDue: true })).to.deep.equal(all);
    const blocked = new Set(["refresh:1:0", "executeRequests"]);
    expect(planOf({ buckets, ready: 2n }, { isReleaseDue: true, blocked })).to.deep.equal([all[0], release]);
    expect(planOf({}, { pool: undefined, isReleaseDue: true })).to.deep.equal([release]);
  });
});

describe("the next look at the vaults", () => {
  const market = {
    ...{ underlying: 1, price: usd(2_000), updatedAt: 0, validity: Validity.Fresh },
    ...{ initialVolatility: 0n, maintenanceVolatility: 0n, walkedTo: 0 },
  };
  const last = { at: 1_000, markets: [market] };
  const isDue = (at: number, price: number) =>
    isLookDue(last, { at, markets: [{ ...market, price: usd(price) }] }, { lookAfterSeconds: 300, maxMove: 0.01 });

  it("is due after a while, or when a price has moved", () => {
    expect(isLookDue(undefined, last, { lookAfterSeconds: 300, maxMove: 0.01 })).to.equal(true);
    expect([isDue(1_299, 2_000), isDue(1_300, 2_000)]).to.deep.equal([false, true]);
    expect([isDue(1_001, 2_019), isDue(1_001, 2_020), isDue(1_001, 1_980)]).to.deep.equal([false, true, true]);
  });
});
