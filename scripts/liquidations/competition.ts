// Several keepers with inventories and costs of their own at one auction.
import { Random } from "@plimsoll/replay";
import { auctionOff, type Outcome, type Strategy } from "./auction.ts";
import { PLAIN_BIDDER, type Bidder } from "./bidder.ts";
import { randomInventory, type Book } from "./books.ts";
import { RESERVE } from "./designs.ts";

export interface Contest {
  readonly keepers: number;
  readonly strategy: Strategy;
}

/** A lone keeper that waits, and one that does not, first. */
export const CONTESTS: readonly Contest[] = [
  { keepers: 1, strategy: "patient" },
  { keepers: 1, strategy: "eager" },
  { keepers: 2, strategy: "patient" },
  { keepers: 2, strategy: "eager" },
  { keepers: 3, strategy: "patient" },
  { keepers: 3, strategy: "eager" },
  { keepers: 8, strategy: "patient" },
  { keepers: 8, strategy: "eager" },
];

const MOST_KEEPERS = Math.max(...CONTESTS.map(({ keepers }) => keepers));
const EQUITY = 1e8;
/** From half of the usual costs to twice of them. */
const COST_FACTORS = [0.5, 2] as const;

/** The outcome of each contest, in their order; fewer keepers are the first of more. */
export async function contestsOf(book: Book, seed: number): Promise<Outcome[]> {
  const random = new Random(`keepers/${seed}/${book.index}`);
  const bidders = Array.from({ length: MOST_KEEPERS }, () => randomBidder(random, book));
  const outcomes: Outcome[] = [];
  for (const { keepers, strategy } of CONTESTS) {
    outcomes.push(await auctionOff(book, { bidders: bidders.slice(0, keepers), strategy, reserve: RESERVE }));
  }
  return outcomes;
}

function randomBidder(random: Random, { model }: Book): Bidder {
  const [low, high] = COST_FACTORS;
  const factor = () => Math.exp(random.between(Math.log(low), Math.log(high)));
  return {
    ...PLAIN_BIDDER,
    portfolio: randomInventory(random, model, EQUITY),
    riskCharge: PLAIN_BIDDER.riskCharge * factor(),
    hedgeFactor: factor(),
    callCost: PLAIN_BIDDER.callCost * factor(),
  };
}
