// The best package by search in the sizes of all legs: slow, so for small books only.
import { auctionState, LIQUIDATION_RULES, seize, type Leg } from "@plimsoll/risk";
import { hedgeCostOf, type Account, type Bid, type Bidder } from "./bidder.ts";

const FIRST_STEP = 0.25;
const LAST_STEP = 1 / 512;

/** Pattern search from each of the starting packages: one size up or down at a time, or one up and another down. */
export function referenceBid(
  bidder: Bidder,
  account: Account,
  { elapsedSeconds, starts }: { readonly elapsedSeconds: number; readonly starts: readonly (readonly Leg[])[] },
): Bid | undefined {
  const search = new Search(bidder, account, elapsedSeconds);
  const { legs } = account.portfolio;
  const even = [0, 0.05, 0.1, 0.2, 0.4].map((share) => legs.map(() => share));
  const singles = legs.flatMap((_, i) => [0.25, 1].map((share) => legs.map((__, k) => (k === i ? share : 0))));
  const given = starts.map((start) => legs.map((leg) => shareOf(leg, start)));
  let best: { shares: number[]; profit: number } | undefined;
  for (const start of [...given, ...even, ...singles]) {
    const found = search.from(start);
    if (found && found.profit > (best?.profit ?? -Infinity)) best = found;
  }
  return best && { legs: search.packageOf(best.shares), profit: best.profit };
}

function shareOf({ instrument, size }: Leg, legs: readonly Leg[]): number {
  return (legs.find((leg) => leg.instrument === instrument)?.size ?? 0) / size;
}

class Search {
  readonly #rate: number;

  constructor(
    private readonly bidder: Bidder,
    private readonly account: Account,
    elapsedSeconds: number,
  ) {
    this.#rate = auctionState(account.risk, elapsedSeconds).rate;
  }

  from(start: readonly number[]): { shares: number[]; profit: number } | undefined {
    let shares = [...start];
    let profit = this.profit(shares);
    for (let step = FIRST_STEP; step >= LAST_STEP;) {
      let hasMoved = false;
      for (const next of neighbours(shares, step)) {
        const found = this.profit(next);
        if (found <= profit) continue;
        shares = next;
        profit = found;
        hasMoved = true;
        break;
      }
      if (!hasMoved) step /= 2;
    }
    return profit === -Infinity ? undefined : { shares, profit };
  }

  packageOf(shares: readonly number[]): Leg[] {
    return this.account.portfolio.legs
      .map(({ instrument, size }, i) => ({ instrument, size: size * (shares[i] ?? 0) }))
      .filter(({ size }) => size !== 0);
  }

  /** −∞ where the rules refuse it. */
  private profit(shares: readonly number[]): number {
    const { model, portfolio } = this.account;
    const legs = this.packageOf(shares);
    if (legs.length === 0) return -Infinity;
    const { portfolio: to } = this.bidder;
    const seizure = seize(model, { from: portfolio, to, legs, rate: this.#rate });
    if (seizure.refusal !== undefined) return -Infinity;
    return profitOf(this.bidder, this.account, { legs, seizure });
  }
}

/** Of a package in the model, USD: as the keeper reckons. */
function profitOf(
  bidder: Bidder,
  { model }: { readonly model: Account["model"] },
  { legs, seizure }: { readonly legs: readonly Leg[]; readonly seizure: ReturnType<typeof seize> },
): number {
  const { payment, taker } = seizure;
  const net = payment > 0 ? payment * (1 - LIQUIDATION_RULES.feeShare) : payment;
  const before = model.evaluate(bidder.portfolio).maintenanceBeforeFloor;
  const charge = bidder.riskCharge * Math.max(taker.maintenanceBeforeFloor - before, 0);
  return net - charge - hedgeCostOf(bidder, model, legs) - bidder.callCost;
}

function* neighbours(shares: readonly number[], step: number): Generator<number[]> {
  for (let i = 0; i < shares.length; i++) {
    for (const sign of [1, -1]) {
      const moved = withShare(shares, i, sign * step);
      if (moved === undefined) continue;
      yield moved;
      if (sign < 0) continue;
      for (let k = 0; k < shares.length; k++) {
        const swapped = k === i ? undefined : withShare(moved, k, -step);
        if (swapped !== undefined) yield swapped;
      }
    }
  }
}

function withShare(shares: readonly number[], index: number, change: number): number[] | undefined {
  const share = shares[index] ?? 0;
  const next = Math.min(1, Math.max(0, share + change));
  return next === share ? undefined : shares.map((one, i) => (i === index ? next : one));
}
