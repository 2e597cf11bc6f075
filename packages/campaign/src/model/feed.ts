/** What is wrong with a feed. `late` answers with the price of `lagSeconds` ago; `wrong` once with a multiple of the price. */
export type Fault =
  | { readonly kind: "silent" | "stuck" | "broken" }
  | { readonly kind: "zero" | "negative" | "floor" }
  | { readonly kind: "late"; readonly lagSeconds: number };

/** What is to be done with the aggregator now. Answers in USD. */
export type FeedAction =
  | { readonly kind: "push"; readonly price: number }
  | { readonly kind: "raw"; readonly answer: bigint }
  | { readonly kind: "broken"; readonly isBroken: boolean };

/** A new round is due when the price has left the last answer by this share of it … */
const DEVIATION = 0.005;
/** … or when the answer is about to be this old. */
export const HEARTBEAT_SECONDS = 3600;
/** Older answers are invalid: the feed's limit in deploy/parameters. */
export const MAX_AGE_SECONDS = 10_800;
/** Rounds come this much before the heartbeat ends, as a node that watches does. */
const MARGIN_SECONDS = 600;

interface Point {
  readonly time: number;
  readonly price: number;
}

/** One price feed that follows the true price late, and what is wrong with it. */
export class FeedModel {
  #fault: Fault | undefined;
  #faultEndsAt = 0;
  #isBroken = false;
  /** The last round. `isUsable` as the price oracle should see it. */
  #last: { time: number; price: number; isUsable: boolean };
  #history: Point[] = [];

  constructor(time: number, price: number) {
    this.#last = { time, price, isUsable: true };
  }

  /** Whether prices of this feed must not be relied on now: the rule of IPriceOracle, reckoned here once more. */
  isInvalid(now: number): boolean {
    return this.#isBroken || !this.#last.isUsable || now - this.#last.time > MAX_AGE_SECONDS;
  }

  /** @returns what is to be done at once. */
  fail(fault: Fault, now: number, seconds: number): FeedAction[] {
    this.#fault = fault;
    this.#faultEndsAt = now + seconds;
    switch (fault.kind) {
      case "zero":
      case "floor":
        return [this.#raw(now, fault.kind === "zero" ? 0n : 1n)];
      case "negative":
        return [this.#raw(now, -1n)];
      case "broken":
        this.#isBroken = true;
        return [{ kind: "broken", isBroken: true }];
      case "silent":
      case "stuck":
      case "late":
        return [];
    }
  }

  /** A single answer that is wrong by a factor, whatever else is. */
  blunder(now: number, price: number): FeedAction {
    return this.#push(now, price);
  }

  /** @param price The true price now. @returns the round that is due, if one is. */
  follow(now: number, price: number): FeedAction[] {
    this.#remember(now, price);
    const actions: FeedAction[] = [];
    if (this.#fault !== undefined && now >= this.#faultEndsAt) {
      if (this.#isBroken) actions.push({ kind: "broken", isBroken: false });
      this.#isBroken = false;
      this.#fault = undefined;
    }
    const answer = this.#answerTo(now, price);
    if (answer === undefined || !this.#isDue(now, answer)) return actions;
    return [...actions, this.#push(now, answer)];
  }

  #answerTo(now: number, price: number): number | undefined {
    const fault = this.#fault;
    if (fault === undefined) return price;
    if (fault.kind === "stuck") return this.#last.price;
    return fault.kind === "late" ? this.#priceAt(now - fault.lagSeconds) : undefined;
  }

  #isDue(now: number, answer: number): boolean {
    if (!this.#last.isUsable || now - this.#last.time >= HEARTBEAT_SECONDS - MARGIN_SECONDS) return true;
    return Math.abs(answer / this.#last.price - 1) >= DEVIATION;
  }

  #push(time: number, price: number): FeedAction {
    this.#last = { time, price, isUsable: true };
    return { kind: "push", price };
  }

  #raw(time: number, answer: bigint): FeedAction {
    this.#last = { ...this.#last, time, isUsable: false };
    return { kind: "raw", answer };
  }

  #remember(time: number, price: number): void {
    this.#history.push({ time, price });
    if (this.#history.length > 500) this.#history = this.#history.slice(250);
  }

  #priceAt(time: number): number | undefined {
    return this.#history.findLast((point) => point.time <= time)?.price;
  }
}
