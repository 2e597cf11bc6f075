import type { IndexedAccount } from "./indexer.js";
import type { KeeperConfig } from "./config.js";
import type { MarketView, Risk } from "./domain.js";

/** The last evaluation of an account, with the markets that it was made in. `at` in Unix seconds. */
export interface Checked {
  readonly risk: Risk;
  readonly markets: readonly MarketView[];
  readonly at: number;
}

export interface Moment {
  readonly now: number;
  readonly markets: readonly MarketView[];
}

/** The largest relative change between two values. */
export function relativeMove(from: bigint, to: bigint): number {
  if (from === to) return 0;
  return from === 0n ? Infinity : Math.abs(Number(to) / Number(from) - 1);
}

/**
 * Whether an account is worth evaluating again. Inside the scan range a loss is about in proportion to the move, at most the
 * requirement over the narrowest range; so an account above its next line can be left alone until the market has moved by a
 * share of its headroom. Volatility scales the requirement. Decay, ramps and interest on debts count by age, and matter less with headroom.
 */
export function isDue(
  checked: Checked | undefined,
  { now, markets }: Moment,
  config: KeeperConfig["recheck"],
): boolean {
  if (!checked) return true;
  const headroom = headroomOf(checked.risk);
  const allowedAge = Math.min(Math.max(headroom * config.maxAgeSeconds, config.minAgeSeconds), config.maxAgeSeconds);
  if (now - checked.at >= allowedAge) return true;
  const allowedMove = Math.min(headroom * config.movePerHeadroom, config.maxMove);
  return markets.some((market, i) => {
    const before = checked.markets[i];
    return before === undefined || hasMoved(before, market, { price: allowedMove, volatility: headroom / 2 });
  });
}

function hasMoved(before: MarketView, after: MarketView, allowed: { price: number; volatility: number }): boolean {
  if (before.validity !== after.validity) return true;
  if (relativeMove(before.price, after.price) > allowed.price) return true;
  const rise = Math.max(
    relativeMove(before.initialVolatility, after.initialVolatility),
    relativeMove(before.maintenanceVolatility, after.maintenanceVolatility),
  );
  return rise > allowed.volatility;
}

/** Equity above the next line below it, in requirements; without end where there is no requirement. */
function headroomOf({ equity, initial, maintenance }: Risk): number {
  if (initial === 0n) return Infinity;
  const line = equity >= initial ? initial : maintenance;
  return Math.max(Number(equity - line) / Number(initial), 0);
}

/** Whether something may have to be done about an account, so that its whole state is needed. */
export function needsView(
  risk: Risk,
  { inAuction, isCalled, isAuthorised }: IndexedAccount,
  marginCalls: boolean,
): boolean {
  if (risk.equity < risk.maintenance || inAuction !== false) return true;
  if (isAuthorised !== false && isCalled !== false && risk.equity < risk.initial) return true;
  return marginCalls && (isCalled === undefined || risk.equity < risk.initial !== isCalled);
}
