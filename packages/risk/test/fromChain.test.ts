import { expect } from "chai";
import { portfolioFromChain, underlyingFromChain } from "../src/index.ts";
import { instrumentOfLeg, onChain } from "../../../test/helpers/bookOnChain.ts";
import { randomFrom } from "../../../test/helpers/kernel.ts";
import { CALL, randomMarket, type BookUnderlying } from "../../../test/helpers/marginBook.ts";

const NOW = 1_750_000_000;
const WAD = 10n ** 18n;

function convert(changes: Partial<BookUnderlying>) {
  const [some] = randomMarket(randomFrom(1), 1).underlyings;
  if (some === undefined) throw new RangeError("an underlying");
  const one = { ...some, ...changes };
  return underlyingFromChain({
    underlying: 1,
    price: { value: one.price, overdueSeconds: one.overdueSeconds },
    volatility: { surface: one.surface, initial: one.initialVolatility, maintenance: one.maintenanceVolatility },
    parameters: one.parameters,
    averageOpenInterest: one.averageOpenInterest,
  });
}

describe("What contracts answer, as the model takes it", () => {
  it("counts a price above 1e12 USD as that", () => {
    expect(convert({ price: 10n ** 31n }).spot).to.equal(1e12);
    expect(convert({ price: 1_234n * WAD, overdueSeconds: 60n })).to.include({ spot: 1_234, overdueSeconds: 60 });
  });

  it("ends the surface at its first unused tenor", () => {
    const surface = { tenorSeconds: [100n, 200n, 0n, 0n], totalVariance: [WAD / 100n, WAD / 50n, 0n, 0n] };
    const { tenors, rho, rate } = convert({
      surface: { ...surface, rho: -WAD / 2n, eta: 0n, rate: -WAD / 100n },
    }).surface;
    expect(tenors).to.deep.equal([
      { seconds: 100, totalVariance: 0.01 },
      { seconds: 200, totalVariance: 0.02 },
    ]);
    expect([rho, rate]).to.deep.equal([-0.5, -0.01]);
  });

  it("takes positions apart", () => {
    const leg = {
      underlying: 1n,
      kind: CALL,
      secondsToExpiry: 60n,
      strikeField: 2_000n * 10n ** 8n,
      size: (-3n * WAD) / 2n,
    };
    const portfolio = portfolioFromChain(onChain({ cash: -WAD, legs: [leg] }, NOW));
    expect(portfolio).to.deep.equal({ cash: -1, legs: [{ instrument: instrumentOfLeg(leg, NOW), size: -1.5 }] });
  });
});
