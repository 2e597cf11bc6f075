import { expect } from "chai";
import { configSchema } from "../src/config.ts";
import { planCover, uncovered } from "../src/cover.ts";
import type { CoverView } from "../src/cover.ts";
import { wad } from "../src/domain.ts";

const NEVER_ASKED = 2n ** 128n - 1n;
const config = configSchema.parse({}).cover;
const refresh = { kind: "refreshCover", underlying: 1 };

/** Units: the cap that was set, what was covered when asked last, what is covered now, what is open. */
function viewOf([set, covered, coveredNow, open]: readonly [number, number | bigint, number, number]): CoverView {
  const asked = typeof covered === "bigint" ? covered : wad(covered);
  return { underlying: 1, set: wad(set), covered: asked, coveredNow: wad(coveredNow), openInterest: wad(open) };
}

const isDue = (...units: readonly [number, number | bigint, number, number]) =>
  planCover([viewOf(units)], { blocked: new Set(), config }).length === 1;

describe("plan for caps on open interest", () => {
  it("lowers a cap that allows more than a hundredth beyond what is covered, whatever is open", () => {
    expect([isDue(1_000, 505, 500, 0), isDue(1_000, 506, 500, 0)]).to.deep.equal([false, true]);
    expect(isDue(1_000, 506, 500, 900)).to.equal(true);
    expect(isDue(1_000, 0.001, 0, 0)).to.equal(true);
  });

  it("raises one that leaves more than a tenth unused", () => {
    expect([isDue(1_000, 500, 550, 0), isDue(1_000, 500, 551, 0)]).to.deep.equal([false, true]);
    expect(isDue(1_000, 0, 1, 0)).to.equal(true);
  });

  it("raises it sooner where nine tenths of it are open", () => {
    expect([isDue(1_000, 500, 506, 449), isDue(1_000, 500, 506, 450)]).to.deep.equal([false, true]);
    expect(isDue(1_000, 500, 505, 500)).to.equal(false);
  });

  it("does nothing where the cap that was set is the lesser one before and after", () => {
    expect(isDue(1_000, 2_000, 5_000, 990)).to.equal(false);
    expect(isDue(1_000, 5_000, 1_000, 990)).to.equal(false);
    expect([isDue(1_000, 5_000, 990, 0), isDue(1_000, 1_000, 5_000, 0)]).to.deep.equal([true, false]);
  });

  it("asks for the first time only where that lowers the cap", () => {
    expect([isDue(1_000, NEVER_ASKED, 1_000, 0), isDue(1_000, NEVER_ASKED, 500, 0)]).to.deep.equal([false, true]);
  });

  it("waits for what is under way, by underlying", () => {
    const other = { ...viewOf([1_000, 500, 100, 0]), underlying: 2 };
    const views = [viewOf([1_000, 500, 100, 0]), other];
    expect(planCover(views, { blocked: new Set(), config })).to.deep.equal([refresh, { ...refresh, underlying: 2 }]);
    const blocked = new Set(["cover:1"]);
    expect(planCover(views, { blocked, config })).to.deep.equal([{ ...refresh, underlying: 2 }]);
  });

  it("knows what is open beyond what is covered", () => {
    expect(uncovered(viewOf([1_000, 500, 100, 120]))).to.equal(wad(20));
    expect(uncovered(viewOf([1_000, 500, 100, 80]))).to.equal(0n);
  });
});
