/** The worst losses found so far by tier, USD. */
export interface Losses {
  initial: number;
  maintenance: number;
}

/** @param isInner - Whether the maintenance tier looks there too. */
export function raiseTo(losses: Losses, loss: number, isInner: boolean): void {
  if (loss > losses.initial) losses.initial = loss;
  if (isInner && loss > losses.maintenance) losses.maintenance = loss;
}
