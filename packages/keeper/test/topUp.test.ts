import { toAccount } from "@plimsoll/client";
import { expect } from "chai";
import fc from "fast-check";
import { topUpKey } from "../src/actions.ts";
import { configSchema } from "../src/config.ts";
import { WAD } from "../src/domain.ts";
import type { Authorisation } from "../src/domain.ts";
import { plan } from "../src/plan.ts";
import type { PlanState } from "../src/plan.ts";
import { topUpOf } from "../src/topUp.ts";
import { noAuction, usd, viewOf } from "./model.ts";

const KEEPER = "0x00000000000000000000000000000000000000AA";
const account = toAccount("0x00000000000000000000000000000000000000bb", 7n);
const NOW = 10_000;
const USDC = 10n ** 6n;

const terms: Authorisation = {
  budgetInTokens: 5_000n * USDC,
  limitInTokens: 2_000n * USDC,
  maxFeeInTokens: 5n * USDC,
  expiry: NOW,
  target: (WAD * 11n) / 10n,
  mayFallShort: false,
};

/** Requires 2,500 USD at the initial tier, 1,250 at the other. */
const viewAt = (equity: number) => ({ ...viewOf(account, { equity, maintenance: 1_250 }), marginCalledAt: NOW - 1 });
const topUpAt = (equity: number, changes: Partial<Authorisation> = {}) =>
  topUpOf(viewAt(equity).risk, { ...terms, ...changes });

describe("amounts of a top-up", () => {
  it("are those of the contract", () => {
    expect(topUpAt(2_400)).to.deep.equal({ deposit: usd(350), fee: usd(5), isCured: true });
    expect(topUpAt(2_400, { limitInTokens: 150n * USDC })).to.deep.equal({
      deposit: usd(147),
      fee: usd(3),
      isCured: true,
    });
    const limitInTokens = 50n * USDC;
    expect(topUpAt(2_400, { limitInTokens })).to.equal(undefined);
    const short = { deposit: usd(49), fee: usd(1), isCured: false };
    expect(topUpAt(2_400, { limitInTokens, mayFallShort: true })).to.deep.equal(short);
    expect(topUpAt(2_400, { budgetInTokens: limitInTokens, mayFallShort: true })).to.deep.equal(short);
  });

  it("are none at initial margin, with negative equity or without a budget", () => {
    expect(topUpAt(2_500)).to.equal(undefined);
    expect(topUpAt(-1)).to.equal(undefined);
    expect(topUpAt(2_400, { budgetInTokens: 0n, mayFallShort: true })).to.equal(undefined);
  });

  it("never exceed what is allowed or needed", () => {
    const amount = fc.bigInt(0n, 5_000n * USDC);
    const allowances = fc.record({ budgetInTokens: amount, limitInTokens: amount, maxFeeInTokens: amount });
    fc.assert(
      fc.property(allowances, fc.bigInt(0n, usd(2_500)), (allowed, equity) => {
        const risk = { ...viewAt(0).risk, equity };
        const found = topUpOf(risk, { ...terms, ...allowed, mayFallShort: true });
        if (found === undefined) return;
        const pulled = (found.deposit + found.fee) / 10n ** 12n;
        expect(pulled <= allowed.budgetInTokens && pulled <= allowed.limitInTokens).to.equal(true);
        expect(found.fee * 50n <= found.deposit + found.fee).to.equal(true);
        expect(found.deposit - (usd(2_750) - equity) < 10n ** 12n).to.equal(true);
        expect(found.isCured).to.equal(equity + found.deposit >= risk.initial);
      }),
    );
  });
});

describe("plan of top-ups", () => {
  function kinds(view = viewAt(2_400), changes: Partial<PlanState> = {}): string[] {
    const state: PlanState = {
      ...{ now: NOW, owner: KEEPER, accounts: [view], markets: [], reserve: 0n, blocked: new Set<string>() },
      authorisations: new Map([[account, terms]]),
      leastProfit: { liquidateLegs: usd(1), takeOver: usd(1), topUp: usd(5) },
      config: configSchema.parse({}),
      ...changes,
    };
    return plan(state).map(({ kind }) => kind);
  }
  const leastProfit = (topUp: number) => ({ liquidateLegs: 0n, takeOver: 0n, topUp: usd(topUp) });

  it("answers a call that its fee pays for", () => {
    expect(kinds()).to.deep.equal(["topUp"]);
    expect(kinds(viewAt(2_400), { leastProfit: leastProfit(5.01) })).to.deep.equal([]);
  });

  it("waits for a call, and for the second after it", () => {
    expect(kinds({ ...viewAt(2_400), marginCalledAt: 0 })).to.deep.equal(["callMargin"]);
    expect(kinds({ ...viewAt(2_400), marginCalledAt: NOW })).to.deep.equal([]);
  });

  it("leaves alone what was not authorised, has expired or would be refused", () => {
    expect(kinds(viewAt(2_400), { authorisations: new Map() })).to.deep.equal([]);
    const expired = new Map([[account, { ...terms, expiry: NOW - 1 }]]);
    expect(kinds(viewAt(2_400), { authorisations: expired })).to.deep.equal([]);
    const small = new Map([[account, { ...terms, limitInTokens: USDC }]]);
    expect(kinds(viewAt(2_400), { authorisations: small })).to.deep.equal([]);
  });

  it("comes before the auction, and does not delay it where it failed", () => {
    const auction = { ...noAuction, startedAt: NOW - 60, confirmedAt: NOW - 60, elapsedSeconds: 60, rate: WAD / 10n };
    const view = { ...viewAt(1_200), auction };
    expect(kinds(viewAt(1_200))).to.deep.equal(["topUp"]);
    expect(kinds(view)).to.deep.equal(["topUp"]);
    const blocked = new Set([topUpKey(account)]);
    expect(kinds(viewAt(1_200), { blocked })).to.deep.equal(["startAuction"]);
    expect(kinds(view, { blocked })).to.deep.equal(["liquidateLegs"]);
  });
});
