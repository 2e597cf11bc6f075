import { MalformedInstrumentError, perpetual, spot, toInstrument, Kind } from "@plimsoll/client";
import { expect } from "chai";
import {
  AccountTable,
  CollateralNotListedError,
  InvalidNumberError,
  LimitExceededError,
  MarginModel,
  scanAccounts,
  UnknownUnderlyingError,
  type Market,
  type Portfolio,
} from "../src/index.ts";
import { modelMarket, modelPortfolio } from "../../../test/helpers/bookOnChain.ts";
import { randomFrom } from "../../../test/helpers/kernel.ts";
import { BOOK_KINDS, randomMarket, randomPortfolio } from "../../../test/helpers/marginBook.ts";
import { isNear } from "../../../test/helpers/near.ts";
import {
  BTC,
  ETH,
  etherPerpetual,
  etherSpot,
  ethCall,
  ethPut,
  firstOf,
  held,
  marketOf,
  NOW,
  parameters,
} from "./fixture.ts";

const FIELDS = ["equity", "initial", "maintenance", "maintenanceBeforeFloor", "stressLoss"] as const;
const EXAMPLE_DAYS = 838_400 / 86_400;
const withoutConcentration = { ...parameters, concentration: 0 };
const bare = { ...withoutConcentration, stresses: [] };

function evaluate(market: Market, legs: Portfolio["legs"], cash = 0) {
  return new MarginModel(market).evaluate({ cash, legs });
}

function randomCase(random: () => number, i: number): { market: Market; portfolios: Portfolio[] } {
  const market = randomMarket(random, 1 + (i % 3));
  const portfolios = BOOK_KINDS.map((kind) => modelPortfolio(randomPortfolio(random, market, kind), NOW));
  return { market: modelMarket(market, NOW), portfolios };
}

