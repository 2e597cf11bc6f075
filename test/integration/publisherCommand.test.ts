import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { decodeReport, encodeReport, type SurfaceOracle } from "@plimsoll/publisher";
import { expect } from "chai";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";
import { chainOf, TIME } from "../../packages/risk/test/simulated.ts";
import { deployWithPublishers, ETH, publishers, truth } from "../helpers/publishers.ts";
import { serve } from "../helpers/serve.ts";

const HOUR = 3_600;
const [first, second, third] = publishers;

describe("npm run publisher", () => {
  let market: Awaited<ReturnType<typeof deployWithPublishers>>;
  let oracle: SurfaceOracle;
  let folder: string;
  let connection: NetworkConnection;
  const servers: Server[] = [];

  before(async () => {
    connection = await network.create("market");
  });

  beforeEach(async () => {
    market = await connection.networkHelpers.loadFixture(deployWithPublishers);
    oracle = market.oracleOf(first);
    folder = await mkdtemp(join(tmpdir(), "publisher-"));
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(folder, { recursive: true });
  });

  async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const command = ["--import", "tsx", "packages/publisher/src/cli.ts", ...args];
    const child = spawn(process.execPath, command, { env: { PATH: process.env.PATH, CI: "true", ...env } });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = (await once(child, "close")) as [number | null];
    const [stdout, stderr] = await output;
    return { status, stdout, stderr };
  }

  it("calibrates a chain and signs the surface for an oracle", async () => {
    const [file, surface, report] = ["chain.csv", "surface.json", "report.json"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const lines = chainOf(truth).quotes.map(({ expiry, strike, isCall, bid, ask }) =>
      [expiry, strike, isCall ? "C" : "P", bid, ask].join(","),
    );
    await writeFile(file, ["expiry,strike,type,bid,ask", ...lines].join("\n"));
    const fitted = await run(["calibrate", "--chain", file, "--spot", "2000", "--at", String(TIME), "--out", surface]);
    expect(fitted.stderr).to.equal("");
    expect(fitted.stdout).to.include("7 d 65.0 %   30 d 58.0 %   90 d 60.0 %   180 d 63.0 %");
    expect(fitted.status).to.equal(0);

    const { chainId, volatilityOracle } = market.surfaceVenue;
    const now = await market.networkHelpers.time.latest();
    const place = ["--chain-id", chainId.toString(), "--oracle", volatilityOracle, "--at", String(now)];
    const options = ["sign", "--surface", surface, "--asset", "ETH", ...place, "--out", report];
    const signature = await run(options, { PUBLISHER_KEY: first.privateKey });
    expect([signature.status, signature.stderr]).to.deep.equal([0, ""]);
    const placed = decodeReport(await readFile(report, "utf8"), report);
    await oracle.publish([placed, await market.signed(second, placed.report)]);
    expect((await oracle.state(ETH)).onChain.timestamp).to.equal(now);
  });

  it("runs a pass, and sends what two have signed, through a node", async () => {
    const { server, url } = await serve(connection);
    servers.push(server);
    const node = ["--rpc-url", url, "--oracle", market.surfaceVenue.volatilityOracle];
    const now = await market.networkHelpers.time.latest();
    const hours = Array.from({ length: 24 * 400 }, (_, i) => now - HOUR * (24 * 400 - i));
    const lines = hours.map((time, i) => {
      const close = 2_000 * Math.exp(0.01 * Math.sin(i) + 0.02 * Math.sin(i / 50) ** 3);
      return [time, close, close, close, close].join(",");
    });
    const prices = join(folder, "eth.csv");
    await writeFile(prices, ["time,open,high,low,close", ...lines].join("\n"));
    const pass = ["run", "--once", "--prices", prices, "--pool", folder, ...node];
    const one = await run(pass, { PUBLISHER_KEY: first.privateKey });
    expect(one.stdout).to.include('"reason":"no fresh surface on chain"');
    expect([one.status, one.stderr]).to.deep.equal([0, ""]);

    const report = join(folder, `${ETH}-${first.address.toLowerCase()}.json`);
    const mine = decodeReport(await readFile(report, "utf8"), report);
    const mate = join(folder, "mate.json");
    await writeFile(mate, encodeReport(await market.signed(second, mine.report)));
    const sent = await run(["send", "--reports", report, mate, ...node], { PUBLISHER_KEY: third.privateKey });
    expect(sent.stdout).to.include("published in transaction 0x");
    expect(sent.status).to.equal(0);
    expect((await oracle.state(ETH)).onChain.timestamp).to.equal(mine.report.timestamp);

    const again = await run(["send", "--reports", report, mate, ...node], { PUBLISHER_KEY: third.privateKey });
    expect(again.stderr).to.include("nothing to do, or sign a newer one");
    expect(again.status).to.equal(1);
  });

  it("answers what it cannot use with one line and status 2", async () => {
    const missing = join(folder, "missing.csv");
    for (const [args, message] of [
      [["calibrate", "--chain", missing, "--spot", "1"], "missing.csv"],
      [["forecast"], "nothing to forecast"],
      [["forecast", "--prices", missing], "missing.csv"],
      [["sign", "--surface", missing, "--asset", "ETH", "--chain-id", "1"], "missing.csv"],
      [["run", "--once"], "nothing to publish"],
      [["run", "--once", "--prices", missing], "no key: set PUBLISHER_KEY"],
      [["send"], "--reports"],
    ] as const) {
      const { status, stderr } = await run(args);
      expect(stderr, args.join(" ")).to.include(message);
      expect(stderr.trim().split("\n")).to.have.lengthOf(1);
      expect(status).to.equal(2);
    }
  });
});
