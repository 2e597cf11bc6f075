import { expect } from "chai";
import fc from "fast-check";
import { InvalidNumberError, MarginModel, marginCallOf, type Market, type Portfolio } from "../src/index.ts";
import { ETH, BTC, etherPerpetual, ethCall, ethPut, held, marketOf, parameters } from "./fixture.ts";

const HOUR = 3600;
/** The volatility of the fixture's market, from which it rises by 2 % an hour. */
const now = { greatest: 0.8, risePerHour: 0.02 };
const SPEEDS = new Map([ETH, BTC].map((underlying) => [underlying, now]));
const SPEED = Math.log1p(0.02) / HOUR;
/** One look to the next. */
const STEP_SECONDS = 0.0025 / SPEED;
const UNITS = 10;

/** Ten perpetuals long at the mark of 2,000 on so much cash. */
function longOn(cash: number): Portfolio {
  return { cash: cash - 2_000 * UNITS, legs: [held(etherPerpetual, UNITS)] };
}

function after(market: Market, seconds: number): Market {
  const underlyings = market.underlyings.map((one) => {
    const maintenanceVolatility = one.maintenanceVolatility * Math.exp(SPEED * seconds);
    return { ...one, maintenanceVolatility, initialVolatility: Math.max(one.initialVolatility, maintenanceVolatility) };
  });
  return { ...market, underlyings };
}

function isBelow(market: Market, portfolio: Portfolio): boolean {
  const { equity, maintenance } = new MarginModel(market).evaluate(portfolio);
  return equity < maintenance;
}

describe("marginCallOf", () => {
  const market = marketOf();

  it("says what is missing to initial margin, and nothing above it", () => {
    const { initial } = new MarginModel(market).evaluate(longOn(0));
    expect(marginCallOf(longOn(initial - 12.5), market, SPEEDS).shortfall).to.be.closeTo(12.5, 1e-9);
    expect(marginCallOf(longOn(initial + 1), market, SPEEDS).shortfall).to.equal(0);
  });

  it("gives a long perpetual the time in which its scan range becomes as wide as its equity bears", () => {
    const bare = marketOf({ parameters: { ...parameters, stresses: [], concentration: 0 } });
    const { maintenance } = new MarginModel(bare).evaluate(longOn(0));
    const equity = 1.3 * maintenance;
    // The loss of the lowest inner node is S·(1 − e^−x), x in proportion to volatility.
    const rangeAt = (loss: number) => -Math.log1p(-loss / (2_000 * UNITS));
    const expected = Math.log(rangeAt(equity) / rangeAt(maintenance)) / SPEED;
    const { noticeSeconds } = marginCallOf(longOn(equity), bare, SPEEDS);
    expect(noticeSeconds).to.be.within(expected - STEP_SECONDS, expected);
  });

  it("is nothing once the account is below maintenance, and without end where no volatility gets it there", () => {
    const { maintenance } = new MarginModel(market).evaluate(longOn(0));
    expect(marginCallOf(longOn(maintenance - 1), market, SPEEDS).noticeSeconds).to.equal(0);
    const widest = new MarginModel(after(market, 1_000 * HOUR)).evaluate(longOn(0)).maintenance;
    expect(marginCallOf(longOn(widest + 1), market, SPEEDS).noticeSeconds).to.equal(Infinity);
    expect(marginCallOf(longOn(widest - 1), market, SPEEDS).noticeSeconds).to.be.below(1_000 * HOUR);
  });

  it("waits for ever where volatility does not rise", () => {
    const { maintenance } = new MarginModel(market).evaluate(longOn(0));
    const still = new Map([...SPEEDS.keys()].map((underlying) => [underlying, { ...now, risePerHour: 0 }]));
    expect(marginCallOf(longOn(1.01 * maintenance), market, still).noticeSeconds).to.equal(Infinity);
  });

  it("holds for random books: safe at every moment of the notice, and not at its end", () => {
    const legs = fc.array(
      fc.record({
        instrument: fc.constantFrom(
          etherPerpetual,
          ...[2, 9, 40].flatMap((days) =>
            [1_600, 1_900, 2_000, 2_300].flatMap((strike) => [ethCall(days, strike), ethPut(days, strike)]),
          ),
        ),
        size: fc.integer({ min: -20, max: 20 }).filter((size) => size !== 0),
      }),
      { minLength: 1, maxLength: 6 },
    );
    let finite = 0;
    fc.assert(
      fc.property(
        legs,
        fc.double({ min: 1, max: 1.5, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (book, headroom, moment) => {
          const { equity, maintenance } = new MarginModel(market).evaluate({ cash: 0, legs: book });
          const portfolio = { cash: headroom * maintenance - equity + 0.01, legs: book };
          const { noticeSeconds } = marginCallOf(portfolio, market, SPEEDS);
          if (noticeSeconds === Infinity) return;
          finite++;
          const looked = Math.floor((moment * noticeSeconds) / STEP_SECONDS) * STEP_SECONDS;
          expect(isBelow(after(market, looked), portfolio)).to.equal(false);
          expect(isBelow(after(market, noticeSeconds + STEP_SECONDS * 1.000001), portfolio)).to.equal(true);
        },
      ),
      { numRuns: 60 },
    );
    expect(finite).to.be.greaterThan(10);
  });

  it("counts from what the volatility may be now, where its target holds it lower", () => {
    const { maintenance } = new MarginModel(market).evaluate(longOn(0));
    const portfolio = longOn(1.3 * maintenance);
    const at = (greatest: number) =>
      marginCallOf(portfolio, market, new Map([...SPEEDS.keys()].map((one) => [one, { ...now, greatest }])))
        .noticeSeconds;
    const anHourOn = 0.8 * 1.02;
    expect(at(0.8) - at(anHourOn)).to.be.closeTo(HOUR, 1.01 * STEP_SECONDS);
    expect(at(3)).to.equal(0);
    expect(at(0.4)).to.equal(at(0.8));
  });

  it("refuses a rise that is negative or unknown", () => {
    const { maintenance } = new MarginModel(market).evaluate(longOn(0));
    const safe = longOn(1.01 * maintenance);
    expect(() => marginCallOf(safe, market, new Map([[ETH, { ...now, risePerHour: -0.1 }]]))).to.throw(
      InvalidNumberError,
    );
    expect(() => marginCallOf(safe, market, new Map())).to.throw(InvalidNumberError);
  });
});
