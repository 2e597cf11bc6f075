import fc from "fast-check";
import { CASES } from "./cases/index.ts";
import type { Theatre } from "./chain/theatre.ts";
import { DICE_PER_STEP, SIDES } from "./dice.ts";
import { type Played, Player } from "./play.ts";
import type { Step, Story } from "./story.ts";
import { type Tally, add, emptyTally } from "./tally.ts";

/** How long a story is, and how much of it opens positions. */
export const STEPS_PER_STORY = 400;
const OPENING_STEPS = 70;

/** Told after each story, and now and then within one. */
export type Progress = (done: number) => void;

export interface Campaign {
  readonly tally: Tally;
  readonly gains: readonly number[];
  readonly stories: number;
  readonly seconds: number;
  /** The first story with a violation, up to it. */
  readonly found: Found | undefined;
}

export interface Found {
  readonly story: Story;
  readonly played: Played;
}

/** Weighted choice among cases, and their dice. */
function stepArbitrary(weightOf: (one: (typeof CASES)[number]) => number): fc.Arbitrary<Step> {
  const any = fc.integer({ min: 0, max: SIDES - 1 });
  // Mostly even dice: fast-check likes extremes, and the first of a list would have to do everything.
  const dice = fc.array(fc.oneof({ weight: 9, arbitrary: fc.noBias(any) }, { weight: 1, arbitrary: any }), {
    minLength: DICE_PER_STEP,
    maxLength: DICE_PER_STEP,
  });
  const choices = CASES.map((one) => ({ weight: Math.round(weightOf(one) * 100), arbitrary: fc.constant(one.name) }));
  return fc.record({ do: fc.oneof(...choices.filter(({ weight }) => weight > 0)), dice });
}

/** Stories of fixed length: first positions are opened, then anything happens. */
function storyArbitrary(length: number): fc.Arbitrary<Story> {
  const opening = Math.min(OPENING_STEPS, Math.floor(length / 4));
  const first = fc.array(
    stepArbitrary(({ opening: weight = 0 }) => weight),
    { minLength: opening, maxLength: opening, size: "max" },
  );
  const rest = fc.array(
    stepArbitrary(({ weight }) => weight),
    { minLength: length - opening, maxLength: length - opening, size: "max" },
  );
  return fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      underlyings: fc.constantFrom(1, 2),
      depth: fc.constantFrom(100, 30, 10, 3, 1, 0.3),
      first,
      rest,
    })
    .map(({ seed, underlyings, depth, first: early, rest: late }) => ({
      ...{ seed: String(seed), underlyings: underlyings === 1 ? (1 as const) : (2 as const) },
      ...{ depthPercent: depth, steps: [...early, ...late] },
    }));
}

/** One step as fast-check runs it: it may always be run, and throws where something does not hold. */
class StepCommand implements fc.AsyncCommand<object, Player> {
  readonly #step: Step;
  readonly #onStep: () => void;

  constructor(step: Step, onStep: () => void) {
    this.#step = step;
    this.#onStep = onStep;
  }

  check(): boolean {
    return true;
  }

  async run(_: object, player: Player): Promise<void> {
    await player.play(this.#step);
    this.#onStep();
    if (player.violations.length > 0)
      throw new ViolationError(player.violations.map(({ message }) => message).join("; "));
  }

  toString(): string {
    return `${this.#step.do} ${this.#step.dice.join(" ")}`;
  }
}

class ViolationError extends Error {
  override readonly name = "ViolationError";
}

export interface CampaignOptions {
  readonly operations: number;
  readonly seed: number;
}

/** Draws stories and plays them until so many operations are done, or something does not hold. */
export async function runCampaign(theatre: Theatre, options: CampaignOptions, onProgress: Progress): Promise<Campaign> {
  const tally = emptyTally();
  const gains: number[] = [];
  const started = performance.now();
  let stories = 0;
  let found: Found | undefined;
  const property = fc.asyncProperty(storyArbitrary(STEPS_PER_STORY), async (story) => {
    if (tally.operations >= options.operations) return;
    const player = await Player.open(theatre, story);
    const commands = story.steps.map(
      (step) =>
        new StepCommand(step, () => {
          if (player.steps % 20 === 0) onProgress(tally.operations + player.tally.operations);
        }),
    );
    try {
      await fc.asyncModelRun(() => ({ model: {}, real: player }), commands);
      await player.finish();
      if (player.violations.length > 0) throw new ViolationError("at the end of a story");
    } finally {
      const played = player.result();
      add(tally, played.tally);
      gains.push(...played.gains);
      stories++;
      if (played.violations.length > 0)
        found = { story: { ...story, steps: story.steps.slice(0, played.steps) }, played };
      onProgress(tally.operations);
    }
  });
  const details = await fc.check(property, {
    seed: options.seed,
    numRuns: runsFor(options.operations),
    endOnFailure: true,
  });
  if (details.failed && found === undefined) {
    throw new Error("a story could not be played", { cause: details.errorInstance });
  }
  return { tally, gains, stories, seconds: (performance.now() - started) / 1000, found };
}

/** More stories than are needed: some steps find nothing to do. */
function runsFor(operations: number): number {
  return Math.ceil((operations / STEPS_PER_STORY) * 3) + 1;
}
