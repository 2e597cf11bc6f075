import { call, perpetual, spot, toAccount } from "@plimsoll/client";
import { configSchema } from "@plimsoll/keeper";
import { toNumber } from "@plimsoll/risk";
import { expect } from "chai";
import { isNear } from "../../../test/helpers/near.ts";
import { keeperOptions } from "../src/market/keeperSettings.ts";
import { toWad } from "../src/market/wad.ts";
import { rateAt } from "../src/model/auctions.ts";
import { type Design, FixedBonus, exposureOf } from "../src/model/design.ts";
import { addressOf } from "../src/model/exchange.ts";
import { ModelKeeper } from "../src/model/keeper.ts";
import { LAPSE_SECONDS } from "../src/model/liquidator.ts";
import { RefusedError } from "../src/model/refused.ts";
import { ModelWatch } from "../src/model/watch.ts";
import { MINUTE } from "../src/path.ts";
import { type Bench, CAPITAL, START, benchAt, hold } from "./marketFixture.ts";

const ETH = perpetual(1);
const ACCOUNT = toAccount(addressOf(3n));
const STARTER = toAccount(addressOf(4n));
const FINISHER = toAccount(addressOf(5n));
const RICH = { reserve: 10_000, backstop: 100_000 };
const DAY = 86_400;

const equityOf = ({ liquidator }: Bench, account: bigint) => liquidator.risk(account).equity;
const cashOf = ({ books }: Bench, account: bigint) => toNumber(books.cash(account));
const conservationOf = ({ books }: Bench) => books.conservation().total;

/** 10 ETH bought at 1,000 with this equity at a price of 1,000. Maintenance is more than 400 and less than 600. */
function hold10(bench: Bench, equity: number): void {
  hold(bench, ACCOUNT, { cash: equity - 10_000, legs: [[ETH, 10]] });
}

describe("The model of a fixed bonus", () => {
  it("takes everything at mark, pays the bonus, and leaves the rest of the equity", async () => {
    const bench = await benchAt([1_000], RICH);
    hold10(bench, 300);
    new FixedBonus(bench, bench.liquidator, 0.01).close(ACCOUNT, bench.taker)();
    // 1 % of 10,000.
    expect(equityOf(bench, ACCOUNT)).to.equal(200);
    expect(bench.books.exact(ACCOUNT).legs).to.deep.equal([]);
    expect(bench.books.sizeOf(bench.taker, ETH)).to.equal(toWad(10));
    expect(equityOf(bench, bench.taker)).to.satisfy(isNear(CAPITAL + 100, 1e-6));
    expect(bench.liquidator.liquidatedNotional).to.equal(10_000);
    expect(conservationOf(bench)).to.equal(0n);
  });

  it("turns what the equity lacks of the bonus into bad debt: reserve first, then backstop", async () => {
    const bench = await benchAt([1_000], { reserve: 150, backstop: 1_000 });
    hold10(bench, 300);
    new FixedBonus(bench, bench.liquidator, 0.05).close(ACCOUNT, bench.taker)();
    expect(equityOf(bench, ACCOUNT)).to.equal(0);
    expect(equityOf(bench, bench.taker)).to.satisfy(isNear(CAPITAL + 500, 1e-6));
    expect(bench.books.reserve).to.equal(0n);
    expect(bench.books.cash(bench.backstop.treasury)).to.equal(toWad(950));
    expect(bench.backstop.peakNeed).to.equal(50);
    const [taken] = bench.liquidator.events;
    expect(taken).to.include({ badDebt: toWad(200), fromReserve: toWad(150), fromBackstop: toWad(50) });
    expect(conservationOf(bench)).to.equal(0n);
  });

  it("refuses an account above maintenance, and what the backstop cannot pay", async () => {
    const bench = await benchAt([1_000], { reserve: 0, backstop: 100 });
    const design = new FixedBonus(bench, bench.liquidator, 0.05);
    hold10(bench, 300);
    expect(() => design.close(ACCOUNT, bench.taker)).to.throw(RefusedError, "InsufficientBackstop");
    bench.books.payIn(ACCOUNT, toWad(300));
    expect(() => design.close(ACCOUNT, bench.taker)).to.throw(RefusedError, "AboveMaintenance");
  });

  it("counts derivatives in full, and spot as far as it secures a debt", () => {
    const notionalOf = ({ legs }: { readonly legs: readonly { readonly size: number }[] }) =>
      legs.reduce((sum, { size }) => sum + Math.abs(size) * 1_000, 0);
    const option = { instrument: call(1, { expiry: START + 21 * DAY, strike: toWad(1_200) }), size: -2 };
    const coin = { instrument: spot(1), size: 3 };
    expect(exposureOf({ cash: 500, legs: [option, coin] }, notionalOf)).to.equal(2_000);
    expect(exposureOf({ cash: -700, legs: [option, coin] }, notionalOf)).to.equal(2_700);
    expect(exposureOf({ cash: -9_000, legs: [coin] }, notionalOf)).to.equal(3_000);
  });
});

