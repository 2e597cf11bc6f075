import { toWad } from "@plimsoll/client";
import { forecastSurface, ewma, type Surface } from "@plimsoll/risk";
import { expect } from "chai";
import fc from "fast-check";
import { DEFAULT_PLAN, plan, toReport, type PlacedReport, type PlanState } from "../src/index.ts";

const NOW = 1_700_000_000;
const HOUR = 3_600;
const SELF = "0x00000000000000000000000000000000000000aA";
const PEER = "0x00000000000000000000000000000000000000Bb";
const ETH = 1;
const venue = { chainId: 31_337n, volatilityOracle: "0x00000000000000000000000000000000000000Cc" };

function surfaceOf(volatility: number, smile: Partial<Surface> = {}): Surface {
  const days = Array.from({ length: 30 }, (_, i) => ({ end: i, variance: volatility ** 2 / 365, move: 0 }));
  return forecastSurface(days, ewma(0.9), { rho: -0.1, eta: 0.8, rate: 0, premium: 1, ...smile });
}

function signedBy(signer: string, timestamp: number, surface = surfaceOf(0.6)): PlacedReport {
  return { report: toReport(surface, { underlying: ETH, timestamp }), signer, signature: "0x", venue };
}

function stateOf(changes: Partial<PlanState> = {}): PlanState {
  return {
    now: NOW,
    threshold: 2,
    onChain: { surface: surfaceOf(0.6), timestamp: NOW - HOUR },
    heartbeatSeconds: 6 * HOUR,
    maxReportAgeSeconds: 600,
    underlying: ETH,
    self: SELF,
    view: { surface: surfaceOf(0.6), source: "chain", observedAt: NOW - 60 },
    pool: [],
    config: DEFAULT_PLAN,
    ...changes,
  };
}

function viewOf(surface: Surface, observedAt = NOW - 60): PlanState["view"] {
  return { surface, source: "chain", observedAt };
}

describe("What a publisher does next", () => {
  it("waits while nothing moved", () => {
    expect(plan(stateOf())).to.deep.equal({ kind: "wait", reason: "not moved" });
    expect(plan(stateOf({ view: viewOf(surfaceOf(0.61)) })).kind).to.equal("wait");
  });

  it("signs where the oracle has no fresh surface", () => {
    const onChain = { surface: surfaceOf(0.6), timestamp: 0 };
    expect(plan(stateOf({ onChain }))).to.deep.equal({ kind: "sign", reason: "no fresh surface on chain" });
  });

  it("signs where level, skew, curvature or rate moved, but not twice within minutes", () => {
    const moved = [
      [surfaceOf(0.63), "level moved"],
      [surfaceOf(0.6, { rho: -0.16 }), "rho moved"],
      [surfaceOf(0.6, { eta: 0.91 }), "eta moved"],
      [surfaceOf(0.6, { rate: -0.03 }), "rate moved"],
    ] as const;
    for (const [surface, reason] of moved) {
      const state = stateOf({ view: viewOf(surface) });
      expect(plan(state)).to.deep.equal({ kind: "sign", reason });
      const onChain = { ...state.onChain, timestamp: NOW - 299 };
      expect(plan({ ...state, onChain }).kind).to.equal("wait");
    }
  });

  it("renews an unmoved surface half an hour before its heartbeat ends", () => {
    const aged = (seconds: number) => stateOf({ onChain: { surface: surfaceOf(0.6), timestamp: NOW - seconds } });
    expect(plan(aged(5.5 * HOUR - 1)).kind).to.equal("wait");
    expect(plan(aged(5.5 * HOUR))).to.deep.equal({ kind: "sign", reason: "the heartbeat is nearly over" });
  });

  it("joins a publisher that has signed, then waits for the rest, then sends", () => {
    const asked = stateOf({ pool: [signedBy(PEER, NOW - 30)], threshold: 3 });
    expect(plan(asked)).to.deep.equal({ kind: "sign", reason: "another publisher has signed" });
    const both = [signedBy(PEER, NOW - 30), signedBy(SELF, NOW)];
    expect(plan({ ...asked, pool: both })).to.deep.equal({ kind: "wait", reason: "for 1 more publishers" });
    expect(plan({ ...asked, pool: both, threshold: 2 })).to.deep.equal({ kind: "send", reports: both });
  });

  it("does not count reports that are too old, too new, or older than what the oracle has", () => {
    for (const timestamp of [NOW - 541, NOW + 1, NOW - HOUR]) {
      const pool = [signedBy(PEER, timestamp), signedBy(SELF, timestamp)];
      expect(plan(stateOf({ pool })).kind, `${timestamp - NOW} s`).to.equal("wait");
    }
    const accepted = [signedBy(PEER, NOW - 100), signedBy(SELF, NOW - 100)];
    const onChain = { surface: surfaceOf(0.6), timestamp: NOW - 100 };
    expect(plan(stateOf({ pool: accepted, onChain }))).to.deep.equal({ kind: "wait", reason: "not moved" });
  });

  it("refuses to sign from data that are too old", () => {
    const state = stateOf({ view: viewOf(surfaceOf(0.7), NOW - 7_201) });
    expect(plan(state)).to.have.nested.property("error.code", "stale");
  });

  it("refuses to sign far from its own last signature, until that is a heartbeat old", () => {
    const view = viewOf(surfaceOf(0.9));
    const last = (age: number) => stateOf({ view, pool: [signedBy(SELF, NOW - age)] });
    const action = plan(last(HOUR));
    expect(action).to.have.nested.property("error.code", "jump");
    expect(action).to.have.nested.property("error.message").that.includes("from 60.0 % to 90.0 %");
    expect(plan(last(6 * HOUR + 1)).kind).to.equal("sign");
    expect(plan({ ...last(HOUR), view: viewOf(surfaceOf(0.8)) }).kind).to.equal("sign");
  });

  it("never sends fewer than the threshold, nor anything without one", () => {
    const ages = fc.array(fc.integer({ min: -100, max: 2_000 }), { maxLength: 5 });
    fc.assert(
      fc.property(ages, fc.integer({ min: 0, max: 4 }), (list, threshold) => {
        const pool = list.map((age, i) => signedBy(`0x${String(i + 1).padStart(40, "0")}`, NOW - age));
        const action = plan(stateOf({ pool, threshold }));
        if (action.kind === "send") expect(action.reports.length).to.be.at.least(Math.max(threshold, 1));
      }),
      { seed: 4 },
    );
  });

  it("writes a surface in WAD, to the last digit that a double has", () => {
    const { totalVariance, rho, eta } = toReport(surfaceOf(0.6), { underlying: ETH, timestamp: NOW });
    const distance = (found: bigint, exact: bigint) => (found > exact ? found - exact : exact - found);
    expect(distance(rho, toWad("-0.1")) < 100n).to.equal(true);
    expect(distance(eta, toWad("0.8")) < 100n).to.equal(true);
    expect(distance(totalVariance[1], (toWad("0.36") * 30n) / 365n) < 100n).to.equal(true);
  });
});
