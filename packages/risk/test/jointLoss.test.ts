import { call, perpetual, toWad, type Instrument } from "@plimsoll/client";
import { expect } from "chai";
import { MarginModel, type Market, type Portfolio, type Quote, type UnderlyingMarket } from "../src/index.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { BTC, DAY, etherPerpetual, ethCall, held, marketOf, NOW, parameters } from "./fixture.ts";

const [LOWER, MARK, UPPER] = [0, 1, 2];
const VOLATILITIES = [LOWER, MARK, UPPER];
/** Where a row of profits begins with the cells of the grid. */
const FIRST_CELL = 4;
const PLACES = 13;
const [FIRST_INNER, LAST_INNER] = [3, 9];
const bitcoinPerpetual = perpetual(BTC);

/** Ether and bitcoin alike, but for their prices, flat in volatility and time, all diversification credited. */
function twoAlike(ether: Partial<UnderlyingMarket> = {}, bitcoin: Partial<UnderlyingMarket> = {}): Market {
  const bare = { ...parameters, concentration: 0, stresses: [] };
  const market = marketOf({ parameters: bare });
  const [first, second] = market.underlyings;
  if (first === undefined || second === undefined) throw new RangeError("two underlyings");
  const underlyings = [
    { ...first, ...ether },
    { ...first, underlying: second.underlying, spot: second.spot, ...bitcoin },
  ];
  return { ...market, underlyings, account: { floor: 0, credit: 1 } };
}

function lossOf(market: Market, legs: Portfolio["legs"]) {
  return new MarginModel(market).assess({ cash: 0, legs }).scanLoss;
}

function bitcoinCall(days: number, strike: number): Instrument {
  return call(BTC, { expiry: NOW + days * DAY, strike: toWad(strike) });
}

/** Profit of a unit by place of the grid, `first` being the place of its lowest node. */
function cellOf({ profits }: Quote, place: number, volatility: number): number {
  return profits[FIRST_CELL + place * VOLATILITIES.length + volatility] ?? NaN;
}

