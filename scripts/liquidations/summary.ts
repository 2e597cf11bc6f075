// Many outcomes in a few numbers.
import { quantileIndex } from "@plimsoll/risk";
import { ENDINGS, notionalOf, type Ending, type Outcome } from "./auction.ts";
import type { Book } from "./books.ts";

/** An outcome beside the account that it is of, USD. */
export interface Trial {
  readonly kind: string;
  readonly equity: number;
  readonly maintenance: number;
  readonly notional: number;
  readonly outcome: Outcome;
}

export interface Quantiles {
  readonly mean: number;
  readonly median: number;
  readonly p99: number;
}

/** Shares of the requirement, unless said otherwise. */
export interface Summary {
  readonly books: number;
  /** What left the account's equity. */
  readonly loss: Quantiles;
  readonly lossOfEquity: Quantiles;
  readonly profit: Quantiles;
  /** Accounts that keep positions and stand above their line, of all. */
  readonly alive: number;
  /** Of the account's notional. */
  readonly liquidated: number;
  readonly seconds: Quantiles;
  readonly calls: number;
  readonly refused: number;
  readonly endings: Readonly<Record<Ending, number>>;
}

export function trialOf({ kind, model, portfolio }: Book, outcome: Outcome): Trial {
  const { equity, maintenance } = model.evaluate(portfolio);
  return { kind, equity, maintenance, notional: notionalOf({ model }, portfolio.legs), outcome };
}

export function summarise(trials: readonly Trial[]): Summary {
  const all = (value: (trial: Trial) => number) => trials.map(value);
  const count = (ending: Ending) => trials.filter(({ outcome }) => outcome.ending === ending).length;
  return {
    books: trials.length,
    loss: quantilesOf(all(({ outcome, maintenance }) => outcome.loss / maintenance)),
    lossOfEquity: quantilesOf(all(({ outcome, equity }) => (equity > 0 ? outcome.loss / equity : 0))),
    profit: quantilesOf(all(({ outcome, maintenance }) => outcome.profit / maintenance)),
    alive: count("healthy") / trials.length,
    liquidated: meanOf(all(({ outcome, notional }) => outcome.notional / notional)),
    seconds: quantilesOf(all(({ outcome }) => outcome.seconds)),
    calls: meanOf(all(({ outcome }) => outcome.calls)),
    refused: trials.reduce((sum, { outcome }) => sum + outcome.refused, 0),
    endings: Object.fromEntries(ENDINGS.map((ending) => [ending, count(ending)])) as Record<Ending, number>,
  };
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[quantileIndex(sorted.length, share)] ?? 0;
  return { mean: meanOf(values), median: at(0.5), p99: at(0.99) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
