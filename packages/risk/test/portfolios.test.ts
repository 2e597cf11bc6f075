import { expect } from "chai";
import { MarginModel } from "../src/index.ts";
import { grossOf, modelMarket, modelPortfolio } from "../../../test/helpers/bookOnChain.ts";
import { loadPortfolioVectors } from "../../../test/helpers/portfolioVectors.ts";

const NOW = 1_750_000_000;
/** Of gross notional and cash; float64 rounds at 1e-16. */
const TOLERANCE = 2e-14;
const FIELDS = ["equity", "initial", "maintenance", "maintenanceBeforeFloor", "stressLoss"] as const;

const vectors = loadPortfolioVectors();

describe("Margin model", () => {
  it("agrees with the 100-digit reference on whole portfolios", () => {
    expect(vectors).to.have.lengthOf.at.least(50);
    vectors.forEach(({ market, portfolio, expected, kind }, i) => {
      const risk = new MarginModel(modelMarket(market, NOW)).evaluate(modelPortfolio(portfolio, NOW));
      const scale = grossOf(portfolio, market) + Math.abs(Number(portfolio.cash)) / 1e18;
      for (const field of FIELDS) {
        const error = Math.abs(risk[field] - Number(expected[field]) / 1e18) / scale;
        expect(error, `${field} of portfolio ${i}, ${kind}`).to.be.lessThan(TOLERANCE);
      }
    });
  });
});