describe("Margin model, by hand", () => {
  it("gives the worked example of the docs", () => {
    const market = marketOf({ parameters: withoutConcentration });
    const risk = evaluate(market, [held(etherSpot, 1), held(ethCall(EXAMPLE_DAYS, 2_200), -1)]);
    expect(risk.equity).to.satisfy(isNear(1_962.9426, 1e-4));
    expect(risk.maintenance).to.satisfy(isNear(218.297, 1e-4));
    expect(risk.initial).to.satisfy(isNear(291.3303, 1e-4));
    expect(risk.stressLoss).to.satisfy(isNear(1_062.946, 1e-4));
  });

  it("needs nothing of an empty account, and the floor of a debt or a derivative", () => {
    expect(evaluate(marketOf(), [], 5)).to.include({ equity: 5, initial: 0, maintenance: 0 });
    expect(evaluate(marketOf(), [], -1)).to.include({ initial: 100, maintenance: 100, maintenanceBeforeFloor: 0 });
    expect(evaluate(marketOf(), [held(etherPerpetual, 1e-6)]).maintenance).to.equal(100);
    expect(evaluate(marketOf(), [held(etherSpot, 1e-6)]).maintenance).to.be.lessThan(1);
  });

  it("discounts and forwards by the rate: a put and a call at K = F are worth the same", () => {
    const rate = 0.1;
    const market = marketOf({ surface: { tenors: [{ seconds: 1e7, totalVariance: 0.2 }], rho: 0, eta: 0, rate } });
    const model = new MarginModel(market);
    const forward = Math.round(2_000 * Math.exp((rate * 100) / 365) * 1e8) / 1e8;
    expect(model.mark(ethCall(100, forward)) - model.mark(ethPut(100, forward))).to.satisfy(isNear(0, 1e-7));
    // P = C − S + K·D
    const parity = model.mark(ethCall(100, 1_500)) - 2_000 + 1_500 * Math.exp((-rate * 100) / 365);
    expect(model.mark(ethPut(100, 1_500))).to.satisfy(isNear(parity, 1e-9));
  });

  it("lets no expiry be discounted by more than e², nor by less than e⁻²", () => {
    for (const sign of [1, -1]) {
      const market = marketOf({ surface: { tenors: [], rho: 0, eta: 0, rate: sign * 0.5 } });
      const value = new MarginModel(market).mark(ethPut(10 * 365, 50_000));
      expect(value).to.satisfy(isNear(50_000 * Math.exp(-2 * sign) - 2_000, 1e-6));
    }
  });

  it("charges concentration on the net delta, and the crowd in the initial tier only", () => {
    const size = 5_000;
    const alone = evaluate(marketOf(), [held(etherPerpetual, size)]);
    const crowded = evaluate(marketOf({ averageOpenInterest: 80_000 }), [held(etherPerpetual, size)]);
    const none = evaluate(marketOf({ parameters: withoutConcentration }), [held(etherPerpetual, size)]);
    const notional = size * 2_000;
    expect(alone.maintenance - none.maintenance).to.satisfy(isNear(0.03 * notional * Math.sqrt(0.25), 1e-6));
    expect(crowded.maintenance).to.equal(alone.maintenance);
    expect(crowded.initial - none.initial).to.satisfy(isNear(0.03 * notional * 2, 1e-6));
    const mobbed = evaluate(marketOf({ averageOpenInterest: 1e9 }), [held(etherPerpetual, size)]);
    expect(mobbed.initial - none.initial).to.satisfy(isNear(0.03 * notional * 5, 1e-6));
  });

  it("sees the loss of a butterfly pinned between two nodes at its strike", () => {
    const market = marketOf({ parameters: bare });
    // It loses most at 1,987, and the nodes are 2,000 and 1,975.
    const legs = [held(ethCall(0.01, 1_977), -1), held(ethCall(0.01, 1_987), 2), held(ethCall(0.01, 1_997), -1)];
    const seen = new MarginModel(market).assess({ cash: 0, legs });
    const blind = new MarginModel(market, { maxStrikeNodes: 0 }).assess({ cash: 0, legs });
    expect(seen.scanLoss.initial).to.be.greaterThan(blind.scanLoss.initial);
    expect(seen.pinCharge.initial).to.equal(0);
    expect(blind.pinCharge.initial).to.be.greaterThan(0);
  });

  it("takes the lower of two equally near strikes for a node", () => {
    const market = marketOf({ spot: 100, parameters: { ...bare, initial: { ...bare.initial, rangeMin: 0.3 } } });
    const nearer = [92, 95, 99, 104, 110].map((strike) => held(ethCall(0.01, strike), 0.1));
    const lower = held(ethCall(0.01, 80), 1);
    const upper = held(ethCall(0.01, 125), 1);
    const short = held(ethCall(0.01, 90), -10);
    const pinOf = (legs: Portfolio["legs"]) => new MarginModel(market).assess({ cash: 0, legs }).pinCharge.initial;
    const double = ({ instrument, size }: Portfolio["legs"][number]) => held(instrument, 2 * size);
    // Pinned is what is no node: the upper.
    const pinned = pinOf([upper, ...nearer, short, lower]);
    expect(pinned).to.be.greaterThan(0);
    expect(pinOf([upper, ...nearer, short, double(lower)])).to.equal(pinned);
    expect(pinOf([lower, ...nearer, short, double(upper)])).to.satisfy(isNear(2 * pinned, 1e-12));
  });

  it("charges a calendar for the twist between its expiries", () => {
    const market = marketOf({ parameters: { ...bare, volatilityDown: 0.3, volatilityUp: 0.3, exponentShort: 0 } });
    const [near, far] = [20, 25].map((days) => ethCall(days, 2_000));
    if (near === undefined || far === undefined) throw new RangeError("two expiries");
    const model = new MarginModel(market);
    const calendar = model.assess({ cash: 0, legs: [held(near, -1), held(far, 1)] }).scanLoss.maintenance;
    // Long the far one: its volatility falls while the near one stays.
    const fall = -model.quote(far).profitAt({ price: 2_000, move: 0 }, 0);
    expect(calendar).to.be.at.least(fall);
  });

  it("values nothing but puts without any price", () => {
    const risk = evaluate(marketOf({ spot: 0 }), [
      held(etherSpot, 3),
      held(ethCall(10, 2_000), 2),
      held(ethPut(10, 1_500), 1),
    ]);
    expect(risk).to.include({ equity: 1_500, initial: 100, maintenanceBeforeFloor: 0, stressLoss: 0 });
  });

  it("prices an expired option at its intrinsic value", () => {
    const model = new MarginModel(marketOf());
    expect(model.mark(ethCall(-1, 1_900))).to.equal(100);
    expect(model.mark(ethPut(-1, 1_900))).to.equal(0);
  });
});

