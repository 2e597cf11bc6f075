import { globSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { toAccount } from "../../packages/client/src/account.ts";
import { auditEverybody } from "../../packages/campaign/src/audit/everybody.ts";
import { runCampaign } from "../../packages/campaign/src/campaign.ts";
import { type Theatre, openTheatre } from "../../packages/campaign/src/chain/theatre.ts";
import { Player, playStory } from "../../packages/campaign/src/play.ts";
import { renderStory, summarise } from "../../packages/campaign/src/report.ts";
import { type Story, readStory } from "../../packages/campaign/src/story.ts";

/** One story: as much as fits the time that a test may take. */
const OPERATIONS = 300;
const SEED = 20_261_127;
const STORIES = fileURLToPath(new URL("../campaign/stories/", import.meta.url));

const quiet: Story = {
  ...{ seed: "quiet", underlyings: 2, depthPercent: 10 },
  steps: [
    { do: "trade", dice: [100, 100, 100, 500, 900, 100, 500, 500] },
    { do: "deposit", dice: [0, 0, 0, 500, 500] },
    { do: "wait", dice: [500] },
  ],
};

describe("solvency campaign", () => {
  let theatre: Theatre;

  before(async () => {
    theatre = await openTheatre();
  });

  after(async () => {
    await theatre.chain.close();
  });

  it("plays random stories in which everything holds", async () => {
    const campaign = await runCampaign(theatre, { operations: OPERATIONS, seed: SEED }, () => undefined);
    const { found } = campaign;
    expect(found === undefined ? "" : renderStory(found.played)).to.equal("");
    const { operations, violations, refused } = summarise(campaign);
    expect(operations).to.be.at.least(OPERATIONS);
    expect(violations).to.equal(0);
    // Most of what is tried goes through: a campaign that is refused everything would hold as well.
    expect(refused).to.be.below(operations * 0.6);
  });

  it("does the same again for the same story", async () => {
    const [first, second] = [await playStory(theatre, quiet), await playStory(theatre, quiet)];
    expect(first.violations).to.deep.equal([]);
    expect(second.told).to.deep.equal(first.told);
  });

  it("sees a single unit of cash that no event accounts for", async () => {
    const player = await Player.open(theatre, quiet);
    const [person] = theatre.people;
    player.stage.model.addCash(person?.accounts[0] ?? 0n, 1n);
    await player.finish();
    expect(player.violations.map(({ invariant }) => invariant)).to.include("INV-9");
    await player.play({ do: "deposit", dice: [0, 0, 0, 500, 500] });
    expect(player.violations.map(({ invariant }) => invariant)).to.include("INV-1");
  });

  it("sees a position that is not there", async () => {
    const player = await Player.open(theatre, quiet);
    const stranger = toAccount("0x00000000000000000000000000000000000000aa");
    player.stage.model.trade(stranger, { instrument: (1n << 108n) | (1n << 104n), delta: 1n, value: 0n });
    const violations = await auditEverybody(player.stage, []);
    expect(violations.map(({ invariant }) => invariant)).to.include.members(["INV-2", "INV-9"]);
  });

  it("sees what should have been refused", async () => {
    const player = await Player.open(theatre, quiet);
    // As if the adversary's victim had not made the thief its operator.
    for (const { accounts } of theatre.people) {
      player.stage.authority.set({ account: accounts[0], operator: theatre.broker, permissions: 0, expiry: 0 });
    }
    await player.play({ do: "trade", dice: [100, 100, 100, 500, 900, 100, 500, 500] });
    expect(player.violations.map(({ invariant }) => invariant)).to.include("INV-10");
  });

  for (const file of globSync(`${STORIES}*.json`)) {
    it(`holds in the story ${basename(file, ".json")}`, async () => {
      const played = await playStory(theatre, readStory(file));
      expect(renderStory(played)).to.match(/everything held$/);
    });
  }
});
