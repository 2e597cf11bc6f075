import { expect } from "chai";
import { Episodes, Impact, spiralGainOf } from "../src/index.ts";

describe("Forced flow", () => {
  it("moves the price by the square root of forced flow, in pieces as at once, and recovers", () => {
    const depth = { usd: 1_000_000, share: 0.03 };
    const [once, pieces] = [new Impact(depth), new Impact(depth)];
    once.push(-4_000_000);
    for (let i = 0; i < 4; i++) pieces.push(-1_000_000);
    expect(once.logMove).to.be.closeTo(-0.06, 1e-12);
    expect(pieces.logMove).to.be.closeTo(once.logMove, 1e-12);
    once.recover(3_600);
    expect(once.logMove).to.be.closeTo(-0.03, 1e-12);
  });

  it("puts forced flow down to the shock that came before it", () => {
    const episodes = new Episodes();
    episodes.forced(1, -0.5, 0);
    episodes.shock(1, -0.2, 10);
    episodes.forced(1, -0.05, 20);
    episodes.forced(1, -0.05, 30);
    episodes.shock(1, 0.1, 40);
    episodes.forced(1, -0.05, 50);
    const { max, mean, episodes: count } = spiralGainOf(episodes.gains());
    expect(max).to.be.closeTo(0.5, 1e-12);
    expect(mean).to.be.closeTo(0.25, 1e-12);
    expect(count).to.equal(2);
  });
});
