// What accounts pay under each design, whether all of them clear, and what competition is worth.
import type { Progress } from "@plimsoll/replay";
import type { Outcome } from "./auction.ts";
import { bidFor, type Bid } from "./bidder.ts";
import { BOOK_KINDS, type Book, type BookMaker, type HealthRange } from "./books.ts";
import { CONTESTS, contestsOf, type Contest } from "./competition.ts";
import {
  auctioned,
  breakEven,
  calibratedBonus,
  closedForRequirement,
  closedForValue,
  DESIGNS,
  plainBidder,
  type Design,
} from "./designs.ts";
import { referenceBid } from "./reference.ts";
import { summarise, trialOf, type Summary, type Trial } from "./summary.ts";

export interface Counts {
  readonly seed: number;
  readonly books: number;
  readonly deep: number;
  readonly contested: number;
  readonly searched: number;
}

export interface DesignRow extends Summary {
  readonly design: Design;
  /** A kind of book, or another group. */
  readonly kind: string;
}

export type ContestRow = Summary & Contest;

/** Profit of the keeper's choice and of the best that a search finds, both as shares of the requirement, and the first over the second. */
export interface ReferenceRow {
  readonly books: number;
  readonly chosen: number;
  readonly best: number;
  readonly share: number;
}

export interface Study {
  readonly designs: readonly DesignRow[];
  /** Of the requirement, in the design that is calibrated. */
  readonly bonus: number;
  /** Accounts far below their line, and bankrupt ones. */
  readonly deep: Summary;
  readonly contests: readonly ContestRow[];
  readonly reference: ReferenceRow;
  /** Losses as shares of the requirement, by design: what a chart is drawn from. */
  readonly losses: Readonly<Record<Design, readonly number[]>>;
  /** Books whose auction left them open. */
  readonly open: number;
}

/** Equity as a share of maintenance. */
const A_LITTLE_BELOW: HealthRange = [0.9, 1];
const FAR_BELOW: HealthRange = [-0.5, 0.9];
/** The search over all sizes takes seconds beyond. */
const MAX_LEGS_SEARCHED = 6;
/** When packages are compared: c is 11 %. */
const SEARCHED_SECONDS = 120;
/** Below, 5 USD for a call are half a per cent of the requirement and more. */
const LARGE = 1_000;
const groups: readonly { readonly kind: string; readonly isIn: (trial: Trial) => boolean }[] = [
  { kind: "all", isIn: () => true },
  { kind: "R > 1,000 USD", isIn: ({ maintenance }) => maintenance > LARGE },
  ...BOOK_KINDS.map((kind) => ({ kind, isIn: (trial: Trial) => trial.kind === kind })),
];

/** What the parts of the study share. */
interface Bench {
  readonly maker: BookMaker;
  readonly counts: Counts;
  readonly progress: Progress;
}

export async function study(maker: BookMaker, counts: Counts, progress: Progress): Promise<Study> {
  const bench = { maker, counts, progress };
  const { trials, bonus } = await compareDesigns(bench);
  const deep: Trial[] = [];
  for (let i = 0; i < counts.deep; i++) {
    progress("far below the line", i / counts.deep);
    const book = maker.book(counts.seed + 1, i, FAR_BELOW);
    deep.push(trialOf(book, await auctioned(book, "legs")));
  }
  const contests = await compareContests(bench);
  const reference = await compareWithSearch(bench);
  const designs = DESIGNS.flatMap((design) =>
    groups.flatMap(({ kind, isIn }) => {
      const own = trials[design].filter(isIn);
      return own.length === 0 ? [] : [{ design, kind, ...summarise(own) }];
    }),
  );
  const isOpen = ({ outcome }: Trial) => outcome.ending === "open";
  const open = [...trials.legs, ...trials.slice, ...deep].filter(isOpen).length;
  const losses = Object.fromEntries(
    DESIGNS.map((design) => [
      design,
      trials[design].filter((trial) => !isOpen(trial)).map(({ outcome, maintenance }) => outcome.loss / maintenance),
    ]),
  ) as Record<Design, number[]>;
  return { designs, bonus, deep: summarise(deep), contests, reference, losses, open };
}

async function compareDesigns({
  maker,
  counts: { seed, books },
  progress,
}: Bench): Promise<{ trials: Record<Design, Trial[]>; bonus: number }> {
  const trials: Record<Design, Trial[]> = { legs: [], slice: [], "bonus of value": [], "bonus of requirement": [] };
  const breakEvens: number[] = [];
  const add = (design: Design, book: Book, outcome: Outcome) => trials[design].push(trialOf(book, outcome));
  for (let i = 0; i < books; i++) {
    progress("designs", i / books);
    const book = maker.book(seed, i, A_LITTLE_BELOW);
    add("legs", book, await auctioned(book, "legs"));
    add("slice", book, await auctioned(book, "slice"));
    add("bonus of value", book, closedForValue(book));
    breakEvens.push(breakEven(book));
  }
  const bonus = calibratedBonus(breakEvens);
  for (let i = 0; i < books; i++) {
    const book = maker.book(seed, i, A_LITTLE_BELOW);
    add("bonus of requirement", book, closedForRequirement(book, bonus));
  }
  return { trials, bonus };
}

async function compareContests({ maker, counts: { seed, contested }, progress }: Bench): Promise<ContestRow[]> {
  const trials: Trial[][] = CONTESTS.map(() => []);
  for (let i = 0; i < contested; i++) {
    progress("competition", i / contested);
    const book = maker.book(seed, i, A_LITTLE_BELOW);
    for (const [place, outcome] of (await contestsOf(book, seed)).entries())
      trials[place]?.push(trialOf(book, outcome));
  }
  return CONTESTS.map((contest, place) => ({ ...contest, ...summarise(trials[place] ?? []) }));
}

async function compareWithSearch({ maker, counts: { seed, searched }, progress }: Bench): Promise<ReferenceRow> {
  let [books, chosen, best] = [0, 0, 0];
  for (let i = 0; books < searched; i++) {
    const book = maker.book(seed, i, A_LITTLE_BELOW);
    if (book.portfolio.legs.length > MAX_LEGS_SEARCHED) continue;
    progress("search for better packages", books / searched);
    books++;
    const account = { ...book, risk: book.model.evaluate(book.portfolio) };
    const bidder = plainBidder("legs");
    const own = await bidFor(bidder, account, SEARCHED_SECONDS);
    const found = referenceBid(bidder, account, { elapsedSeconds: SEARCHED_SECONDS, starts: own ? [own.legs] : [] });
    chosen += gainOf(own) / account.risk.maintenance;
    best += Math.max(gainOf(found), gainOf(own)) / account.risk.maintenance;
  }
  return { books, chosen: chosen / books, best: best / books, share: chosen / best };
}

function gainOf(bid: Bid | undefined): number {
  return Math.max(bid?.profit ?? 0, 0);
}
