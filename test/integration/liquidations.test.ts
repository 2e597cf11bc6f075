import { call, perpetual, put, toWad } from "@plimsoll/client";
import {
  accountFromChain,
  auctionState,
  MarginModel,
  parametersFromChain,
  seize,
  type Portfolio,
} from "@plimsoll/risk";
import { expect } from "chai";
import { loadConfiguration } from "../../deploy/configuration.ts";
import { bidFor, PLAIN_BIDDER } from "../../scripts/liquidations/bidder.ts";
import { BookMaker } from "../../scripts/liquidations/books.ts";
import { study, type Study } from "../../scripts/liquidations/study.ts";
import { toText } from "../../scripts/liquidations/text.ts";

const DAY = 86_400;
const COUNTS = { seed: 3, books: 120, deep: 60, contested: 30, searched: 10 };

describe("the study of liquidations", () => {
  let found: Study;

  before(async () => {
    found = await study(new BookMaker(await loadConfiguration("local")), COUNTS, () => undefined);
  });

  const rowOf = (design: string, kind = "all") => {
    const row = found.designs.find((one) => one.design === design && one.kind === kind);
    if (row === undefined) throw new RangeError(`no row of ${design}, ${kind}`);
    return row;
  };

  it("clears every account, and sends no package that the rules refuse", () => {
    expect(found.open).to.equal(0);
    expect(rowOf("legs").refused + rowOf("slice").refused + found.deep.refused).to.equal(0);
    const { endings, books } = found.deep;
    expect(Object.values(endings).reduce((sum, count) => sum + count, 0)).to.equal(books);
    // Bankrupt accounts are among them.
    expect(endings["taken whole"] + endings.absorbed > 0).to.equal(true);
  });

  it("costs accounts less when legs are chosen than by a slice, and far less than by closing everything", () => {
    const [legs, slice] = [rowOf("legs"), rowOf("slice")];
    expect(legs.loss.mean < slice.loss.mean && legs.loss.median < slice.loss.median).to.equal(true);
    expect(5 * legs.loss.median < rowOf("bonus of value").loss.median).to.equal(true);
    expect(5 * legs.loss.median < rowOf("bonus of requirement").loss.median).to.equal(true);
    expect(2 * rowOf("legs", "market maker").loss.median < rowOf("slice", "market maker").loss.median).to.equal(true);
    expect(legs.alive > 0.9).to.equal(true);
    expect(rowOf("bonus of value").alive).to.equal(0);
  });

  it("costs accounts less the more keepers there are, and most with one who waits", () => {
    const lossOf = (keepers: number, strategy: string) =>
      found.contests.find((one) => one.keepers === keepers && one.strategy === strategy)?.loss.mean ?? NaN;
    expect(lossOf(1, "patient") > 0.5).to.equal(true);
    for (const strategy of ["eager", "patient"]) {
      const losses = [1, 2, 3, 8].map((keepers) => lossOf(keepers, strategy));
      expect(losses, strategy).to.deep.equal([...losses].sort((a, b) => b - a));
    }
    // A single rival takes nearly all that waiting brings.
    expect(lossOf(2, "patient") < 0.05).to.equal(true);
  });

  it("chooses legs that bring nine tenths of what a search over all sizes finds", () => {
    expect(found.reference.share).to.be.within(0.9, 1);
  });

  it("works out the example of docs/liquidation.md", async () => {
    const { model, portfolio } = await exampleBook();
    const risk = model.evaluate(portfolio);
    expect([risk.equity, risk.maintenance, risk.initial].map(Math.round)).to.deep.equal([15_726, 16_554, 25_209]);
    const bidder = { ...PLAIN_BIDDER, portfolio: { cash: 1e6, legs: [] } };
    const account = { model, portfolio, risk };
    expect((await bidFor(bidder, account, 48))?.profit ?? 0).to.be.at.most(0);
    const bid = await bidFor(bidder, account, 60);
    if (bid === undefined) throw new RangeError("no bid");
    expect(bid.legs.map(({ size }) => size.toFixed(2))).to.deep.equal(["-16.65"]);
    const { rate } = auctionState(risk, 60);
    const { payment, fee, removed, remaining, refusal } = seize(model, {
      ...{ from: portfolio, to: bidder.portfolio, legs: bid.legs, rate },
    });
    expect(refusal).to.equal(undefined);
    expect([payment, fee, bid.profit].map((value) => value.toFixed(1))).to.deep.equal(["152.8", "15.3", "4.5"]);
    expect([removed, remaining.equity, remaining.maintenance].map(Math.round)).to.deep.equal([2_939, 15_574, 13_614]);
  });

  it("is the same for the same seed, and prints every row", async () => {
    const small = { seed: 3, books: 10, deep: 5, contested: 2, searched: 1 };
    const maker = new BookMaker(await loadConfiguration("local"));
    const again = await study(maker, small, () => undefined);
    expect(again).to.deep.equal(await study(maker, small, () => undefined));
    expect(toText(again)).to.include("keeper's choice of legs").and.to.include("8 keepers, patient");
  });
});

/** 50 ether long as a perpetual, 40 calls at 2,200 and 40 puts at 1,800 sold for 30 days, in a flat market. */
async function exampleBook(): Promise<{ model: MarginModel; portfolio: Portfolio }> {
  const { account, underlyings } = await loadConfiguration("local");
  const now = 1_750_000_000;
  const surface = { tenors: [{ seconds: 365 * DAY, totalVariance: 0.64 }], rho: 0, eta: 0, rate: 0 };
  const volatilities = { surface, initialVolatility: 1.25, maintenanceVolatility: 1.25 };
  const model = new MarginModel({
    ...{ now, account: accountFromChain(account), haircuts: new Map<bigint, number>() },
    underlyings: underlyings.map(({ id, risk }) => ({
      ...{ underlying: id, spot: 2_000, overdueSeconds: 0, averageOpenInterest: 5_000 },
      ...{ ...volatilities, parameters: parametersFromChain(risk) },
    })),
  });
  const terms = (strike: number) => ({ expiry: now + 30 * DAY, strike: toWad(strike) });
  const legs = [
    { instrument: perpetual(1), size: 50 },
    { instrument: call(1, terms(2_200)), size: -40 },
    { instrument: put(1, terms(1_800)), size: -40 },
  ];
  return { model, portfolio: { cash: -76_301, legs } };
}
