/** What an auction offers as time passes, as `AuctionCurve.sol`. Rates in USD per USD of maintenance requirement removed. */
export const FIRST_RATE = -0.01;
export const FAST_RATE = 0.3;
export const FAST_SECONDS = 300;
export const LAST_RATE = 1;
export const LAST_SECONDS = FAST_SECONDS + 3_600;
export const SECOND_PERIOD_SECONDS = 7_200;
export const BANKRUPTCY_SECONDS = 3_600;

/** c after so much of an auction. */
export function compensationRate(elapsedSeconds: number): number {
  if (elapsedSeconds >= LAST_SECONDS) return LAST_RATE;
  if (elapsedSeconds >= FAST_SECONDS) {
    return FAST_RATE + ((LAST_RATE - FAST_RATE) * (elapsedSeconds - FAST_SECONDS)) / (LAST_SECONDS - FAST_SECONDS);
  }
  return FIRST_RATE + ((FAST_RATE - FIRST_RATE) * elapsedSeconds) / FAST_SECONDS;
}

/** Nothing is left that could attract a taker, or nobody came for all of it. */
export function isBankrupt(equity: number, elapsedSeconds: number): boolean {
  return equity <= 0 || elapsedSeconds > SECOND_PERIOD_SECONDS;
}

/** Value offered for the whole of a bankrupt account, USD: from max(E, 0) to R. */
export function bankruptcyPayment(
  { equity, maintenance }: { readonly equity: number; readonly maintenance: number },
  elapsedSeconds: number,
): number {
  const least = Math.max(equity, 0);
  const since = equity > 0 ? Math.max(elapsedSeconds - SECOND_PERIOD_SECONDS, 0) : elapsedSeconds;
  return least + (maintenance - least) * Math.min(since / BANKRUPTCY_SECONDS, 1);
}
