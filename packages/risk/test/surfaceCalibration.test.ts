import { expect } from "chai";
import fc from "fast-check";
import {
  calibrateSurface,
  ChainTooThinError,
  impliedTotalVolatility,
  InadmissibleSurfaceError,
  levelsOf,
  optionPrice,
  requireAdmissible,
  toAdmissible,
  type OptionQuote,
  type Surface,
} from "../src/index.ts";
import { isNear } from "../../../test/helpers/near.ts";
import { chainOf, DAY, normals, SPOT, surfaceOf, TIME } from "./simulated.ts";

const truth = surfaceOf([0.65, 0.58, 0.6, 0.63], { rho: -0.35, eta: 0.8, rate: 0.06 });

function requireNear(found: Surface, expected: Surface, points: number): void {
  levelsOf(found).forEach((level, i) => {
    expect(100 * Math.abs(level - (levelsOf(expected)[i] ?? NaN)), `tenor ${i}`).to.be.lessThan(points);
  });
  expect(Math.abs(found.rho - expected.rho), "rho").to.be.lessThan(points / 10);
  expect(Math.abs(found.eta - expected.eta), "eta").to.be.lessThan(points / 5);
  expect(Math.abs(found.rate - expected.rate), "rate").to.be.lessThan(points / 50);
}

/** Levels that rise in total variance, with a smile inside the bounds: where one binds, the fit ends a hair before it. */
const surfaces = fc
  .record({
    levels: fc.tuple(...[0, 1, 2, 3].map(() => fc.double({ min: 0.5, max: 0.9, noNaN: true }))),
    rho: fc.double({ min: -0.7, max: 0.7, noNaN: true }),
    eta: fc.double({ min: 0.25, max: 1.05, noNaN: true }),
    rate: fc.double({ min: -0.1, max: 0.3, noNaN: true }),
  })
  .map(({ levels, ...smile }) => surfaceOf(levels, smile));

