import { CASH, WAD, perpetual, spot } from "@plimsoll/client";
import { expect } from "chai";
import { CashModel } from "../src/model/cash.ts";
import { checkModel, checkTotals } from "../src/model/conservation.ts";
import { FeedModel } from "../src/model/feed.ts";
import { FundingModel } from "../src/model/funding.ts";
import { LedgerModel } from "../src/model/ledger.ts";

const [ANNA, BERT, CARL] = [1n << 96n, 2n << 96n, 3n << 96n] as const;
const ETH = perpetual(1);

function market(): LedgerModel {
  const model = new LedgerModel();
  for (const account of [ANNA, BERT, CARL]) {
    model.receive(CASH, 1_000n * WAD);
    model.addCash(account, 1_000n * WAD);
  }
  return model;
}

function fill(model: LedgerModel, parties: readonly [bigint, bigint], terms: readonly [bigint, bigint]): void {
  const [buyer, seller] = parties;
  const [size, price] = terms;
  model.fill({ buyer, seller, instrument: ETH, size, price });
}

describe("the model of the ledger", () => {
  it("moves entry values with fills and realises what closes, pro rata", () => {
    const model = market();
    fill(model, [ANNA, BERT], [3n * WAD, 100n * WAD]);
    fill(model, [BERT, ANNA], [WAD, 130n * WAD]);
    expect(model.accounts.get(ANNA)?.cash).to.equal(1_030n * WAD);
    expect(model.cashOf(ANNA)).to.equal(830n * WAD);
    expect(model.positionOf(BERT, ETH)).to.equal(-2n * WAD);
    expect(checkModel(model)).to.deep.equal([]);
  });

  it("rounds the realised share down, for long and for short", () => {
    const model = market();
    fill(model, [ANNA, BERT], [3n, WAD]);
    fill(model, [CARL, ANNA], [1n, 0n]);
    expect(model.accounts.get(ANNA)?.cash).to.equal(1_000n * WAD - 1n);
    fill(model, [ANNA, BERT], [4n, WAD / 2n]);
    expect(checkModel(model)).to.deep.equal([]);
  });

  it("keeps a loss open until all who hold the other side have shared it", () => {
    const model = market();
    fill(model, [ANNA, BERT], [2n * WAD, 100n * WAD]);
    fill(model, [ANNA, CARL], [WAD, 100n * WAD]);
    model.tearUp(ANNA, { instrument: ETH, size: 3n * WAD, value: 90n * WAD });
    expect(model.hasOpenShares).to.equal(true);
    expect(checkModel(model)).to.deep.equal([]);
    model.takeShare(BERT, { instrument: ETH, delta: 2n * WAD, value: -60n * WAD });
    expect(checkModel(model)).to.deep.equal([]);
    model.takeShare(CARL, { instrument: ETH, delta: WAD, value: -29n * WAD });
    const [violation] = checkModel(model);
    expect(violation?.invariant).to.equal("INV-5");
  });

  it("knows what everybody's share of a loss is, rounded against him", () => {
    const torn = (shares: readonly (readonly [bigint, bigint, bigint])[]) => {
      const model = market();
      fill(model, [ANNA, BERT], [5n, 100n * WAD]);
      fill(model, [ANNA, CARL], [4n, 100n * WAD]);
      fill(model, [CARL, ANNA], [1n, 100n * WAD]);
      fill(model, [BERT, ANNA], [3n, 100n * WAD]);
      model.tearUp(ANNA, { instrument: ETH, size: 4n, value: 90n });
      for (const [account, delta, value] of shares) model.takeShare(account, { instrument: ETH, delta, value });
      return model.tearUps.takeViolations().map(({ invariant }) => invariant);
    };
    // Bert has 2 of 5 units that are short, so that 1.6 of 4 are his.
    const rest = [CARL, 2n, -45n] as const;
    expect(torn([[BERT, 2n, -45n], rest])).to.deep.equal([]);
    expect(torn([[BERT, 1n, -23n]])).to.deep.equal(["INV-5"]);
    expect(torn([[BERT, 2n, -44n]])).to.deep.equal(["INV-5"]);
    expect(torn([[ANNA, 2n, -45n]])).to.deep.equal(["INV-5"]);
    expect(torn([[BERT, 2n, -45n], rest, rest])).to.deep.equal(["INV-5"]);
  });

  it("sees a unit that comes from nowhere", () => {
    const model = market();
    model.addCash(ANNA, 1n);
    expect(checkModel(model).map(({ invariant }) => invariant)).to.deep.equal(["INV-1"]);
  });

  it("sees a side without another", () => {
    const model = market();
    model.trade(ANNA, { instrument: ETH, delta: 1n, value: 0n });
    expect(checkModel(model).map(({ invariant }) => invariant)).to.deep.equal(["INV-2"]);
  });

  it("sees a chain that says otherwise, and a balance below the books", () => {
    const model = market();
    model.receive(spot(1), 5n);
    model.trade(ANNA, { instrument: spot(1), delta: 5n, value: 0n });
    const recorded = new Map([
      [CASH, 3_000n * WAD],
      [spot(1), 4n],
    ]);
    const balances = new Map([
      [CASH, 3_000n * WAD - 1n],
      [spot(1), 4n],
    ]);
    const cash = {
      borrowIndex: WAD,
      supplyIndex: WAD + 1n,
      scaledDebts: 0n,
      scaledSupply: 3n * WAD * 10n ** 6n * 1_000n,
    };
    expect(checkTotals(model, { recorded, balances, reserve: 1n, cash })).to.have.length(4);
  });
});