describe("Joint loss of several underlyings", () => {
  it("is that of all at the same place and the same volatility", () => {
    const market = twoAlike();
    const legs = [held(etherPerpetual, 20), held(bitcoinPerpetual, -1)];
    // The same dollars on both sides: what one loses the other gains.
    expect(lossOf(market, legs).initial).to.satisfy(isNear(0, 1e-9));
    const alone = lossOf(market, [held(etherPerpetual, 20)]);
    expect(lossOf(market, [held(etherPerpetual, 20), held(bitcoinPerpetual, 1)]).initial).to.satisfy(
      isNear(2 * alone.initial, 1e-9),
    );
  });

  it("counts at each place the worse grid of who is overdue", () => {
    const overdueSeconds = 5 * DAY;
    const market = twoAlike({ overdueSeconds });
    const model = new MarginModel(market);
    const [ether, bitcoin] = [model.quote(etherPerpetual), model.quote(bitcoinPerpetual)];
    let worst = 0;
    for (let place = 0; place < PLACES; place++) {
      const profit = Math.min(20 * cellOf(ether, place, MARK), 20 * cellOf(ether, PLACES + place, MARK));
      worst = Math.max(worst, cellOf(bitcoin, place, MARK) - profit);
    }
    const legs = [held(etherPerpetual, 20), held(bitcoinPerpetual, -1)];
    expect(lossOf(market, legs).initial).to.satisfy(isNear(worst, 1e-9));
    expect(worst).to.be.greaterThan(1_000);
    expect(lossOf(twoAlike({ overdueSeconds }, { overdueSeconds }), legs).initial).to.be.at.least(worst);
  });

  it("is the twist of one with the others at the mark", () => {
    const market = twoAlike();
    const model = new MarginModel(market);
    const [near, far, other] = [ethCall(20, 2_000), ethCall(25, 2_000), bitcoinCall(20, 40_000)];
    const legs = [held(near, -1), held(far, 1), held(other, 0.002)];
    const [nearest, farthest, third] = [near, far, other].map((instrument) => model.quote(instrument));
    if (nearest === undefined || farthest === undefined || third === undefined) throw new RangeError("three quotes");
    const expected = { initial: 0, maintenance: 0 };
    const raise = (place: number, profit: number) => {
      expected.initial = Math.max(expected.initial, -profit);
      if (place >= FIRST_INNER && place <= LAST_INNER) expected.maintenance = Math.max(expected.maintenance, -profit);
    };
    for (let place = 0; place < PLACES; place++) {
      for (const [one, two, three] of [
        ...VOLATILITIES.map((volatility) => [volatility, volatility, volatility] as const),
        [LOWER, MARK, MARK],
        [UPPER, MARK, MARK],
        [MARK, LOWER, MARK],
        [MARK, UPPER, MARK],
      ] as const) {
        const calendar = cellOf(farthest, place, two) - cellOf(nearest, place, one);
        raise(place, calendar + 0.002 * cellOf(third, place, three));
      }
    }
    expect(lossOf(market, legs).initial).to.satisfy(isNear(expected.initial, 1e-9));
    expect(lossOf(market, legs).maintenance).to.satisfy(isNear(expected.maintenance, 1e-9));
  });

  it("is that of one at a strike and the others in proportion", () => {
    const market = twoAlike();
    const model = new MarginModel(market);
    // Between the two innermost places above the spot, √θ far below 10 %.
    const legs = [held(ethCall(0.01, 2_027), -10), held(ethCall(0.01, 2_037), 20), held(ethCall(0.01, 2_047), -10)];
    const [, middle] = legs;
    if (middle === undefined) throw new RangeError("a butterfly");
    const node = model.quote(middle.instrument).strikeNode;
    if (node === undefined) throw new RangeError("a kinked option inside the range");
    const third = 0.037609 / 3;
    const weight = (node.move - third) / third;
    const butterfly = Math.max(
      ...VOLATILITIES.map((volatility) =>
        legs.reduce(
          (loss, { instrument, size }) => loss - size * model.quote(instrument).profitAt(node, volatility),
          0,
        ),
      ),
    );
    const other = model.quote(bitcoinPerpetual);
    const gain = -0.001 * ((1 - weight) * cellOf(other, 7, MARK) + weight * cellOf(other, 8, MARK));
    const { initial, maintenance } = lossOf(market, [...legs, held(bitcoinPerpetual, -0.001)]);
    expect(butterfly).to.be.greaterThan(10);
    expect(maintenance).to.satisfy(isNear(butterfly - gain, 1e-4));
    expect(initial).to.be.at.least(maintenance);
  });

  it("counts a strike for maintenance if both places around it do", () => {
    // The maintenance range ends at 2,076.6, and so do the places of that tier.
    const market = twoAlike();
    const at = (strike: number) => {
      const legs = [held(ethCall(0.01, strike - 5), -10), held(ethCall(0.01, strike), 20)];
      return lossOf(market, [...legs, held(ethCall(0.01, strike + 5), -10), held(bitcoinPerpetual, 1e-6)]);
    };
    const [inside, outside] = [at(2_062), at(2_110)];
    expect(inside.maintenance).to.equal(inside.initial);
    expect(outside.initial).to.satisfy(isNear(inside.initial, 1));
    expect(outside.maintenance).to.be.lessThan(outside.initial / 10);
  });

  it("is no more than the losses of each alone, and no less than with everybody in time", () => {
    const legs = [held(ethCall(0.01, 2_037), 3), held(ethCall(20, 2_100), -2), held(bitcoinCall(9, 41_000), -0.1)];
    const inTime = lossOf(twoAlike(), legs);
    const overdue = lossOf(twoAlike({ overdueSeconds: DAY }, { overdueSeconds: 2 * DAY }), legs);
    const separate = [legs.slice(0, 2), legs.slice(2)].map((own) => lossOf(twoAlike(), own).initial);
    expect(inTime.initial).to.be.at.most(separate.reduce((a, b) => a + b, 0));
    expect(overdue.initial).to.be.at.least(inTime.initial);
    expect(overdue.maintenance).to.be.at.least(inTime.maintenance);
  });
});
