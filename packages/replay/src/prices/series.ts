/** One bar of exchange prices. `time` is its opening, Unix seconds; prices in USD. */
export interface Bar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** One round of a Chainlink feed. `time` in Unix seconds, `answer` in USD with 8 decimals. */
export interface Round {
  readonly time: number;
  readonly answer: bigint;
}

/** What a price file holds. `intervalSeconds` is the length of a bar. */
export type PriceSeries =
  | { readonly kind: "bars"; readonly bars: readonly Bar[]; readonly intervalSeconds: number }
  | { readonly kind: "rounds"; readonly rounds: readonly Round[] };

/** Decimals of the answers of Chainlink's USD feeds. */
export const ANSWER_DECIMALS = 8;

/** A price in USD as a feed answers it. */
export function toAnswer(price: number): bigint {
  return BigInt(Math.round(price * 10 ** ANSWER_DECIMALS));
}

export function fromAnswer(answer: bigint): number {
  return Number(answer) / 10 ** ANSWER_DECIMALS;
}
