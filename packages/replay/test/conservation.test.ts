import { perpetual, spot, call } from "@plimsoll/client";
import { expect } from "chai";
import { isNear } from "../../../test/helpers/near.ts";
import { type LedgerState, UNIT_INDICES, checkConservation, toScaledCash } from "../src/conservation.ts";
import { HedgeBook, deltaOf } from "../src/market/hedge.ts";
import { type LiquidationEvent, countLiquidated, tally } from "../src/market/events.ts";
import { profitOf } from "../src/outcome.ts";

const WAD = 10n ** 18n;
const ETH_CALL = call(1, { expiry: 1900000000, strike: 2_000n * WAD });

/** Books in order: two accounts trade with each other, a reserve, USDC of 6 and WBTC of 8 decimals. */
function soundLedger(): LedgerState {
  return {
    accounts: [
      {
        scaledCash: toScaledCash(720n * WAD),
        entryValues: -20n * WAD + 1n,
        positions: [
          { instrument: perpetual(1), size: 3n },
          { instrument: spot(2), size: 25n * 10n ** 16n },
        ],
      },
      {
        scaledCash: toScaledCash(270n * WAD),
        entryValues: 20n * WAD - 1n,
        positions: [
          { instrument: perpetual(1), size: -3n },
          { instrument: ETH_CALL, size: 5n },
        ],
      },
      { scaledCash: 0n, entryValues: 0n, positions: [{ instrument: ETH_CALL, size: -5n }] },
    ],
    indices: UNIT_INDICES,
    reserve: 10n * WAD,
    usdc: { symbol: "USDC", recordedInTokens: 1_000_000_000n, balanceInTokens: 1_000_000_000n, decimals: 6 },
    collaterals: new Map([
      [spot(2), { symbol: "BTC", recordedInTokens: 25_000_000n, balanceInTokens: 25_000_001n, decimals: 8 }],
    ]),
  };
}

/** The same books with something wrong in them. */
function tampered(change: (state: LedgerState) => Partial<LedgerState>): LedgerState {
  const state = soundLedger();
  return { ...state, ...change(state) };
}

describe("Conservation check", () => {
  it("finds nothing wrong with books in order, and takes a donation for none", () => {
    expect(checkConservation(soundLedger())).to.deep.equal({
      cash: 0n,
      tokens: { BTC: 0n },
      custody: 0n,
      derivatives: 0n,
      total: 0n,
    });
  });

  it("counts what is under way as nobody's yet", () => {
    const reserve = (state: LedgerState) => state.reserve - 5n;
    expect(checkConservation(tampered((state) => ({ reserve: reserve(state), underWay: 5n }))).total).to.equal(0n);
    expect(checkConservation(tampered(() => ({ underWay: 5n }))).cash).to.equal(-5n);
  });

  it("sees one missing unit of 1e-18 USD in an account", () => {
    const state = tampered(({ accounts }) => ({
      accounts: accounts.map((account, i) =>
        i === 0 ? { ...account, entryValues: account.entryValues - 1n } : account,
      ),
    }));
    const { cash, total } = checkConservation(state);
    expect([cash, total]).to.deep.equal([1n, 1n]);
  });

  it("counts cash by the index of its sign, and rounds once", () => {
    const state = tampered(() => ({ indices: { borrow: 2n * WAD, supply: WAD + 1n } }));
    // 990 USD of cash earn 990 units: the reserve has that much less.
    expect(checkConservation(state).cash).to.equal(-990n);
    const indebted = tampered(({ accounts }) => ({
      accounts: accounts.map((account, i) => (i === 2 ? { ...account, scaledCash: -1n } : account)),
    }));
    expect(checkConservation(indebted).cash).to.equal(0n);
  });

  it("sees a reserve that was spent without anybody receiving it", () => {
    expect(checkConservation(tampered(({ reserve }) => ({ reserve: reserve - 7n }))).total).to.equal(7n);
  });

  it("sees an account that is left out", () => {
    const { derivatives, total } = checkConservation(tampered(({ accounts }) => ({ accounts: accounts.slice(0, 2) })));
    expect([derivatives, total]).to.deep.equal([5n, 5n]);
  });

  it("sees collateral that nobody owns, in units of 1e-18", () => {
    const state = tampered(({ collaterals }) => ({
      collaterals: new Map([...collaterals].map(([id, token]) => [id, { ...token, recordedInTokens: 25_000_001n }])),
    }));
    expect(checkConservation(state).tokens).to.deep.equal({ BTC: 10n ** 10n });
  });

  it("sees books that promise more than custody holds", () => {
    const state = tampered(({ usdc }) => ({ usdc: { ...usdc, balanceInTokens: usdc.balanceInTokens - 1n } }));
    expect(checkConservation(state)).to.include({ custody: 10n ** 12n, total: 10n ** 12n });
  });

  it("does not let errors of opposite sign cancel", () => {
    const state = tampered(({ accounts, reserve }) => ({
      reserve: reserve + 4n,
      accounts: accounts.map((account, i) => (i === 2 ? { ...account, positions: [] } : account)),
    }));
    expect(checkConservation(state).total).to.equal(9n);
  });
});

