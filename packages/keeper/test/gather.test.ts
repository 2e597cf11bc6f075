import { call, put } from "@plimsoll/client";
import { expect } from "chai";
import { configSchema } from "../src/config.ts";
import { gatherLegs } from "../src/gather.ts";
import type { Slice } from "../src/gather.ts";
import { hedgeCost } from "../src/hedgeCost.ts";
import { MARK, evaluateOne, marginModel, perp, usd } from "./model.ts";

const rich = { cash: usd(1_000_000), legs: [] };
const taker = { portfolio: rich, risk: evaluateOne(rich) };

function weighed(underlying: number, size: number) {
  const leg = perp(underlying, size);
  const { equity, maintenanceBeforeFloor } = evaluateOne({ cash: 0n, legs: [leg] });
  return { ...leg, requirement: maintenanceBeforeFloor, value: equity };
}

describe("gathering legs", () => {
  const legs = [weighed(1, 100), weighed(2, -100), weighed(3, 100)];
  const portfolio = { cash: 0n, legs };
  const gathering = { portfolio, risk: evaluateOne(portfolio), taker, target: usd(600) };

  it("takes the legs that are worth most for what they remove, and no more than the target needs", async () => {
    // The second costs nothing to hedge, the first a little, the third much.
    const costs = new Map([1, 2, 3].map((id, i) => [perp(id, 1).instrument, [2n, 0n, 90n][i] ?? 0n]));
    const worthOf = ({ leg, removed }: Slice) => (removed * (100n - (costs.get(leg.instrument) ?? 0n))) / 100n;
    const gathered = await gatherLegs(legs, { ...gathering, worthOf }, marginModel().evaluate);
    expect(gathered).to.deep.equal([perp(2, -60)]);
    const more = await gatherLegs(legs, { ...gathering, target: usd(1_500), worthOf }, marginModel().evaluate);
    expect(more.map(({ instrument }) => instrument)).to.deep.equal([perp(2, 1).instrument, perp(1, 1).instrument]);
  });

  it("takes what hedges the taker's book before what adds to it", async () => {
    const held = { cash: usd(1_000_000), legs: [perp(3, -30)] };
    const own = { portfolio: held, risk: evaluateOne(held) };
    const worthOf = ({ added }: Slice) => -added;
    const gathered = await gatherLegs(
      legs,
      { ...gathering, taker: own, target: usd(250), worthOf },
      marginModel().evaluate,
    );
    expect(gathered.map(({ instrument }) => instrument)).to.deep.equal([perp(3, 1).instrument]);
  });

  it("finds nothing where no single leg lowers the requirement", async () => {
    const hedged = [
      weighed(1, 100),
      { ...weighed(1, -100), instrument: call(1, { expiry: 2_000_000_000, strike: usd(1) }) },
    ];
    const book = { cash: 0n, legs: hedged };
    const none = await gatherLegs(
      hedged,
      { ...gathering, portfolio: book, risk: evaluateOne(book), worthOf: () => 1n },
      marginModel().evaluate,
    );
    expect(none).to.deep.equal([]);
  });
});

describe("the cost of hedging", () => {
  const { hedge: rates } = configSchema.parse({});
  const terms = { rates, prices: new Map([[1, usd(2_000)]]) };
  const option = put(1, { expiry: 2_000_000_000, strike: usd(1_500) });

  it("is a share of the value of what is linear, long or short", () => {
    expect(hedgeCost(perp(1, 10), usd(10 * MARK), terms)).to.equal(usd(1));
    expect(hedgeCost(perp(1, -10), usd(-10 * MARK), terms)).to.equal(usd(1));
  });

  it("is a fee on the underlying and a spread on the value of an option, and no more than a share of that", () => {
    expect(hedgeCost({ instrument: option, size: usd(-10) }, usd(-1_000), terms)).to.equal(usd(6 + 20));
    expect(hedgeCost({ instrument: option, size: usd(10) }, usd(8), terms)).to.equal(usd(1));
  });
});