describe("The model of an auction", () => {
  it("moves legs at mark for the rate times the requirement removed, a tenth of it to who started the auction, then to the backstop", async () => {
    const bench = await benchAt([1_000], RICH);
    hold10(bench, 300);
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(START + 3 * MINUTE);
    const before = bench.liquidator.risk(ACCOUNT);
    // From −1 % to 30 % in five minutes.
    const rate = rateAt(180);
    expect(toNumber(rate)).to.equal(0.176);
    const take = () => {
      const legs = [{ instrument: ETH, size: toWad(4) }];
      bench.liquidator.liquidate({ account: ACCOUNT, taker: bench.taker, legs, minRate: rate })();
    };
    take();
    const after = bench.liquidator.risk(ACCOUNT);
    const paid = 0.176 * (before.maintenance - after.maintenance);
    expect(paid).to.be.within(25, 40);
    expect(after.equity).to.satisfy(isNear(300 - paid, 1e-6));
    expect(equityOf(bench, bench.taker)).to.satisfy(isNear(CAPITAL + 0.9 * paid, 1e-6));
    // A quarter of the account floor of 100 is due to the starter, more than the fee.
    expect(cashOf(bench, STARTER)).to.satisfy(isNear(0.1 * paid, 1e-6));
    expect(cashOf(bench, bench.backstop.treasury)).to.satisfy(isNear(100_000, 1e-9));
    expect(conservationOf(bench)).to.equal(0n);
  });

  it("refuses too little, too much and the wrong way", async () => {
    const bench = await benchAt([1_000], RICH);
    hold10(bench, 300);
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(START + 3 * MINUTE);
    const take = (size: number) => () =>
      bench.liquidator.liquidate({
        account: ACCOUNT,
        taker: bench.taker,
        legs: [{ instrument: ETH, size: toWad(size) }],
        minRate: 0n,
      });
    expect(take(0.1)).to.throw("TooSmall");
    expect(take(8)).to.throw("OverLiquidation");
    expect(take(-1)).to.throw("InsufficientPosition");
    expect(take(11)).to.throw("InsufficientPosition");
  });

  it("offers a bankrupt account with public money, and lets the backstop have it at its limit", async () => {
    const bench = await benchAt([1_000], { reserve: 60, backstop: 10_000 });
    hold10(bench, -100);
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    const { initial } = bench.liquidator.risk(ACCOUNT);
    // The reserve is short of any offer above 60 from the start, so it is the backstop's turn at once.
    bench.liquidator.absorb(ACCOUNT, FINISHER)();
    expect(bench.books.reserve).to.equal(0n);
    const [, taken] = bench.liquidator.events;
    // 25 for who started the auction and 25 for who ends it.
    expect(taken).to.include({ badDebt: toWad(150), fromReserve: toWad(60), fromBackstop: toWad(90) });
    expect([STARTER, FINISHER].map((account) => cashOf(bench, account))).to.deep.equal([25, 25]);
    // Up to initial margin: the requirement and the 90 that nobody else paid.
    expect(bench.backstop.peakNeed).to.satisfy(isNear(initial + 90, 1e-6));
    expect(conservationOf(bench)).to.equal(0n);
  });

  it("pays a keeper for a bankrupt account out of the reserve", async () => {
    const bench = await benchAt([1_000], RICH);
    hold10(bench, -100);
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(START + 6 * MINUTE);
    const { maintenance } = bench.liquidator.risk(ACCOUNT);
    bench.liquidator.takeOver({ account: ACCOUNT, taker: bench.taker, minPayment: 0 })();
    // A tenth of an hour: a tenth of the requirement.
    expect(equityOf(bench, bench.taker)).to.satisfy(isNear(CAPITAL + maintenance / 10, 1e-6));
    expect(cashOf(bench, STARTER)).to.equal(25);
    expect(toNumber(bench.books.reserve)).to.satisfy(isNear(10_000 - 100 - 25 - maintenance / 10, 1e-6));
    expect(conservationOf(bench)).to.equal(0n);
  });

  it("lapses unless it is confirmed", async () => {
    const bench = await benchAt([1_000], RICH);
    hold10(bench, 300);
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(START + LAPSE_SECONDS);
    expect(bench.liquidator.isLive(ACCOUNT)).to.equal(true);
    bench.liquidator.confirmAuction(ACCOUNT)();
    bench.market.playUntil(START + 2 * LAPSE_SECONDS);
    expect(bench.liquidator.isLive(ACCOUNT)).to.equal(true);
    bench.market.playUntil(START + 2 * LAPSE_SECONDS + MINUTE);
    expect(() => bench.liquidator.confirmAuction(ACCOUNT)).to.throw("NoAuction");
  });
});

