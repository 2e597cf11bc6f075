import { toAccount } from "@plimsoll/client";
import { expect } from "chai";
import fc from "fast-check";
import { keyOf } from "../src/actions.ts";
import { configSchema } from "../src/config.ts";
import { Validity, WAD, accountKey } from "../src/domain.ts";
import type { AccountView, Authorisation } from "../src/domain.ts";
import { plan } from "../src/plan.ts";
import type { PlanState } from "../src/plan.ts";
import { market, noAuction, usd, viewOf } from "./model.ts";

const KEEPER = "0x00000000000000000000000000000000000000AA";
const OTHER = "0x00000000000000000000000000000000000000bb";
const account = toAccount(OTHER, 7n);
const NOW = 10_000;

function stateOf(accounts: AccountView[], changes: Partial<PlanState> = {}): PlanState {
  const config = configSchema.parse({});
  const leastProfit = { liquidateLegs: usd(1), takeOver: usd(1), topUp: usd(1) };
  const common = {
    now: NOW,
    owner: KEEPER,
    accounts,
    markets: [],
    authorisations: new Map<bigint, Authorisation>(),
    reserve: 0n,
    leastProfit,
    blocked: new Set<string>(),
  };
  return { ...common, config, ...changes };
}

function kinds(state: PlanState): string[] {
  return plan(state).map(({ kind }) => kind);
}

function inAuction(view: AccountView, changes: Partial<AccountView["auction"]> = {}): AccountView {
  const auction = { ...noAuction, startedAt: NOW - 60, confirmedAt: NOW - 60, elapsedSeconds: 60, rate: WAD / 10n };
  return { ...view, auction: { ...auction, ...changes } };
}

