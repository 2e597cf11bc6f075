import type { Trial } from "./trial.ts";

/** Who pays for a loss, in the order in which they are asked. */
export const STEPS = ["reserve", "backstop", "others"] as const;
export type Step = (typeof STEPS)[number];

/** Falls are tried in steps of two per cent, up to this many. */
const STEP_SHARE = 0.02;
const MOST_STEPS = 47;
/** A fall that is never reached. */
export const NEVER = 1;
/** Of open interest: smaller amounts are rounding. */
const DUST = 1e-6;

export interface Frontier {
  /** The least fall after which a loss reaches a step or one after it; {@link NEVER} where none does. */
  readonly falls: Readonly<Record<Step, number>>;
  /** What happened at the least fall at which others lose, or at the largest that there is. */
  readonly at: Trial;
  readonly trials: readonly Trial[];
}

/** Whether a loss got as far as this. */
export function reaches(trial: Trial, step: Step): boolean {
  return STEPS.slice(STEPS.indexOf(step)).some((one) => trial[one] > DUST);
}

/** Remembers what has been tried. */
export class Attempts {
  readonly #trials = new Map<number, Trial>();

  constructor(private readonly attempt: (fall: number) => Promise<Trial>) {}

  async at(fall: number): Promise<Trial> {
    const known = this.#trials.get(fall);
    if (known !== undefined) return known;
    const trial = await this.attempt(fall);
    this.#trials.set(fall, trial);
    return trial;
  }

  all(): Trial[] {
    return [...this.#trials.values()].sort((a, b) => a.fall - b.fall);
  }
}

/** Halves the falls in question until the least is found at which each step is reached, as if a larger fall always reached as far. */
export async function findFrontier(attempts: Attempts): Promise<Frontier> {
  const others = await bisect(attempts, "others", MOST_STEPS + 1);
  const backstop = await bisect(attempts, "backstop", others);
  const reserve = await bisect(attempts, "reserve", backstop);
  const at = await attempts.at(fallOf(Math.min(others, MOST_STEPS)));
  const falls = { reserve: fallOf(reserve), backstop: fallOf(backstop), others: fallOf(others) };
  return { falls, at, trials: attempts.all() };
}

/** @param limit Steps of a fall that reaches as far, or one more than the most. */
async function bisect(attempts: Attempts, step: Step, limit: number): Promise<number> {
  const known = attempts.all();
  const short = known.filter((trial) => !reaches(trial, step)).map(({ fall }) => stepsOf(fall));
  let reached = Math.min(limit, ...known.filter((trial) => reaches(trial, step)).map(({ fall }) => stepsOf(fall)));
  let missed = Math.max(0, ...short.filter((steps) => steps < reached));
  while (reached - missed > 1) {
    const middle = Math.floor((missed + reached) / 2);
    if (reaches(await attempts.at(fallOf(middle)), step)) reached = middle;
    else missed = middle;
  }
  return reached;
}

function fallOf(steps: number): number {
  return steps > MOST_STEPS ? NEVER : Math.round(steps * STEP_SHARE * 100) / 100;
}

function stepsOf(fall: number): number {
  return Math.round(fall / STEP_SHARE);
}
