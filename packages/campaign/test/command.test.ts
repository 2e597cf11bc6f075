import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { CommanderError } from "commander";
import { parseArguments } from "../src/arguments.ts";
import { Collection, storyAt } from "../src/campaign.ts";
import { Dice, SIDES } from "../src/dice.ts";
import { emptyTally } from "../src/tally.ts";
import { StoryFileError, UnknownMutantError } from "../src/errors.ts";
import { summarise } from "../src/report.ts";
import { CAMPAIGN_MUTANTS } from "../src/mutants/list.ts";
import { chosenMutants, isFound } from "../src/mutants/run.ts";
import { shrink } from "../src/shrink.ts";
import { type Story, readStory } from "../src/story.ts";
import { mutated } from "../../../scripts/incidents/mutation.ts";

const root = new URL("../../../", import.meta.url);

describe("npm run campaign", () => {
  it("understands its arguments", () => {
    const request = parseArguments(["--operations", "500", "--seed", "7", "--json", "--save"]);
    expect(request).to.include({ operations: 500, seed: 7, json: true, save: true, mutants: false });
    expect(parseArguments(["--jobs", "3", "--first", "40", "--minutes", "5"])).to.include({
      jobs: 3,
      first: 40,
      minutes: 5,
    });
    expect(parseArguments([])).to.include({ operations: 10_000, seed: 1, json: false, story: undefined });
  });

  it("refuses what is no number, and what it does not know", () => {
    for (const argv of [
      ["--operations", "0"],
      ["--seed", "x"],
      ["--operations", ""],
      ["--speed", "1"],
      ["--minutes", "0"],
      ["more"],
    ]) {
      expect(() => parseArguments(argv)).to.throw(CommanderError);
    }
  });

  it("draws a story by its number", () => {
    expect(storyAt(7, 3)).to.deep.equal(storyAt(7, 3));
    expect(storyAt(7, 3).seed).to.not.equal(storyAt(7, 4).seed);
    expect(storyAt(7, 4).seed).to.not.equal(storyAt(8, 3).seed);
  });

  it("takes several choices from one die, each of all that there are", () => {
    const chosen = Array.from({ length: 24 }, (_, i) => new Dice([Math.ceil((i * SIDES) / 24)]).choices(4, 3, 2));
    expect(new Set(chosen.map(String)).size).to.equal(24);
    expect(chosen.every(([a, b, c]) => a < 4 && b < 3 && c < 2)).to.equal(true);
    expect(new Dice([]).choices(4, 3)).to.deep.equal([0, 0]);
  });

  it("exchanges modules in some stories, after a notice", () => {
    const stories = Array.from({ length: 40 }, (_, i) => storyAt(7, i).steps.map((step) => step.do));
    const exchanging = stories.filter((names) => names.includes("notice"));
    expect(exchanging.length).to.be.within(1, 12);
    for (const names of exchanging) {
      expect(names.indexOf("announce modules")).to.be.below(names.indexOf("notice"));
      expect(names.lastIndexOf("exchange the engine")).to.be.above(names.indexOf("notice"));
    }
  });

  it("goes on with the story that it is told, and adds nothing when its time is over", () => {
    const played = {
      tally: { ...emptyTally(), operations: 60 },
      depthPercent: 100,
      gains: [],
      violations: [],
      steps: 1,
      told: [],
    };
    const later = new Collection({ operations: 100, seed: 1, first: 40 });
    for (const index of [41, 40]) later.take(index, played);
    expect(later.result()).to.deep.include({ stories: 2 });
    expect(later.isComplete).to.equal(true);
    const late = new Collection({ operations: 100, seed: 1, minutes: 0 });
    late.take(0, played);
    expect(late.result().stories).to.equal(0);
  });

  it("adds stories up in their order, and ends with the first that breaks something", () => {
    const played = (operations: number, violations: { invariant: string; message: string }[] = []) => ({
      ...{ tally: { ...emptyTally(), operations }, depthPercent: 100, gains: [], violations, steps: 1, told: [] },
    });
    const collection = new Collection({ operations: 100, seed: 1 });
    collection.take(2, played(50));
    collection.take(1, played(40, [{ invariant: "INV-1", message: "" }]));
    expect(collection.operations).to.equal(0);
    expect(collection.isComplete).to.equal(false);
    collection.take(0, played(30));
    expect(collection.operations).to.equal(70);
    expect(collection.isComplete).to.equal(true);
    expect(collection.result().found?.story).to.deep.equal({
      ...storyAt(1, 1),
      steps: storyAt(1, 1).steps.slice(0, 1),
    });
    const whole = new Collection({ operations: 100, seed: 1 });
    for (const index of [3, 2, 1, 0]) whole.take(index, played(40));
    expect(whole.operations).to.equal(120);
  });

  it("tells spiral gains by the depth of the market", () => {
    const played = (depthPercent: number, gains: readonly number[]) => ({
      ...{ tally: { ...emptyTally(), operations: 1 }, depthPercent, gains, violations: [], steps: 1, told: [] },
    });
    const collection = new Collection({ operations: 100, seed: 1 });
    const depths = Array.from({ length: 100 }, (_, index) => storyAt(1, index).depthPercent);
    for (const [index, depth] of depths.entries())
      collection.take(index, played(depth, depth === 100 ? [0.25, 0.5] : [2]));
    const { spiralGain, spiralGains } = summarise(collection.result());
    expect(spiralGain).to.equal(0.5);
    expect(spiralGains.map(({ depthPercent }) => depthPercent)).to.deep.equal([100, 30, 10, 3, 1, 0.3]);
    const stated = depths.filter((depth) => depth === 100).length;
    expect(spiralGains[0]).to.deep.equal({ depthPercent: 100, episodes: 2 * stated, max: 0.5, mean: 0.375 });
    expect(spiralGains.slice(1).every(({ max, mean }) => max === 2 && mean === 2)).to.equal(true);
  });

  it("says what is wrong with a story", () => {
    const notJson = fileURLToPath(new URL("README.md", root));
    const noStory = fileURLToPath(new URL("package.json", root));
    expect(() => readStory(notJson)).to.throw(StoryFileError, "README.md is not a story");
    expect(() => readStory(noStory)).to.throw(StoryFileError, "seed");
    expect(() => readStory("nowhere.json")).to.throw(StoryFileError, "nowhere.json");
  });

  it("shortens a story to the steps that show the violation", async () => {
    const steps = Array.from({ length: 300 }, (_, i) => ({ do: `step ${i}`, dice: [] }));
    const story: Story = { seed: "", underlyings: 1, depthPercent: 1, steps };
    let replays = 0;
    const shows = (one: Story) => {
      replays++;
      const names = new Set(one.steps.map((step) => step.do));
      return Promise.resolve(names.has("step 41") && names.has("step 230"));
    };
    const short = await shrink(story, shows, 200);
    expect(short.steps.map((step) => step.do)).to.deep.equal(["step 41", "step 230"]);
    expect(replays).to.be.below(120);
  });

  it("stops shortening when the budget is spent", async () => {
    const steps = Array.from({ length: 64 }, () => ({ do: "wait", dice: [] }));
    let replays = 0;
    const story: Story = { seed: "", underlyings: 1, depthPercent: 1, steps };
    await shrink(story, () => Promise.resolve(++replays < 0), 10);
    expect(replays).to.equal(10);
  });
});

describe("mutants of the campaign", () => {
  for (const { name, edits } of CAMPAIGN_MUTANTS) {
    it(`${name}: every change has its place`, () => {
      for (const edit of edits) {
        const source = readFileSync(new URL(edit.file, root), "utf8");
        expect(mutated(source, edit)).to.not.equal(source);
      }
    });
  }

  it("are known by name, and found by the invariant that is meant", () => {
    const [first] = CAMPAIGN_MUTANTS;
    if (first === undefined) throw new Error("no mutants");
    expect(chosenMutants([first.name])).to.deep.equal([first]);
    expect(() => chosenMutants(["no such"])).to.throw(UnknownMutantError, "no such");
    expect(isFound(first, { invariants: [], message: "", operations: 1 })).to.equal(false);
    expect(isFound(first, { invariants: ["unexplained"], message: "", operations: 1 })).to.equal(false);
    expect(isFound(first, { invariants: [...first.red], message: "", operations: 1 })).to.equal(true);
  });
});