describe("plan", () => {
  const healthy = viewOf(account, { equity: 300, maintenance: 100 });
  const belowInitial = viewOf(account, { equity: 150, maintenance: 100 });
  const belowMaintenance = viewOf(account, { equity: 90, maintenance: 100 });

  it("leaves a healthy account alone", () => {
    expect(kinds(stateOf([healthy]))).to.deep.equal([]);
  });

  it("calls margin once below initial margin, and clears the call above it", () => {
    expect(kinds(stateOf([belowInitial]))).to.deep.equal(["callMargin"]);
    expect(kinds(stateOf([{ ...belowInitial, marginCalledAt: 5 }]))).to.deep.equal([]);
    expect(kinds(stateOf([{ ...healthy, marginCalledAt: 5 }]))).to.deep.equal(["clearMarginCall"]);
  });

  it("starts the auction of an account below maintenance, and ends it at maintenance", () => {
    expect(kinds(stateOf([belowMaintenance]))).to.deep.equal(["startAuction"]);
    expect(kinds(stateOf([inAuction(viewOf(account, { equity: 100, maintenance: 100 }))]))).to.deep.equal([
      "endAuction",
    ]);
  });

  it("takes legs while the compensation is positive and below equity / requirement", () => {
    expect(kinds(stateOf([inAuction(belowMaintenance)]))).to.deep.equal(["liquidateLegs"]);
    expect(kinds(stateOf([inAuction(belowMaintenance, { rate: -1n })]))).to.deep.equal([]);
  });

  it("does not look for legs that cannot bring what they have to", () => {
    // At most (1.15·100 − 90) / (1.15 − 0.1) · 0.97 = 23.1 may be removed, for 10 % less the fee: 2.08 USD.
    const at = (least: number) =>
      stateOf([inAuction(belowMaintenance)], { leastProfit: { liquidateLegs: usd(least), takeOver: 0n, topUp: 0n } });
    expect(kinds(at(2.07))).to.deep.equal(["liquidateLegs"]);
    expect(kinds(at(2.09))).to.deep.equal([]);
  });

  it("takes the whole from the very rate that reaches equity / requirement", () => {
    const rate = (90n * WAD) / 100n;
    const whole = { payment: usd(90) };
    expect(kinds(stateOf([inAuction(belowMaintenance, { ...whole, rate })]))).to.deep.equal(["takeOver"]);
    expect(kinds(stateOf([inAuction(belowMaintenance, { ...whole, rate: rate - 1n })]))).to.deep.equal([
      "liquidateLegs",
    ]);
  });

  it("says which accounts only the floor holds", () => {
    const risk = { ...belowMaintenance.risk, maintenanceBeforeFloor: usd(40) };
    const [action] = plan(stateOf([inAuction({ ...belowMaintenance, risk })]));
    expect(action).to.include({ kind: "liquidateLegs", isFloorBound: true });
  });

  it("confirms an auction before it lapses", () => {
    expect(kinds(stateOf([inAuction(belowMaintenance, { confirmedAt: NOW - 600 })]))).to.deep.equal(["confirmAuction"]);
  });

  it("takes a bankrupt account once the payment covers its risk, else leaves it to the backstop when that may act", () => {
    const bankrupt = viewOf(account, { equity: -20, maintenance: 100 });
    const at = (payment: number) => inAuction(bankrupt, { isBankrupt: true, isWhole: true, payment: usd(payment) });
    expect(kinds(stateOf([at(3)], { reserve: usd(1_000) }))).to.deep.equal([]);
    expect(kinds(stateOf([at(10)], { reserve: usd(1_000) }))).to.deep.equal(["takeOver"]);
    expect(kinds(stateOf([at(-20)], { reserve: 0n }))).to.deep.equal(["absorb"]);
    const shy = { ...configSchema.parse({}), riskCharge: 1 };
    expect(kinds(stateOf([at(25)], { reserve: usd(1_000), config: shy }))).to.deep.equal(["absorb"]);
  });

  it("calls the backstop where the reserve has something, but less than what would be offered", () => {
    // 20 and a sixtieth of 100 are lacking; of the 10 there are, 5 are due to who started the auction.
    const bankrupt = viewOf(account, { equity: -20, maintenance: 100 });
    const short = inAuction(bankrupt, { isBankrupt: true, isWhole: true, payment: usd(-15) });
    expect(kinds(stateOf([short], { reserve: usd(10) }))).to.deep.equal(["absorb"]);
    expect(kinds(stateOf([short], { reserve: usd(22) }))).to.deep.equal([]);
  });

  it("never bids for an account of the keeper itself", () => {
    const own = inAuction(viewOf(toAccount(KEEPER, 3n), { equity: 90, maintenance: 100 }));
    expect(kinds(stateOf([own]))).to.deep.equal([]);
  });

  it("does nothing to an account whose feeds are invalid", () => {
    const risk = { ...belowMaintenance.risk, validity: Validity.Invalid };
    expect(kinds(stateOf([{ ...belowMaintenance, risk }, inAuction({ ...belowMaintenance, risk })]))).to.deep.equal([]);
  });

  it("walks rounds when they lag, before anything else", () => {
    const lagging = { ...market(1), updatedAt: 2_000, walkedTo: 1_700 };
    const fresh = { ...market(2), updatedAt: 2_000, walkedTo: 1_701 };
    expect(plan(stateOf([belowMaintenance], { markets: [lagging, fresh] }))).to.deep.equal([
      { kind: "walkRounds", underlying: 1 },
      { kind: "startAuction", account },
    ]);
  });

  it("plans at most one action per account, none for a blocked one, and the largest requirement first", () => {
    const arbitraryView = fc
      .record({
        subId: fc.bigInt(0n, 10n ** 9n),
        equity: fc.integer({ min: -1_000, max: 1_000 }),
        maintenance: fc.integer({ min: 1, max: 500 }),
        startedAt: fc.constantFrom(0, NOW - 60),
        rate: fc.bigInt(-WAD / 100n, WAD),
        called: fc.boolean(),
      })
      .map(({ subId, equity, maintenance, startedAt, rate, called }) => {
        const view = viewOf(toAccount(OTHER, subId), { equity, maintenance });
        const auction = startedAt === 0 ? noAuction : inAuction(view, { rate, isBankrupt: equity <= 0 }).auction;
        return { ...view, auction, marginCalledAt: called ? 5 : 0 };
      });
    const views = fc.uniqueArray(arbitraryView, { selector: (view) => view.account, maxLength: 20 });
    fc.assert(
      fc.property(views, fc.nat(), (accounts, seed) => {
        const blocked = new Set(
          accounts.filter((_, i) => (seed >> i) % 2 === 1).map((view) => accountKey(view.account)),
        );
        const actions = plan(stateOf(accounts, { blocked }));
        const keys = actions.map(keyOf);
        expect(new Set(keys).size).to.equal(keys.length);
        expect(keys.filter((key) => blocked.has(key))).to.deep.equal([]);
        const starts = actions.flatMap((action) => (action.kind === "startAuction" ? [action.account] : []));
        const weights = starts.map((id) => accounts.find((view) => view.account === id)?.risk.maintenance ?? 0n);
        expect(weights).to.deep.equal([...weights].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
      }),
    );
  });
});
