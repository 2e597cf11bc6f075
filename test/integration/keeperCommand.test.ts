import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { network } from "hardhat";
import { deployPlimsoll } from "../helpers/deploy.ts";
import { serve } from "../helpers/serve.ts";

const KEY = `0x${"5".repeat(64)}`;

describe("npm run keeper", () => {
  let folder: string;
  let server: Server;
  let options: string[];

  before(async () => {
    // Of itself a chain begins when the process read its configuration, which is too long ago for a keeper when other tests came first.
    const override = { initialDate: new Date() };
    const { networkHelpers } = await network.create({ network: "market", override });
    const market = await networkHelpers.loadFixture(deployPlimsoll);
    folder = await mkdtemp(join(tmpdir(), "keeper-"));
    const deployment = join(folder, "addresses.json");
    await writeFile(deployment, JSON.stringify(market.addresses));
    const served = await serve(market);
    server = served.server;
    options = ["--network", "localhost", "--rpc-url", served.url, "--deployment", deployment, "--state-dir", folder];
  });

  after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  async function run(
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<{ status: number | null; output: string }> {
    const command = ["--import", "tsx", "packages/keeper/src/cli.ts", ...args];
    const child = spawn(process.execPath, command, { env: { PATH: process.env.PATH, ...env } });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = (await once(child, "close")) as [number | null];
    return { status, output: (await output).join("") };
  }

  it("makes one pass over a deployment, keeps its state, and stops", async () => {
    const { status, output } = await run([...options, "--once", "--log-level", "debug"], { KEEPER_KEY: KEY });
    expect(output, output).to.include('"status":"ran"');
    expect(output).to.include("keeper stopped");
    expect(output).to.not.include(KEY);
    expect(status).to.equal(0);
  });

  it("says what is missing instead of starting", async () => {
    expect(await run([...options, "--once"], {})).to.deep.equal({ status: 1, output: "no key: set KEEPER_KEY\n" });
    const elsewhere = options.map((option) => (option === "localhost" ? "sepolia" : option));
    const { status, output } = await run([...elsewhere, "--once"], { KEEPER_KEY: KEY });
    expect(output).to.include("the node serves chain 31337, not 11155111");
    expect(status).to.equal(1);
  });
});
