import { expect } from "chai";
import fc from "fast-check";
import hre from "hardhat";
import { COMPARED, EngineFactory, engineDeviation, modelRisks } from "../helpers/engineParity.ts";
import { BOOK_KINDS, randomMarket, randomPortfolio } from "../helpers/marginBook.ts";
import type { Random } from "../helpers/kernel.ts";
import { loadPortfolioVectors } from "../helpers/portfolioVectors.ts";

const MARKETS = 42;
/** Of each kind, in each market. */
const PORTFOLIOS = 4;
const MAX_UNDERLYINGS = 3;
const SEED = 20_200_312;
const RESOLUTION = 2 ** 32;

/** Random numbers that fast-check knows how to repeat and to make simpler. */
const random = fc.gen().map(
  (draw): Random =>
    () =>
      draw(fc.integer, { min: 0, max: RESOLUTION - 1 }) / RESOLUTION,
);

describe("Margin engine in Solidity and in float64", () => {
  let factory: EngineFactory;

  before(async () => {
    factory = await EngineFactory.on(await hre.network.create("market"));
  });

  it("agrees with the 100-digit reference on whole portfolios", async () => {
    for (const [i, { market, portfolio, expected, kind }] of loadPortfolioVectors().entries()) {
      const engine = await factory.deploy(market);
      const [found] = await engine.evaluate([portfolio]);
      if (found === undefined) throw new RangeError("one portfolio, one answer");
      const numbers = Object.fromEntries(COMPARED.map((field) => [field, Number(expected[field]) / 1e18]));
      const worst = engineDeviation(found, numbers as Record<(typeof COMPARED)[number], number>, { market, portfolio });
      expect(worst.ofTolerance, `${worst.field} of portfolio ${i}, ${kind}`).to.be.at.most(1);
    }
  });

  it("agrees on random portfolios in random markets to 1e-9 of gross notional", async () => {
    await fc.assert(
      fc.asyncProperty(random, fc.integer({ min: 1, max: MAX_UNDERLYINGS }), async (draw, underlyings) => {
        const engine = await factory.deploy(randomMarket(draw, underlyings));
        const { market } = engine;
        const portfolios = BOOK_KINDS.flatMap((kind) =>
          Array.from({ length: PORTFOLIOS }, () => randomPortfolio(draw, market, kind)),
        );
        const found = await engine.evaluate(portfolios);
        modelRisks(engine, portfolios).forEach((risk, i) => {
          const [answer, portfolio] = [found[i], portfolios[i]];
          if (answer === undefined || portfolio === undefined) throw new RangeError("an answer for each portfolio");
          const worst = engineDeviation(answer, risk, { market, portfolio });
          expect(worst.ofTolerance, `${worst.field} of portfolio ${i}`).to.be.at.most(1);
        });
      }),
      // Each attempt to make a failure simpler deploys a market: whoever needs it lets it run.
      { numRuns: MARKETS, seed: SEED, endOnFailure: true },
    );
  });
});
