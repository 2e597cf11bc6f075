import { call, perpetual, put, spot } from "@plimsoll/client";
import { expect } from "chai";
import { WAD } from "../src/domain.ts";
import { Holdings } from "../src/holdings.ts";

const EXPIRY = 1_800_000_000;
const CALL = call(1, { expiry: EXPIRY, strike: 2_000n * WAD });
const PUT = put(1, { expiry: EXPIRY, strike: 1_800n * WAD });
const LATER = call(1, { expiry: EXPIRY + 86_400, strike: 2_000n * WAD });

describe("holdings", () => {
  let shown: Map<bigint, bigint[]>;
  let settled: Set<bigint>;
  let asked: bigint[];
  const reads = {
    instruments(account: bigint) {
      asked.push(account);
      return Promise.resolve(shown.get(account) ?? []);
    },
    isSettled: (instrument: bigint) => Promise.resolve(settled.has(instrument)),
  };
  let holdings: Holdings;

  beforeEach(async () => {
    shown = new Map([
      [1n, [spot(1), perpetual(1), CALL, LATER]],
      [2n, [PUT, CALL]],
      [3n, [perpetual(1)]],
    ]);
    settled = new Set();
    asked = [];
    holdings = new Holdings();
    holdings.mark([1n, 2n, 3n]);
    await refresh(EXPIRY - 1);
  });

  const refresh = (now: number, most = 10) => holdings.refresh(reads, { now, most });
  const held = (): Record<string, readonly bigint[]> =>
    Object.fromEntries(holdings.holders().map(({ account, instruments }) => [account.toString(), instruments]));

  it("knows the options of every account, and asks only for what changed", async () => {
    expect(held()).to.deep.equal({ 1: [CALL, LATER], 2: [PUT, CALL] });
    expect(asked).to.deep.equal([1n, 2n, 3n]);
    shown.set(2n, []);
    await refresh(EXPIRY - 1);
    expect(asked.length).to.equal(3);
    holdings.mark([2n]);
    await refresh(EXPIRY - 1);
    expect(held()).to.deep.equal({ 1: [CALL, LATER] });
  });

  it("remembers what views leave out because its series is settled, until its holder is through", async () => {
    shown.set(1n, [LATER]);
    shown.set(2n, []);
    settled.add(CALL);
    holdings.mark([1n, 2n]);
    await refresh(EXPIRY);
    expect(held()).to.deep.equal({ 1: [LATER, CALL], 2: [CALL] });
    holdings.passed([1n, 2n]);
    await refresh(EXPIRY);
    expect(held()).to.deep.equal({ 1: [LATER] });
  });

  it("reads so many accounts a pass", async () => {
    asked = [];
    holdings.mark([1n, 2n, 3n]);
    await refresh(EXPIRY, 2);
    expect(asked).to.deep.equal([1n, 2n]);
    await refresh(EXPIRY, 2);
    expect(asked).to.deep.equal([1n, 2n, 3n]);
  });

  it("outlives a restart", () => {
    const other = new Holdings();
    other.restore(holdings.snapshot());
    expect(other.holders()).to.deep.equal(holdings.holders());
  });
});