describe("Tally of liquidation events", () => {
  const taken = { name: "AccountTaken", time: 0, taker: 9n } as const;
  const events: LiquidationEvent[] = [
    { name: "MarginCalled", time: 0, account: 1n, shortfall: 5n * WAD },
    { name: "Liquidated", time: 1, account: 1n, requirementRemoved: 10n * WAD, payment: 3n * WAD },
    { name: "Liquidated", time: 2, account: 1n, requirementRemoved: 10n * WAD, payment: -1n * WAD },
    { ...taken, account: 2n, equity: 8n * WAD, payment: 8n * WAD, badDebt: 0n, fromReserve: 0n, fromBackstop: 0n },
    {
      ...taken,
      account: 3n,
      equity: -6n * WAD,
      payment: 2n * WAD,
      badDebt: 8n * WAD,
      fromReserve: 8n * WAD,
      fromBackstop: 0n,
    },
    {
      ...taken,
      account: 4n,
      equity: -9n * WAD,
      payment: -5n * WAD,
      badDebt: 9n * WAD,
      fromReserve: 4n * WAD,
      fromBackstop: 5n * WAD,
    },
  ];

  it("counts calls and liquidations, and each liquidated account once", () => {
    expect(tally(events)).to.include({ marginCalls: 1, liquidations: 5 });
    expect(countLiquidated(events)).to.equal(4);
  });

  it("adds up who paid: accounts what they had, reserve and backstop the rest", () => {
    expect(tally(events).waterfall).to.deep.equal({ account: 11, reserve: 12, backstop: 5, deleveraged: 0, shared: 0 });
  });

  it("finds bad debt equal to what reserve and backstop paid", () => {
    const { badDebt, waterfall } = tally(events);
    expect(badDebt).to.equal(waterfall.reserve + waterfall.backstop);
  });
});

describe("Keeper's books", () => {
  it("gain on the hedge what the inventory loses, less the stated cost", () => {
    const hedge = new HedgeBook();
    hedge.trade("ETH", -10, 2_000);
    hedge.trade("ETH", -10.01, 1_500);
    expect(hedge.profit({ ETH: 1_500, BTC: 0 })).to.equal(5_000);
    expect(hedge.costs).to.satisfy(isNear(20, 1e-9));
    hedge.trade("ETH", 0, 1_600);
    expect(hedge.profit({ ETH: 9_999, BTC: 0 })).to.equal(4_000);
    expect(hedge.costs).to.satisfy(isNear(36, 1e-9));
  });

  it("add up to a profit after hedge, costs and gas", () => {
    const books = { equityChange: -90, hedgeProfit: 120, hedgeCosts: 5, gas: 7, transactions: 3, failed: 0 };
    expect(profitOf(books)).to.equal(18);
  });

  it("reckon with the delta of options", () => {
    const option = { units: 2, strike: 100, years: 0.25, volatility: 0.8 };
    const at = deltaOf({ kind: "call", ...option }, 100);
    // N(σ√T/2) = N(0.2) = 0.579260
    expect(at).to.satisfy(isNear(2 * 0.57926, 1e-5));
    expect(deltaOf({ kind: "put", ...option }, 100)).to.satisfy(isNear(at - 2, 1e-12));
    expect(deltaOf({ kind: "linear", ...option }, 100)).to.equal(2);
    expect(deltaOf({ kind: "put", ...option, years: -1 }, 90)).to.satisfy(isNear(-2, 1e-9));
  });
});
