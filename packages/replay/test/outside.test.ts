import { type Instrument, call, perpetual, spot, toAccount } from "@plimsoll/client";
import { expect } from "chai";
import { isNear } from "../../../test/helpers/near.ts";
import { toWad } from "../src/market/wad.ts";
import { addressOf } from "../src/model/exchange.ts";
import { RecordedPrices } from "../src/model/outside.ts";
import { MINUTE } from "../src/path.ts";
import type { Asset } from "../src/prices/arguments.ts";
import { START, benchAt, hold, scenarioOf } from "./marketFixture.ts";

const ETH = perpetual(1);
const ACCOUNT = toAccount(addressOf(3n));
const [STARTER, FINISHER] = [toAccount(addressOf(4n)), toAccount(addressOf(5n))];
const DAY = 86_400;

/** What was bought (negative: sold) in haste, USD. */
class Watched extends RecordedPrices {
  readonly pressed: [string, number][] = [];

  override press(asset: Asset = "ETH", usd = 0): void {
    this.pressed.push([asset, Math.round(usd)]);
  }
}

/** Somebody holds these at a price of 1,000, with so much equity. */
async function benchWith(
  legs: readonly (readonly [Instrument, number])[],
  { equity, backstop }: { readonly equity: number; readonly backstop: number },
) {
  const outside = new Watched(scenarioOf([1_000]));
  const bench = await benchAt([1_000], { reserve: 0, backstop }, outside);
  hold(bench, ACCOUNT, { cash: 0, legs });
  bench.books.payIn(ACCOUNT, toWad(equity - bench.liquidator.risk(ACCOUNT).equity));
  return { ...bench, outside };
}

describe("Recorded prices", () => {
  it("tell each round once, and no later ones", () => {
    const outside = new RecordedPrices(scenarioOf([1_000, 1_010, 1_020]));
    const times = (until: number) =>
      outside
        .roundsUntil(until)
        .filter(({ asset }) => asset === "ETH")
        .map(({ time }) => time - START);
    expect(times(START + MINUTE)).to.deep.equal([MINUTE]);
    expect(times(START + 2 * MINUTE)).to.deep.equal([2 * MINUTE]);
    expect(times(START + 3 * MINUTE)).to.deep.equal([]);
    expect(outside.truePrice("ETH", START + MINUTE)).to.equal(1_010);
  });
});

describe("What changes hands by force in the model", () => {
  it("is hedged by who takes legs, coins and options by their delta", async () => {
    const option = call(1, { expiry: START + 21 * DAY, strike: toWad(1_000) });
    const bench = await benchWith([[ETH, 10]], { equity: 300, backstop: 0 });
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(START + 3 * MINUTE);
    const legs = [{ instrument: ETH, size: toWad(4) }];
    bench.liquidator.liquidate({ account: ACCOUNT, taker: bench.taker, legs, minRate: 0n })();
    expect(bench.outside.pressed).to.deep.equal([["ETH", -4_000]]);
    // Of a call at the money a little more than half.
    bench.market.force([
      { instrument: option, size: toWad(-10) },
      { instrument: spot(1), size: toWad(2) },
    ]);
    expect(bench.outside.pressed[1]?.[1]).to.be.within(3_000, 3_900);
  });

  it("is hedged by who takes the whole", async () => {
    const bench = await benchWith([[ETH, -10]], { equity: 100, backstop: 0 });
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.market.playUntil(START + 15 * MINUTE);
    bench.liquidator.takeOver({ account: ACCOUNT, taker: bench.taker, minPayment: 0 })();
    expect(bench.outside.pressed).to.deep.equal([["ETH", 10_000]]);
  });

  it("is not hedged by the backstop", async () => {
    const bench = await benchWith([[ETH, 10]], { equity: -100, backstop: 100_000 });
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.liquidator.absorb(ACCOUNT, FINISHER)();
    expect(bench.backstop.peakHeld).to.equal(1);
    expect(bench.outside.pressed).to.deep.equal([]);
  });

  it("is the lost hedge of the other side where it is closed", async () => {
    const bench = await benchWith([[ETH, 10]], { equity: -100, backstop: 0 });
    bench.liquidator.startAuction(ACCOUNT, STARTER)();
    bench.liquidator.absorb(ACCOUNT, FINISHER)();
    expect(bench.books.sizeOf(ACCOUNT, ETH)).to.equal(0n);
    expect(bench.outside.pressed).to.deep.equal([["ETH", -10_000]]);
  });
});

describe("Open interest that is presumed", () => {
  it("counts at once and gives way to what is there within a day", async () => {
    const bench = await benchWith([[ETH, 10]], { equity: 1_000, backstop: 0 });
    const { openInterest } = bench.books;
    openInterest.presume(1, 500);
    expect(openInterest.averageOf(1)).to.equal(500);
    openInterest.now += DAY / 2;
    expect(openInterest.averageOf(1)).to.satisfy(isNear((500 + openInterest.unitsOf(1)) / 2, 1e-9));
  });
});