describe("The model's keeper", () => {
  /** Two legs, one of which hedges nothing. @returns what share of each is left after the first liquidation. */
  async function sharesLeft(design: Design): Promise<[number, number]> {
    const bench = await benchAt([1_000], RICH);
    const option = call(1, { expiry: START + 21 * DAY, strike: toWad(1_100) });
    hold(bench, ACCOUNT, {
      cash: -9_000,
      legs: [
        [ETH, 10],
        [option, -12],
      ],
    });
    const { mark } = bench.market.model.quote(option);
    bench.books.payIn(ACCOUNT, toWad(12 * mark - 1_000 + 300));
    const keeper = new ModelKeeper({
      ...{ clearing: bench, liquidator: bench.liquidator, design, capital: bench.taker },
      ...{ latencySeconds: 0, baseFeeWei: 0n },
    });
    for (let minute = 1; bench.liquidator.liquidatedNotional === 0 && minute < 60; minute++) {
      bench.market.playUntil(START + minute * MINUTE);
      keeper.release();
      await keeper.tick();
    }
    expect(conservationOf(bench)).to.equal(0n);
    const left = (instrument: bigint, size: number) =>
      Math.abs(toNumber(bench.books.sizeOf(ACCOUNT, instrument)) / size);
    return [left(ETH, 10), left(option, -12)];
  }

  it("takes the same share of every leg where it has to", async () => {
    const [future, option] = await sharesLeft({ kind: "pro-rata" });
    expect(future).to.be.within(0.01, 0.99);
    expect(option).to.satisfy(isNear(future, 1e-9));
  });

  it("takes everything at once for a fixed bonus", async () => {
    expect(await sharesLeft({ kind: "fixed-bonus", bonus: 0.05 })).to.deep.equal([0, 0]);
  });
});

describe("The model of what a keeper looks at", () => {
  it("has an account looked at again once it is called, as its events do on chain", async () => {
    const bench = await benchAt([1_000, 1_000, 1_006], RICH);
    const { liquidator, market } = bench;
    const config = configSchema.parse(keeperOptions({ latencySeconds: 0, design: "legs" }));
    const watch = new ModelWatch({ clearing: bench, liquidator, config, own: bench.taker });
    hold10(bench, 600);
    const { initial, equity } = liquidator.risk(ACCOUNT);
    bench.books.payIn(ACCOUNT, toWad(initial - equity - 1));
    const seen = (minute: number) => {
      market.playUntil(START + minute * MINUTE);
      return watch.look().map(({ account }) => account);
    };
    expect(seen(1)).to.deep.equal([ACCOUNT]);
    liquidator.callMargin(ACCOUNT)();
    // Too small a move for another look, but enough to be above initial margin.
    expect(seen(2)).to.deep.equal([ACCOUNT]);
    liquidator.clearMarginCall(ACCOUNT)();
    expect(seen(3)).to.deep.equal([]);
  });
});
