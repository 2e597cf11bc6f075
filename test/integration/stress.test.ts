import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { StressResult } from "../../packages/replay/src/stress/sweep.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("npm run stress", function () {
  this.timeout(180_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "plimsoll-stress-"));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "packages/replay/src/stress.ts", ...args], {
      cwd: root,
      encoding: "utf8",
    });
  const small = ["--margins", "dynamic", "--depths", "0.1,none", "--latencies", "2", "--leverages", "1"];

  it("finds frontiers in threads, the same in one as in two, and writes a page, data and a picture", () => {
    const image = join(folder, "stress.png");
    const run = (threads: string) =>
      command(
        ...small,
        "--accounts",
        "16",
        "--seeds",
        "2",
        "--threads",
        threads,
        "--json",
        "--out",
        folder,
        "--image",
        image,
      );
    const [one, two] = ["1", "2"].map(run);
    expect(two?.status, two?.stderr).to.equal(0);
    const last = (stdout: string | undefined) => stdout?.trim().split("\n").at(-1) ?? "";
    const { frontiers, trials, plan } = JSON.parse(last(two?.stdout)) as StressResult;
    expect(plan.seeds).to.deep.equal(["1", "2"]);
    expect(frontiers.map(({ rule, depth }) => [rule, depth])).to.deep.equal([
      ["dynamic", 0.1],
      ["dynamic", null],
    ]);
    expect(trials).to.be.above(20);
    for (const { falls } of frontiers) expect(falls.others.least).to.be.at.most(falls.others.most);
    const found = (stdout: string | undefined) => (JSON.parse(last(stdout)) as StressResult).frontiers;
    expect(found(one?.stdout)).to.deep.equal(frontiers);
    const data = JSON.parse(readFileSync(join(folder, "stress.json"), "utf8")) as StressResult;
    expect(data.frontiers).to.deep.equal(frontiers);
    expect(readFileSync(join(folder, "stress.html"), "utf8")).to.include("Spiral gain along the frontier");
    expect(readFileSync(image).subarray(1, 4).toString()).to.equal("PNG");
  });

  it("explains itself, and says what is wrong with an argument", () => {
    expect(command("--help").stdout).to.include("npm run stress -- --margins dynamic,static:10");
    const { status, stderr } = command("--margins", "clever");
    expect(status).to.equal(2);
    expect(stderr).to.include("static:PERCENT");
  });
});
