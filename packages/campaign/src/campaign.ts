import fc from "fast-check";
import { CASES } from "./cases/index.ts";
import { EXCHANGE } from "./cases/modules.ts";
import type { Theatre } from "./chain/theatre.ts";
import { DICE_PER_STEP, SIDES } from "./dice.ts";
import { type Played, Player } from "./play.ts";
import type { Step, Story } from "./story.ts";
import { type Tally, add, emptyTally } from "./tally.ts";

/** How long a story is, and how much of it opens positions. */
export const STEPS_PER_STORY = 400;
const OPENING_STEPS = 70;
const STEPS_PER_REPORT = 20;
/** In one of so many stories modules are exchanged. */
const STORIES_PER_EXCHANGE = 8;

/** Told after each story, and now and then within one. */
export type Progress = (done: number) => void;

/** Spiral gains by the depth of the story, in per cent of what the margin parameters assume. */
export type Gains = ReadonlyMap<number, readonly number[]>;

export interface Campaign {
  readonly tally: Tally;
  readonly gains: Gains;
  readonly stories: number;
  readonly seconds: number;
  /** The first story with a violation, up to it. */
  readonly found: Found | undefined;
}

export interface Found {
  readonly story: Story;
  readonly played: Played;
}

export interface CampaignOptions {
  readonly operations: number;
  readonly seed: number;
  /** Number of the first story; 0 if not said. */
  readonly first?: number;
  /** After so long nothing is added. */
  readonly minutes?: number;
}

const die = fc.integer({ min: 0, max: SIDES - 1 });
// Mostly even dice: fast-check likes extremes, and the first of a list would have to do everything.
const dice = fc.array(fc.oneof({ weight: 9, arbitrary: fc.noBias(die) }, { weight: 1, arbitrary: die }), {
  minLength: DICE_PER_STEP,
  maxLength: DICE_PER_STEP,
});

/** Weighted choice among cases, and their dice. */
function stepArbitrary(weightOf: (one: (typeof CASES)[number]) => number): fc.Arbitrary<Step> {
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
      seed: fc.noBias(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
      underlyings: fc.constantFrom(1, 2),
      depth: fc.constantFrom(100, 30, 10, 3, 1, 0.3),
      first,
      rest,
      exchange: fc.noBias(fc.integer({ min: 0, max: STORIES_PER_EXCHANGE - 1 })),
    })
    .map(({ seed, underlyings, depth, first: early, rest: late, exchange }) => ({
      ...{ seed: String(seed), underlyings: underlyings === 1 ? (1 as const) : (2 as const) },
      ...{ depthPercent: depth, steps: [...early, ...(exchange === 0 ? withExchange(late) : late)] },
    }));
}

/** Modules are announced after a third of the steps, and exchanged after half of them. */
function withExchange(steps: readonly Step[]): Step[] {
  const [third, half] = [Math.floor(steps.length / 3), Math.floor(steps.length / 2)];
  const named = (names: readonly string[]) => names.map((name): Step => ({ do: name, dice: [] }));
  const { announcement, end } = EXCHANGE;
  return [
    ...[...steps.slice(0, third), ...named(announcement)],
    ...[...steps.slice(third, half), ...named(end), ...steps.slice(half)],
  ];
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

const STORIES = storyArbitrary(STEPS_PER_STORY);
/** So that neighbouring seeds share no stories. */
const SEED_STRIDE = 0x9e3779b1;

/** The story of a number in the campaign of a seed: the same whoever plays it. */
export function storyAt(seed: number, index: number): Story {
  const [story] = fc.sample(STORIES, { seed: (Math.imul(seed, SEED_STRIDE) + index) | 0, numRuns: 1 });
  if (story === undefined) throw new RangeError("no story was drawn");
  return story;
}

/** Plays one story of a campaign until it ends or something does not hold. @param onProgress Told of operations within it. */
export async function playOne(theatre: Theatre, story: Story, onProgress: Progress): Promise<Played> {
  const player = await Player.open(theatre, story);
  const onStep = () => {
    if (player.steps % STEPS_PER_REPORT === 0) onProgress(player.tally.operations);
  };
  const commands = story.steps.map((step) => new StepCommand(step, onStep));
  try {
    await fc.asyncModelRun(() => ({ model: {}, real: player }), commands);
    await player.finish();
  } catch (error) {
    if (!(error instanceof ViolationError)) throw error;
  }
  return player.result();
}

/** Adds up stories in their order, however they come in, until so many operations are done or something does not hold. */
export class Collection {
  readonly #options: CampaignOptions;
  readonly #tally = emptyTally();
  readonly #gains = new Map<number, number[]>();
  readonly #waiting = new Map<number, Played>();
  readonly #started = performance.now();
  #next: number;
  #found: Found | undefined;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#next = options.first ?? 0;
  }

  get operations(): number {
    return this.#tally.operations;
  }

  get isComplete(): boolean {
    const { operations, minutes = Infinity } = this.#options;
    const isLate = this.#seconds() > minutes * 60;
    return this.#found !== undefined || this.#tally.operations >= operations || isLate;
  }

  take(index: number, played: Played): void {
    this.#waiting.set(index, played);
    while (!this.isComplete) {
      const next = this.#waiting.get(this.#next);
      if (next === undefined) return;
      this.#add(next);
    }
  }

  result(): Campaign {
    const stories = this.#next - (this.#options.first ?? 0);
    return { tally: this.#tally, gains: this.#gains, stories, seconds: this.#seconds(), found: this.#found };
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #add(played: Played): void {
    add(this.#tally, played.tally);
    const ofDepth = this.#gains.get(played.depthPercent) ?? [];
    ofDepth.push(...played.gains);
    this.#gains.set(played.depthPercent, ofDepth);
    if (played.violations.length > 0) {
      const story = storyAt(this.#options.seed, this.#next);
      this.#found = { story: { ...story, steps: story.steps.slice(0, played.steps) }, played };
    }
    this.#waiting.delete(this.#next++);
  }
}

/** Plays stories in this process until so many operations are done, or something does not hold. */
export async function runCampaign(theatre: Theatre, options: CampaignOptions, onProgress: Progress): Promise<Campaign> {
  const collection = new Collection(options);
  for (let index = options.first ?? 0; !collection.isComplete; index++) {
    const { operations } = collection;
    const story = storyAt(options.seed, index);
    collection.take(
      index,
      await playOne(theatre, story, (done) => {
        onProgress(operations + done);
      }),
    );
    onProgress(collection.operations);
  }
  return collection.result();
}
