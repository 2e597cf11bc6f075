import { MINUTE } from "../path.ts";

/** How often keepers look at the chain: when a price has moved or an auction is open, and when nothing happens. */
const BUSY_SECONDS = 3 * MINUTE;
const QUIET_SECONDS = 10 * MINUTE;

/** Says when the keepers' next look is due. Times in Unix seconds. */
export class Rhythm {
  #hasMoved = true;
  #lookedAt = -Infinity;
  #pause = 0;

  /** @param rounds How many rounds came since the last question. */
  isDue(time: number, rounds: number): boolean {
    this.#hasMoved ||= rounds > 0;
    return time - this.#lookedAt >= (this.#hasMoved ? BUSY_SECONDS : this.#pause);
  }

  /** @param open What the keepers left unfinished: compensation rises with time, so they will look again soon. */
  rest(time: number, open: number): void {
    this.#lookedAt = time;
    this.#hasMoved = false;
    this.#pause = open > 0 ? BUSY_SECONDS : QUIET_SECONDS;
  }
}