describe("Margin model, always", () => {
  it("never needs more for maintenance than initially, nor less while a price is overdue", () => {
    const random = randomFrom(3);
    for (let i = 0; i < 100; i++) {
      const { market, portfolios } = randomCase(random, i);
      const model = new MarginModel(market);
      const inTime = { ...market, underlyings: market.underlyings.map((one) => ({ ...one, overdueSeconds: 0 })) };
      for (const portfolio of portfolios) {
        const risk = model.evaluate(portfolio);
        const slack = 1e-12 * (1 + risk.initial);
        expect(risk.initial).to.be.at.least(risk.maintenance - slack);
        expect(risk.maintenance).to.be.at.least(risk.maintenanceBeforeFloor);
        const fresh = new MarginModel(inTime).assess(portfolio).scanLoss;
        const widened = model.assess(portfolio).scanLoss;
        // Strikes that come into the wider range may displace none: those nearer to the spot stay.
        expect(widened.initial).to.be.at.least(fresh.initial - slack);
        expect(widened.maintenance).to.be.at.least(fresh.maintenance - slack);
      }
    }
  });

  it("needs no more for a portfolio than for its parts, over the same nodes", () => {
    const random = randomFrom(6);
    for (let i = 0; i < 60; i++) {
      const { market, portfolios } = randomCase(random, i);
      // Strike nodes follow from the legs: without them a part and the whole are looked at in the same places.
      const model = new MarginModel(market, { maxStrikeNodes: 0 });
      const lossOf = (legs: Portfolio["legs"]) => model.assess({ cash: 0, legs }).scanLoss;
      for (const { legs } of portfolios) {
        const parts = [0, 1].map((parity) => lossOf(legs.filter((_, leg) => leg % 2 === parity)));
        for (const tier of ["initial", "maintenance"] as const) {
          const sum = parts.reduce((total, part) => total + part[tier], 0);
          expect(lossOf(legs)[tier]).to.be.at.most(sum * (1 + 1e-12) + 1e-9);
        }
      }
    }
  });

  it("scans many accounts as it evaluates each", () => {
    const random = randomFrom(4);
    for (let i = 0; i < 30; i++) {
      const { market, portfolios } = randomCase(random, i);
      const columns = scanAccounts(new MarginModel(market), new AccountTable(portfolios));
      portfolios.forEach((portfolio, account) => {
        const risk = new MarginModel(market).evaluate(portfolio);
        for (const field of FIELDS)
          expect(columns[field][account]).to.satisfy(isNear(risk[field], 1e-12 * (1 + Math.abs(risk[field]))));
      });
    }
  });

  it("does not depend on the order of the legs, nor on what was evaluated before", () => {
    const random = randomFrom(5);
    const { market, portfolios } = randomCase(random, 2);
    const model = new MarginModel(market);
    const before = portfolios.map((portfolio) => model.evaluate(portfolio));
    portfolios.forEach(({ cash, legs }, i) => {
      const risk = model.evaluate({ cash, legs: legs.toReversed() });
      for (const field of FIELDS) {
        const expected = before[i]?.[field] ?? NaN;
        expect(risk[field], `${field} of ${i}`).to.satisfy(isNear(expected, 1e-12 * (1 + Math.abs(expected))));
      }
    });
  });
});

describe("Margin model, refusing", () => {
  it("instruments that it cannot know", () => {
    const model = new MarginModel(marketOf());
    expect(() => model.mark(perpetual(7)))
      .to.throw(UnknownUnderlyingError)
      .with.property("underlying", 7);
    expect(() => model.mark(spot(ETH, 5n)))
      .to.throw(CollateralNotListedError)
      .with.property("instrument", spot(ETH, 5n));
    const strikeless = toInstrument({ underlying: BTC, kind: Kind.Call, expiry: NOW, strikeField: 0n });
    expect(() => model.mark(strikeless)).to.throw(MalformedInstrumentError);
    expect(() => model.mark(0n)).to.throw(MalformedInstrumentError);
  });

  it("too many legs, expiries and underlyings", () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => held(ethCall(1 + (i % 12), 2_000), 1));
    expect(() => evaluate(marketOf(), many(129)))
      .to.throw(LimitExceededError)
      .that.includes({ count: 129, limit: 128 });
    expect(evaluate(marketOf(), many(128)).equity).to.be.greaterThan(0);
    const thirteen = [...many(12), held(ethCall(13, 2_000), 1)];
    expect(() => evaluate(marketOf(), thirteen))
      .to.throw(LimitExceededError)
      .that.includes({ count: 13, limit: 12 });
    const five = [1, 2, 3, 4, 5].map((number) => ({ ...firstOf(marketOf()), underlying: number }));
    expect(() => new MarginModel({ ...marketOf(), underlyings: five })).to.throw(LimitExceededError);
  });

  it("numbers that are none, or impossible", () => {
    for (const spotPrice of [NaN, -1, Infinity])
      expect(() => new MarginModel(marketOf({ spot: spotPrice })))
        .to.throw(InvalidNumberError)
        .with.property("field", "spot");
    expect(() => new MarginModel(marketOf({ parameters: { ...parameters, depth: 0 } }))).to.throw(InvalidNumberError);
    const twice = { ...marketOf(), underlyings: [firstOf(marketOf()), firstOf(marketOf())] };
    expect(() => new MarginModel(twice)).to.throw(InvalidNumberError);
    expect(() => evaluate(marketOf(), [held(etherPerpetual, NaN)])).to.throw(InvalidNumberError);
    expect(() => evaluate(marketOf(), [], NaN)).to.throw(InvalidNumberError);
    expect(() => new AccountTable([{ cash: 0, legs: [held(etherPerpetual, NaN)] }])).to.throw(InvalidNumberError);
  });
});