describe("Implied volatility", () => {
  it("inverts Black-76 for calls and puts, near and far from the money", () => {
    const options = fc.record({
      isCall: fc.boolean(),
      logMoneyness: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
      volatility: fc.double({ min: 0.02, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(options, ({ isCall, logMoneyness, volatility }) => {
        const terms = { isCall, logMoneyness, strike: SPOT * Math.exp(-logMoneyness) };
        const price = optionPrice(terms, { price: SPOT, move: 0 }, volatility);
        const intrinsic = Math.max((isCall ? 1 : -1) * (SPOT - terms.strike), 0);
        // What double precision leaves of the time value says no more than this.
        if (price - intrinsic < 1e-7 * SPOT) return;
        const found = impliedTotalVolatility(terms, SPOT, price) ?? NaN;
        expect(Math.abs(optionPrice(terms, { price: SPOT, move: 0 }, found) - price)).to.be.lessThan(1e-11 * SPOT);
        expect(found).to.satisfy(isNear(volatility, 1e-4));
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it("is none for a price without time value, or above every price", () => {
    const call = { isCall: true, strike: 1_800, logMoneyness: Math.log(SPOT / 1_800) };
    expect(impliedTotalVolatility(call, SPOT, 200)).to.equal(undefined);
    expect(impliedTotalVolatility(call, SPOT, 150)).to.equal(undefined);
    expect(impliedTotalVolatility(call, SPOT, SPOT)).to.equal(undefined);
    expect(impliedTotalVolatility(call, SPOT, NaN)).to.equal(undefined);
  });
});

describe("Calibration of a surface", () => {
  it("finds the surface that a chain was priced with, and the rate by parity", () => {
    const fit = calibrateSurface(chainOf(truth));
    requireNear(fit.surface, truth, 0.01);
    expect(fit.isRateImplied).to.equal(true);
    expect(fit.outliers).to.equal(0);
    expect(fit.shareInsideSpread).to.equal(1);
    expect(fit.unusable.inTheMoney).to.be.greaterThan(50);
  });

  it("finds any surface from noiseless chains", () => {
    fc.assert(
      fc.property(surfaces, (surface) => {
        const fit = calibrateSurface(chainOf(surface, { halfSpread: 1e-6 }));
        levelsOf(fit.surface).forEach((level, i) => {
          expect(100 * Math.abs(level - (levelsOf(surface)[i] ?? NaN)), `tenor ${i}`).to.be.lessThan(0.02);
        });
        // A faint smile says little of its own shape, hence volatilities count, not ρ and η.
        expect(fit.rmsePoints).to.be.lessThan(0.01);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it("reports how well it fits a noisy chain", () => {
    const normal = normals(2);
    const fit = calibrateSurface(chainOf(truth, { error: () => 0.005 * normal(), halfSpread: 0.5 }));
    requireNear(fit.surface, truth, 0.6);
    expect(fit.rmsePoints).to.be.within(0.3, 0.6);
    expect(fit.shareInsideSpread).to.be.within(0.1, 0.9);
    expect(Math.abs(fit.worst.fittedVolatility - fit.worst.quotedVolatility)).to.be.within(0.005, 0.03);
  });

  it("is not moved by quotes that are plainly wrong, crossed or empty", () => {
    const chain = chainOf(truth);
    const quotes = chain.quotes.map((quote, i): OptionQuote => {
      if (i % 10 === 3) return { ...quote, bid: (quote.ask ?? 0) * 1.3, ask: (quote.ask ?? 0) * 1.31 };
      if (i % 10 === 6) return { ...quote, bid: (quote.ask ?? 0) + 1 };
      return i % 10 === 8 ? { ...quote, bid: 0, ask: 0 } : quote;
    });
    const fit = calibrateSurface({ ...chain, quotes });
    requireNear(fit.surface, truth, 0.05);
    expect(fit.outliers).to.be.greaterThan(3);
    expect(fit.unusable.crossed).to.be.greaterThan(5);
    expect(fit.unusable.empty).to.be.greaterThan(5);
  });

  it("counts a fitted price below the bid as outside, and one above the ask", () => {
    const chain = chainOf(truth);
    const moved = (quote: OptionQuote, usd: number) => ({
      ...quote,
      bid: (quote.bid ?? 0) + usd,
      ask: (quote.ask ?? 0) + usd,
    });
    // Far from the money, where only one of call and put counts.
    const first = chain.quotes.findIndex(({ isCall, strike }) => isCall && strike > 1.3 * SPOT);
    const last = chain.quotes.findLastIndex(({ isCall, strike }) => isCall && strike > 1.3 * SPOT);
    const quotes = chain.quotes.map((quote, i) => moved(quote, i === first ? 3 : i === last ? -3 : 0));
    const fit = calibrateSurface({ ...chain, quotes });
    expect(fit.shareInsideSpread).to.satisfy(isNear(1 - 2 / fit.quotes, 1e-12));
  });

  it("trusts long expiries for the rate, where a dollar matters less", () => {
    const chain = chainOf(truth, { expiryDays: [4, 5, 6, 144] });
    const stale = (quote: OptionQuote) => ({ ...quote, bid: (quote.bid ?? 0) + 1, ask: (quote.ask ?? 0) + 1 });
    const quotes = chain.quotes.map((quote) => (quote.isCall && quote.expiry < TIME + 10 * DAY ? stale(quote) : quote));
    expect(calibrateSurface({ ...chain, quotes }).surface.rate).to.satisfy(isNear(truth.rate, 1e-3));
  });

  it("takes volatilities in place of prices, and the rate that it is given", () => {
    const { quotes, ...rest } = chainOf(truth);
    const fit = calibrateSurface(
      {
        ...rest,
        quotes: quotes
          .filter(({ isCall }) => isCall)
          .map(({ expiry, strike }) => ({ expiry, strike, isCall: true, impliedVolatility: 0.7 })),
      },
      { rate: 0.1 },
    );
    expect(fit.surface.rate).to.equal(0.1);
    expect(fit.isRateImplied).to.equal(false);
    expect(fit.shareInsideSpread).to.equal(undefined);
    levelsOf(fit.surface).forEach((level) => {
      expect(level).to.be.within(0.68, 0.71);
    });
  });

  it("keeps forward volatility flat where no expiry is quoted", () => {
    const flat = surfaceOf([0.6, 0.6, 0.6, 0.6], { rho: -0.2, eta: 0.6, rate: 0 });
    const [, , , last] = levelsOf(calibrateSurface(chainOf(flat, { expiryDays: [10, 20] })).surface);
    expect(last).to.be.within(0.595, 0.605);
  });

  it("is admissible whatever is quoted", () => {
    const quote = fc.record({
      expiry: fc.integer({ min: TIME - DAY, max: TIME + 300 * DAY }),
      strike: fc.double({ min: 1, max: 20_000, noNaN: true }),
      isCall: fc.boolean(),
      bid: fc.double({ min: 0, max: 2_500, noNaN: true }),
      ask: fc.double({ min: 0, max: 2_500, noNaN: true }),
      price: fc.double({ min: 0, max: 2_500, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(quote, { minLength: 12, maxLength: 40 }), (quotes) => {
        try {
          requireAdmissible(calibrateSurface({ time: TIME, spot: SPOT, quotes }).surface);
        } catch (error) {
          if (!(error instanceof ChainTooThinError)) throw error;
        }
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  it("says why a chain cannot be used", () => {
    const { quotes, ...rest } = chainOf(truth);
    const few = { ...rest, quotes: quotes.slice(0, 4) };
    expect(() => calibrateSurface(few)).to.throw(ChainTooThinError, "2 usable quotes, at least 6 are needed");
    const old = { ...rest, time: TIME + 400 * DAY, quotes };
    expect(() => calibrateSurface(old)).to.throw(ChainTooThinError, `${quotes.length} expiryOutOfRange`);
  });
});

describe("Admissible surface", () => {
  it("is reached from any surface, and left alone when it is one", () => {
    const number = fc.double({ min: -5, max: 30, noNaN: true });
    const wild = fc.record({
      levels: fc.tuple(number, number, number, number),
      rho: number,
      eta: number,
      rate: number,
    });
    fc.assert(
      fc.property(wild, ({ levels, ...smile }) => {
        const surface = surfaceOf(levels, smile);
        requireAdmissible(surface);
        expect(toAdmissible(surface)).to.deep.equal(surface);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it("names what the oracle would refuse", () => {
    const [first, second, ...later] = truth.tenors;
    if (first === undefined || second === undefined) throw new RangeError("no tenors");
    const falling = {
      ...truth,
      tenors: [second, first, ...later].map((tenor, i) => ({ ...truth.tenors[i], ...tenor })),
    };
    expect(() => {
      requireAdmissible(falling);
    }).to.throw(InadmissibleSurfaceError, "tenor");
    const inverted = truth.tenors.map((tenor, i) =>
      i === 1 ? { ...tenor, totalVariance: first.totalVariance } : tenor,
    );
    expect(() => {
      requireAdmissible({ ...truth, tenors: inverted });
    }).to.throw("total variance at 30 days");
    expect(() => {
      requireAdmissible({ ...truth, rho: -0.99 });
    }).to.throw("rho");
    expect(() => {
      requireAdmissible({ ...truth, eta: 1.6, rho: 0.5 });
    }).to.throw("eta");
    const high = surfaceOf([3.5, 3.5, 3.5, 3.5], { rho: 0.3, eta: 1, rate: 0 });
    requireAdmissible({ ...high, eta: 1.2 });
    expect(() => {
      requireAdmissible({ ...high, eta: 1.3 });
    }).to.throw("eta");
    expect(() => {
      requireAdmissible({ ...truth, rate: NaN });
    }).to.throw("rate");
  });
});
