import { expect } from "chai";
import { fallsOf, KEYS, measured, risesOf, type Figures, type Key } from "../../scripts/gas/figures.ts";
import { measure } from "../../scripts/gas/measure.ts";
import { figuresTable, rollupTable, verdictText } from "../../scripts/gas/report.ts";
import { dataCosts } from "../../scripts/gas/rollup.ts";
import { readSnapshot } from "../../scripts/gas/snapshot.ts";

/** What takes about a second each; `npm run gas` measures the large books as well. */
const SMALL = KEYS.filter((key) => !/64|128/.test(key));
const PRICES = {
  l1BaseFee: 2n * 10n ** 9n,
  blobBaseFee: 10n ** 8n,
  baseFeeScalar: 5227n,
  blobBaseFeeScalar: 1_014_213n,
  l2GasPrice: 5n * 10n ** 6n,
  etherPrice: 2000,
};

describe("gas", () => {
  let measurement: Awaited<ReturnType<typeof measure>>;
  let snapshot: Figures;

  before(async () => {
    snapshot = await readSnapshot();
    measurement = await measure(SMALL);
  });

  it("is nowhere above the snapshot", () => {
    const { figures } = measurement;
    expect(measured(figures).map(([key]) => key)).to.deep.equal(SMALL);
    const falls = fallsOf(figures, snapshot);
    if (falls.length > 0) console.log(`      ${verdictText(figures, snapshot)}`);
    expect(verdictText(figures, snapshot)).not.to.match(/^above/);
    expect(risesOf(figures, snapshot)).to.deep.equal([]);
  });

  it("is in the snapshot with every figure", () => {
    expect(measured(snapshot).map(([key]) => key)).to.deep.equal(KEYS);
  });

  it("counts everything cold where it says so, and grows with the options", () => {
    const { check1 = 0, check4 = 0, check16 = 0, engine16 = 0 } = measurement.figures;
    expect(check1).to.be.lessThan(check4);
    expect(check4).to.be.lessThan(check16);
    // 16 cold position words and the cold price at least are what a check has beyond the warm engine.
    expect(check16 - engine16).to.be.greaterThan(16 * 2000 + 15_000);
  });

  it("gives the same figure whatever else is measured", async () => {
    const keys: Key[] = ["check4", "deposit"];
    const { figures } = await measure(keys);
    for (const key of keys) expect(figures[key]).to.equal(measurement.figures[key]);
  });

  it("asks a rollup what the bytes of a transaction cost there", async () => {
    const keys = ["trade16", "liquidate16", "deposit", "withdraw16"];
    const costs = await dataCosts(measurement.transactions, PRICES);
    expect(costs.map(({ key }) => key)).to.deep.equal(keys);
    for (const { l1Fee, compressedBytes } of costs) {
      // Fjord: compressed size × (16 × scalar × base fee + blob scalar × blob base fee), scalars in millionths.
      const perByte = 16n * PRICES.baseFeeScalar * PRICES.l1BaseFee + PRICES.blobBaseFeeScalar * PRICES.blobBaseFee;
      const expected = (BigInt(compressedBytes) * perByte) / 10n ** 6n;
      expect(l1Fee >= expected && l1Fee < expected + perByte / 10n ** 6n + 1n).to.equal(true);
    }
    const [first, second] = rollupTable(costs, PRICES).split("\n").slice(1);
    expect(first).to.match(/^trade16 /);
    expect(second).to.match(/^liquidate16 /);
  });
});

describe("gas figures against a snapshot", () => {
  const snapshot: Figures = { check16: 300_000, cell: 250 };

  it("may not rise beyond the noise of calldata", () => {
    expect(risesOf({ check16: 300_301, cell: 250 }, snapshot)).to.deep.equal([
      { key: "check16", was: 300_000, is: 300_301 },
    ]);
    expect(risesOf({ check16: 300_300, cell: 251 }, snapshot)).to.deep.equal([{ key: "cell", was: 250, is: 251 }]);
    expect(risesOf({ check16: 300_300, cell: 250 }, snapshot)).to.deep.equal([]);
  });

  it("may not be missing there", () => {
    expect(risesOf({ deposit: 70_000 }, snapshot)).to.deep.equal([{ key: "deposit", was: undefined, is: 70_000 }]);
    expect(verdictText({ deposit: 70_000 }, snapshot)).to.equal("above the snapshot: deposit none → 70000");
  });

  it("may fall, with a word on taking the snapshot again", () => {
    const figures = { check16: 290_000, cell: 250 };
    expect(risesOf(figures, snapshot)).to.deep.equal([]);
    expect(fallsOf(figures, snapshot)).to.deep.equal(["check16"]);
    expect(verdictText(figures, snapshot)).to.match(/^below the snapshot: check16;.*--update/);
  });

  it("stand beside goals and peer", () => {
    const row = figuresTable({ check16: 310_000 }, snapshot).split("\n")[1];
    expect(row).to.match(/^check16 +310,000 +\+3\.33 % +5,520,000 +17\.8 × +met 320,000 +290,000 /);
  });
});
