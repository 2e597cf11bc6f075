import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { MarginRule } from "../../packages/replay/src/market/deployment.ts";
import type { ModelResult } from "../../packages/replay/src/model/result.ts";
import { simulate } from "../../packages/replay/src/model/run.ts";
import { Random } from "../../packages/replay/src/random.ts";
import type { ReplayResult } from "../../packages/replay/src/result.ts";
import { replay } from "../../packages/replay/src/run.ts";
import { crashOf } from "../../packages/replay/test/marketFixture.ts";
import { isNear } from "../helpers/near.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Half of the price in forty minutes: faster than liquidations are. */
const crash = () => crashOf(0.7, 40);

async function both(margin: MarginRule): Promise<{ chain: ReplayResult; model: ModelResult }> {
  const options = { seed: "1", accounts: 14, margin, latencyMinutes: 1, gasPriceGwei: 1 };
  const world = { scenario: crash(), random: new Random("1") };
  const chain = await replay(world, { ...options, keepers: 1, venue: "orders" }, () => undefined);
  const model = await simulate(world, { ...options, design: { kind: "legs" } });
  return { chain, model };
}

describe("The model of the exchange", function () {
  this.timeout(300_000);

  for (const margin of [{ kind: "dynamic" }, { kind: "static", share: 0.1 }] as const) {
    it(`does what the contracts do in a fast crash under a ${margin.kind} margin`, async () => {
      const { chain, model } = await both(margin);
      expect(chain.summary.badDebt).to.be.above(1_000);
      expect(model.marginCalls).to.equal(chain.summary.marginCalls);
      expect(model.liquidations).to.equal(chain.summary.liquidations);
      expect(model.badDebt).to.satisfy(isNear(chain.summary.badDebt, 1));
      for (const payer of ["account", "reserve", "backstop"] as const)
        expect(model.waterfall[payer], payer).to.satisfy(isNear(chain.summary.waterfall[payer], 1));
      // Gas is a mean in the model.
      expect(model.keeperProfit).to.satisfy(isNear(chain.summary.keeperProfit, 25));
      expect(model.conservationError).to.equal("0");
    });
  }
});

describe("npm run designs", function () {
  this.timeout(180_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "plimsoll-designs-"));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "packages/replay/src/designs.ts", ...args], {
      cwd: root,
      encoding: "utf8",
    });

  it("compares the designs, sizes the backstop and writes a page, data and a picture", () => {
    const image = join(folder, "designs.png");
    const size = ["--accounts", "24", "--seeds", "2", "--latencies", "2,30"];
    const { status, stdout, stderr } = command(...size, "--json", "--out", folder, "--image", image);
    expect(status, stderr).to.equal(0);
    const tables = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
      designs: { design: string; badDebt: { least: number; median: number; most: number } }[];
      sizes: { latencyMinutes: number; lapseMinutes: number; needed: { median: number } }[];
    };
    expect(tables.designs.map(({ design }) => design)).to.deep.equal(["legs", "pro-rata", "fixed bonus 5 %"]);
    for (const { badDebt } of tables.designs) expect(badDebt.least).to.be.at.most(badDebt.most);
    // With a latency of 30 minutes also with auctions that wait for it.
    expect(tables.sizes.map(({ latencyMinutes, lapseMinutes }) => [latencyMinutes, lapseMinutes])).to.deep.equal([
      [2, 40],
      [30, 40],
      [30, 100],
      [2, 40],
      [30, 40],
    ]);
    const data = JSON.parse(readFileSync(join(folder, "designs.json"), "utf8")) as { runs: ModelResult[] };
    expect(data.runs.map(({ conservationError }) => conservationError)).to.deep.equal(data.runs.map(() => "0"));
    expect(readFileSync(join(folder, "designs.html"), "utf8")).to.include("Backstop at which nothing is shared");
    expect(readFileSync(image).subarray(1, 4).toString()).to.equal("PNG");
  });

  it("explains itself, and says what is wrong with an argument", () => {
    expect(command("--help").stdout).to.include("npm run designs -- --accounts 60");
    const { status, stderr } = command("--designs", "fixed-bonus");
    expect(status).to.equal(2);
    expect(stderr).to.include("fixed-bonus:PERCENT");
  });
});
