import { expect } from "chai";
import { perpetual } from "@plimsoll/client";
import type { Market, RiskParameters } from "@plimsoll/risk";
import { causeOf } from "../src/market/causes.ts";

const PARAMETERS: RiskParameters = {
  initial: { z: 2, horizonSeconds: 86_400, rangeMin: 0.01, rangeMax: 0.9 },
  maintenance: { z: 2, horizonSeconds: 86_400, rangeMin: 0.01, rangeMax: 0.9 },
  volatilityUp: 0.4,
  volatilityDown: 0.3,
  exponentShort: 0.3,
  exponentLong: 0.1,
  shortOptionMinimum: 0.03,
  concentration: 0,
  depth: 1_000,
  vegaDepth: 1_000_000,
  stresses: [],
};

/** Range 2·σ·√(1/365): 6.1 % of the price at 60 %, 12.0 % at 120 %. */
function marketAt(spot: number, volatility: number): Market {
  return {
    now: 0,
    underlyings: [
      {
        underlying: 1,
        spot,
        overdueSeconds: 0,
        surface: { tenors: [{ seconds: 86_400, totalVariance: 0.001 }], rho: 0, eta: 0, rate: 0 },
        initialVolatility: volatility,
        maintenanceVolatility: volatility,
        parameters: PARAMETERS,
        averageOpenInterest: 0,
      },
    ],
    account: { floor: 1, credit: 0 },
    haircuts: new Map(),
  };
}

describe("Why an auction starts", () => {
  /** Long one unit from 1,000 on, with 100 USD. */
  const portfolio = { cash: -900, legs: [{ instrument: perpetual(1), size: 1 }] };
  const calm = marketAt(1_000, 0.6);

  it("is the price where it would have done so at the volatility of before", () => {
    expect(causeOf(portfolio, calm, marketAt(950, 0.6))).to.equal("price");
    expect(causeOf(portfolio, calm, marketAt(950, 0.7))).to.equal("price");
  });

  it("is volatility where it would have done so at the prices of before", () => {
    expect(causeOf(portfolio, calm, marketAt(1_000, 1.2))).to.equal("volatility");
    // A price that fell, too, does not excuse it.
    expect(causeOf(portfolio, calm, marketAt(950, 1.2))).to.equal("volatility");
  });

  it("is nothing where the account was below its line before, or is not", () => {
    expect(causeOf(portfolio, marketAt(950, 0.9), marketAt(940, 0.9))).to.equal(undefined);
    expect(causeOf(portfolio, calm, marketAt(990, 0.6))).to.equal(undefined);
  });

  it("is both where neither would have done so alone", () => {
    expect(causeOf(portfolio, calm, marketAt(975, 0.9))).to.equal("price and volatility");
  });
});
