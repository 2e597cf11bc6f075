import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toWad, type SurfaceReport } from "@plimsoll/client";
import {
  DEFAULT_PLAN,
  decodeReport,
  loadChain,
  ReportPool,
  ReportRefusedError,
  runPass,
  toReport,
  type PlacedReport,
  type Publisher,
  type SurfaceOracle,
} from "@plimsoll/publisher";
import { calibrateSurface, levelsOf, surfaceFromChain, type Surface } from "@plimsoll/risk";
import { expect } from "chai";
import { Wallet } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { pino } from "pino";
import { chainOf, surfaceOf, TIME } from "../../packages/risk/test/simulated.ts";
import { deployWithPublishers, ETH, publishers, truth } from "../helpers/publishers.ts";
import { rejection } from "../helpers/rejection.ts";

const BTC = 2;
const HOUR = 3_600;
const [first, second, third] = publishers;

describe("Publisher", () => {
  let market: Awaited<ReturnType<typeof deployWithPublishers>>;
  let oracle: SurfaceOracle;
  let folder: string;
  let connection: NetworkConnection;

  before(async () => {
    connection = await network.create("market");
  });

  beforeEach(async () => {
    market = await connection.networkHelpers.loadFixture(deployWithPublishers);
    oracle = market.oracleOf(first);
    folder = await mkdtemp(join(tmpdir(), "publisher-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function signed(...[wallet, changes, venue]: Parameters<typeof market.signed>): Promise<PlacedReport> {
    return market.signed(wallet, changes, venue);
  }

  async function onChain(): Promise<{ surface: Surface; timestamp: number }> {
    return (await oracle.state(ETH)).onChain;
  }

  async function refusalOf(reports: readonly PlacedReport[]): Promise<ReportRefusedError> {
    const error = await rejection(oracle.publish(reports));
    if (error instanceof ReportRefusedError) return error;
    throw new Error("expected a refusal", { cause: error });
  }

  it("brings a calibrated chain, signed by two, onto the oracle as it is", async () => {
    const file = join(folder, "chain.json");
    const { spot, quotes } = chainOf(truth);
    const rows = quotes.map(({ isCall, ...rest }) => ({ ...rest, type: isCall ? "call" : "put" }));
    await writeFile(file, JSON.stringify({ spot, time: TIME, quotes: rows }));
    const { surface } = calibrateSurface(await loadChain(file));
    const timestamp = await market.networkHelpers.time.latest();
    const report = toReport(surface, { underlying: ETH, timestamp });
    await oracle.publish([await signed(second, report), await signed(first, report)]);

    const accepted = await market.contracts.volatilityOracle.surface(ETH);
    expect([...accepted.totalVariance]).to.deep.equal([...report.totalVariance]);
    expect([accepted.rho, accepted.eta, accepted.rate]).to.deep.equal([report.rho, report.eta, report.rate]);
    expect(Number(accepted.timestamp)).to.equal(timestamp);
    levelsOf(surfaceFromChain(accepted)).forEach((level, i) => {
      expect(Math.abs(level - (levelsOf(truth)[i] ?? NaN))).to.be.lessThan(1e-4);
    });
  });

  it("takes the median of three", async () => {
    const rates = ["0.01", "0.02", "0.3"];
    const reports = await Promise.all(publishers.map((wallet, i) => signed(wallet, { rate: toWad(rates[i] ?? "0") })));
    await oracle.publish(reports);
    expect((await onChain()).surface.rate).to.equal(0.02);
  });

  it("refuses no surface that is admissible, at whichever of its bounds", async () => {
    for (const levels of [
      [0.01, 0.01, 0.01, 0.01],
      [9, 9, 9, 9],
      [2, 0.01, 0.01, 9],
    ]) {
      for (const [rho, rate] of [
        [-2, 1],
        [0, 0],
        [2, -1],
      ] as const) {
        for (const eta of [0, 5]) {
          await market.networkHelpers.time.increase(1);
          const timestamp = await market.networkHelpers.time.latest();
          const extreme = toReport(surfaceOf(levels, { rho, eta, rate }), { underlying: ETH, timestamp });
          await oracle.publish(await both(extreme));
        }
      }
    }
  });

  it("says what to do about every report that is refused", async () => {
    const now = await market.networkHelpers.time.latest();
    const good = await signed(first);
    const mate = await signed(second);
    const stranger = new Wallet(`0x${"9".repeat(64)}`);
    const elsewhere = { ...market.surfaceVenue, chainId: 1n };
    const [a, b, c] = good.report.totalVariance;
    const cases: readonly (readonly [string, readonly PlacedReport[]])[] = [
      ["too-few", [good]],
      ["too-few", []],
      ["two-by-one-signer", [good, good]],
      ["bad-signature", [{ ...good, report: { ...good.report, rate: 1n } }, mate]],
      ["bad-signature", [{ ...good, signature: "0x12" }, mate]],
      ["unknown-signer", [good, await signed(stranger)]],
      ["wrong-chain", [good, await signed(second, {}, elsewhere)]],
      ["bad-signature", [good, { ...(await signed(second, {}, elsewhere)), venue: market.surfaceVenue }]],
      [
        "wrong-oracle",
        [
          good,
          await signed(
            second,
            {},
            { ...elsewhere, chainId: market.surfaceVenue.chainId, volatilityOracle: first.address },
          ),
        ],
      ],
      ["stale-report", [good, await signed(second, { timestamp: now - 700 })]],
      ["from-the-future", [good, await signed(second, { timestamp: now + HOUR })]],
      ["underlyings-differ", [good, await signed(second, { underlying: BTC })]],
      ["not-listed", [await signed(first, { underlying: 9 }), await signed(second, { underlying: 9 })]],
      ["arbitrage", await both({ totalVariance: [a, b, c, c] })],
      ["arbitrage", await both({ eta: toWad("1.9") })],
      ["out-of-bounds", await both({ rho: toWad("0.99") })],
    ];
    for (const [reason, reports] of cases) {
      const error = await refusalOf(reports);
      expect(error.reason, error.message).to.equal(reason);
      expect(error.advice).to.have.length.greaterThan(10);
    }
    expect((await onChain()).timestamp).to.equal(0);
    await oracle.publish([good, mate]);
    expect((await refusalOf([good, mate])).reason).to.equal("not-newer");
  });

  async function both(changes: Partial<SurfaceReport>): Promise<PlacedReport[]> {
    return [await signed(first, changes), await signed(second, changes)];
  }

  describe("run", () => {
    let surface: Surface;
    let delay: number;

    function publisherOf(wallet: Wallet): Publisher {
      return {
        oracle: market.oracleOf(wallet),
        signer: wallet,
        pool: new ReportPool(folder),
        views: new Map([[ETH, (now) => Promise.resolve({ surface, source: "chain", observedAt: now - delay })]]),
        config: DEFAULT_PLAN,
        logger: pino({ level: "silent" }),
      };
    }

    async function passes(): Promise<string[]> {
      const outcomes = [];
      for (const wallet of [first, second, third]) outcomes.push(...(await runPass(publisherOf(wallet))));
      return outcomes.map(({ outcome }) => outcome);
    }

    beforeEach(() => {
      surface = truth;
      delay = 60;
    });

    it("publishes once, then nothing while unmoved, then again near the heartbeat", async () => {
      expect(await passes()).to.deep.equal(["signed", "published", "waited"]);
      const { timestamp } = await onChain();
      await market.networkHelpers.time.increase(4 * HOUR);
      expect(await passes()).to.deep.equal(["waited", "waited", "waited"]);
      expect((await onChain()).timestamp).to.equal(timestamp);
      await market.networkHelpers.time.increase(1.6 * HOUR);
      expect(await passes()).to.deep.equal(["signed", "published", "waited"]);
      expect((await onChain()).timestamp).to.be.greaterThan(timestamp + 5 * HOUR);
    });

    it("publishes a move as far as the oracle lets it go, and goes on until it is there", async () => {
      await passes();
      surface = surfaceOf([0.8, 0.72, 0.75, 0.78], { rho: -0.35, eta: 0.8, rate: 0.06 });
      let rounds = 0;
      for (; (await passes()).includes("published") || rounds === 0; rounds++) {
        await market.networkHelpers.time.increase(HOUR);
      }
      expect(rounds).to.be.within(2, 4);
      expect(levelsOf((await onChain()).surface)[1]).to.satisfy((level: number) => Math.abs(level / 0.72 - 1) < 0.02);
    });

    it("signs nothing that is stale, far from its last, or inadmissible", async () => {
      delay = 3 * HOUR;
      expect(await runPass(publisherOf(first))).to.have.nested.property("[0].error.code", "stale");
      delay = 60;
      await passes();
      await market.networkHelpers.time.increase(HOUR);
      surface = surfaceOf([1.5, 1.5, 1.5, 1.5], { rho: -0.35, eta: 0.8, rate: 0.06 });
      expect(await runPass(publisherOf(first))).to.have.nested.property("[0].error.code", "jump");
      surface = { ...truth, eta: 1.9 };
      expect(await runPass(publisherOf(first))).to.have.nested.property("[0].error.name", "InadmissibleSurfaceError");
      surface = surfaceOf([0.7, 0.7, 0.7, 0.7], { rho: -0.35, eta: 0.8, rate: 0.06 });
      const stranger = await runPass(publisherOf(new Wallet(`0x${"9".repeat(64)}`)));
      expect(stranger).to.have.nested.property("[0].error.reason", "unknown-signer");
    });

    it("does not let a forged or broken report in the pool stop the others", async () => {
      await runPass(publisherOf(first));
      const file = join(folder, `${ETH}-${first.address.toLowerCase()}.json`);
      const forged = decodeReport(await readFile(file, "utf8"), file);
      await new ReportPool(folder).write({ ...forged, report: { ...forged.report, rate: 0n }, signer: third.address });
      await writeFile(join(folder, `${ETH}-x.json`), "{");
      expect(await runPass(publisherOf(second))).to.deep.equal([{ underlying: ETH, outcome: "published" }]);
      expect((await onChain()).surface.rate).to.equal(truth.rate);
    });
  });
});
