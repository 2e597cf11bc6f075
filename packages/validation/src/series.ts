import { MINUTE, type PricePath, priceAt } from "@plimsoll/replay";
import type { HorizonLosses, MarginSeries, Side } from "@plimsoll/risk";
import { BOOK_STEP_SECONDS, type BookHistory, type Observations, type Tier } from "./observations.ts";

/** A tier of a perpetual: what the contracts required at each sample, and what one unit lost at the true price. */
export function deltaOneSeries(
  { samples, stepSeconds }: Pick<Observations, "samples" | "stepSeconds">,
  path: PricePath,
  { tier, side, horizonSeconds }: { readonly tier: Tier; readonly side: Side; readonly horizonSeconds: number },
): MarginSeries {
  const losses = lossesFrom(
    samples.map(({ time, mark }) => ({ time, mark })),
    path,
    { side, horizonSeconds },
  );
  return {
    times: Float64Array.from(samples, ({ time }) => time),
    stepSeconds,
    horizonSteps: stepsOf(horizonSeconds, stepSeconds),
    margin: Float64Array.from(samples, ({ deltaOne }) => deltaOne[side][tier]),
    ...losses,
    volatility: Float64Array.from(samples, ({ volatilities }) => volatilities.observed),
  };
}

/**
 * What a unit opened at each mark loses, as a fraction of it: at the end of the horizon, and at the worst minute inside.
 * NaN where the path ends before.
 */
export function lossesFrom(
  openings: readonly { readonly time: number; readonly mark: number }[],
  path: PricePath,
  { side, horizonSeconds }: { readonly side: Side; readonly horizonSeconds: number },
): HorizonLosses {
  const sign = side === "long" ? 1 : -1;
  const end = path.start + path.prices.length * path.stepSeconds;
  const loss = new Float64Array(openings.length).fill(NaN);
  const worstLoss = new Float64Array(openings.length).fill(NaN);
  openings.forEach(({ time, mark }, i) => {
    if (time + horizonSeconds >= end) return;
    loss[i] = sign * (1 - priceAt(path, time + horizonSeconds) / mark);
    let worst = -Infinity;
    for (let at = time + MINUTE; at <= time + horizonSeconds; at += MINUTE) {
      worst = Math.max(worst, sign * (1 - priceAt(path, at) / mark));
    }
    worstLoss[i] = worst;
  });
  return { loss, worstLoss };
}

/** A tier of books of options, one opened a day; their windows do not overlap. */
export function bookSeries(
  books: readonly BookHistory[],
  { tier, horizonSeconds }: { readonly tier: Tier; readonly horizonSeconds: number },
): MarginSeries {
  const steps = stepsOf(horizonSeconds, BOOK_STEP_SECONDS);
  const isWhole = ({ gains }: BookHistory) => gains.length >= steps;
  const worst = ({ gains }: BookHistory) => -Math.min(...gains.slice(0, steps));
  return {
    times: Float64Array.from(books, ({ time }) => time),
    stepSeconds: 86_400,
    horizonSteps: 1,
    margin: Float64Array.from(books, ({ required }) => required[tier]),
    loss: Float64Array.from(books, (book) => -(book.gains[steps - 1] ?? NaN)),
    worstLoss: Float64Array.from(books, (book) => (isWhole(book) ? worst(book) : NaN)),
    volatility: Float64Array.from(books, ({ observed }) => observed),
  };
}

function stepsOf(horizonSeconds: number, stepSeconds: number): number {
  const steps = horizonSeconds / stepSeconds;
  if (Number.isInteger(steps) && steps > 0) return steps;
  throw new RangeError(`a horizon of ${horizonSeconds} s is not a whole number of steps of ${stepSeconds} s`);
}
