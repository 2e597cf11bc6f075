import {
  exposuresOf,
  hiddenLoss,
  type Density,
  type Exposure,
  type Requirement,
  type TierName,
} from "./hiddenLeverage.ts";
import { leveragedBook, type LeverageKind } from "./leveragedBooks.ts";

/** Below this share of gross a loss counts as none, and a share of it says nothing. */
const LEAST_LOSS = 1e-4;
/** A requirement that is short by less, as a share of the loss, is rounding. */
const ROUNDING = 1e-9;

/** Of the exposures of one kind of books in one tier. */
export interface HiddenSummary {
  readonly books: number;
  /** Those that lose more somewhere than is required. */
  readonly exceeding: number;
  /** Hidden part of the loss. */
  readonly ofLoss: Quantiles;
  /** Hidden loss as a share of spot, for one unit of gross size. */
  readonly ofGross: Quantiles;
  /** The book that hides most, as a share of spot. */
  readonly worst: Exposure | undefined;
}

export interface Quantiles {
  readonly mean: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export interface Search {
  readonly seed: number;
  readonly books: number;
  readonly density: Density;
  readonly progress?: (done: number) => void;
}

/** Exposures of so many books of a kind, in both tiers. */
export function searchKind(kind: LeverageKind, { seed, books, density, progress }: Search): Exposure[] {
  return Array.from({ length: books }, (_, index) => {
    progress?.(index);
    return exposuresOf(leveragedBook(kind, { seed, index }), density);
  }).flat();
}

export function summarise(
  exposures: readonly Exposure[],
  { requirement, tier }: { readonly requirement: Requirement; readonly tier: TierName },
): HiddenSummary {
  const counted = exposures.filter((one) => one.tier === tier && one.loss > LEAST_LOSS * one.gross);
  const shares = counted.map((one) => ({ one, hidden: hiddenLoss(one, requirement) }));
  const exceeding = shares.filter(({ one, hidden }) => hidden > ROUNDING * one.loss);
  const ofGross = shares.map(({ one, hidden }) => hidden / one.gross);
  const most = Math.max(0, ...ofGross);
  return {
    books: counted.length,
    exceeding: exceeding.length,
    ofLoss: quantiles(shares.map(({ one, hidden }) => hidden / one.loss)),
    ofGross: quantiles(ofGross),
    worst: most > 0 ? counted[ofGross.indexOf(most)] : undefined,
  };
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  return { mean, median: at(0.5), p99: at(0.99), max: at(1) };
}