describe("interest and funding in the model", () => {
  const YEAR = 31_536_000;
  const rates = {
    atZeroInBp: 0n,
    atKinkInBp: 800n,
    atFullInBp: 10_000n,
    kinkInPercent: 80n,
    reserveFactorInPercent: 10n,
  };

  it("charges debts by the rate of their utilisation, and tells an index that is off by a digit", () => {
    const cash = new CashModel();
    cash.setRates(rates);
    const [lent, owed] = [cash.add(0n, 100n * WAD), cash.add(0n, -40n * WAD)];
    cash.now = YEAR;
    // At 40 % utilisation 4 % a year, less what rounding utilisation down takes: e^0.04 − 1, to the third term.
    expect(Number(cash.valueOf(owed)) / 1e18).to.be.closeTo(-40 * 1.04081066, 1e-6);
    expect(Number(cash.valueOf(lent)) / 1e18).to.be.closeTo(100 + 40 * 0.04081066 * 0.9, 1e-6);
    const { borrow, supply } = cash.indices;
    cash.tell({ borrow, supply }, false);
    expect(cash.takeViolations()).to.deep.equal([]);
    cash.tell({ borrow: borrow - 1n, supply }, false);
    expect(cash.takeViolations().map(({ invariant }) => invariant)).to.deep.equal(["interest"]);
  });

  it("counts an hour of funding at most, at a rate of ±109.5 % at most", () => {
    const funding = new FundingModel();
    funding.begin(1, 1);
    const price = 2_000n * WAD;
    // 1.095 · 2,000 · 1 h / 1 year.
    const index = (1_095n * 10n ** 15n * price * 3_600n) / (BigInt(YEAR) * WAD);
    funding.accrue({ underlying: 1, rate: 5n * WAD, price, index }, YEAR);
    expect(funding.takeViolations()).to.deep.equal([]);
    expect(funding.received(ETH, { index: 0n }, 3n)).to.equal(-1n);
    expect(funding.received(ETH, { index: 0n }, -3n)).to.equal(0n);
    funding.accrue({ underlying: 1, rate: 0n, price, index: index + 1n }, YEAR + 1);
    expect(funding.takeViolations().map(({ invariant }) => invariant)).to.deep.equal(["funding"]);
  });
});

describe("the world", () => {
  it("answers by deviation and heartbeat, and not while it is silent", () => {
    const feed = new FeedModel(0, 100);
    expect(feed.follow(60, 100.4)).to.deep.equal([]);
    expect(feed.follow(120, 100.6)).to.deep.equal([{ kind: "push", price: 100.6 }]);
    feed.fail({ kind: "silent" }, 180, 10_000);
    expect(feed.follow(9_000, 50)).to.deep.equal([]);
    expect(feed.isInvalid(10_900)).to.equal(false);
    expect(feed.isInvalid(10_921)).to.equal(true);
    expect(feed.follow(10_930, 50)).to.deep.equal([{ kind: "push", price: 50 }]);
    expect(feed.isInvalid(10_930)).to.equal(false);
  });

  it("is invalid from an unusable answer to the next one", () => {
    const feed = new FeedModel(0, 100);
    expect(feed.fail({ kind: "zero" }, 60, 300)).to.deep.equal([{ kind: "raw", answer: 0n }]);
    expect(feed.isInvalid(60)).to.equal(true);
    expect(feed.follow(400, 100)).to.deep.equal([{ kind: "push", price: 100 }]);
    expect(feed.isInvalid(400)).to.equal(false);
  });
});
