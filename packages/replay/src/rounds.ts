import type { PricePath } from "./path.ts";
import { type Round, toAnswer } from "./prices/series.ts";

/** When a Chainlink feed starts a new round: the price left the last answer by `deviationBasisPoints`, or the answer is this old. */
export interface FeedRule {
  readonly deviationBasisPoints: bigint;
  readonly heartbeatSeconds: number;
}

/** That of the ETH/USD and BTC/USD feeds on Ethereum. */
export const FEED_RULE: FeedRule = { deviationBasisPoints: 50n, heartbeatSeconds: 3600 };

const BASIS_POINTS = 10_000n;

/** The rounds that a feed with this rule answers while it watches the path. */
export function roundsOf(path: PricePath, rule: FeedRule = FEED_RULE): Round[] {
  const rounds: Round[] = [];
  path.prices.forEach((price, i) => {
    const round = { time: path.start + i * path.stepSeconds, answer: toAnswer(price) };
    const last = rounds.at(-1);
    if (last === undefined || isDue(round, last, rule)) rounds.push(round);
  });
  return rounds;
}

/** Whether the feed answers. */
export function isDue(
  { time, answer }: Round,
  last: Round,
  { deviationBasisPoints, heartbeatSeconds }: FeedRule,
): boolean {
  if (time - last.time >= heartbeatSeconds) return true;
  const move = answer > last.answer ? answer - last.answer : last.answer - answer;
  return move * BASIS_POINTS >= last.answer * deviationBasisPoints;
}
