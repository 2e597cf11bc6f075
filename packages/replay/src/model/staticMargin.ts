import { Kind, fieldsOf, isOption, perpetual } from "@plimsoll/client";
import type { MarginModel, Portfolio, Risk } from "@plimsoll/risk";

/** Initial over maintenance. */
const TIERS = 2;

/** As `StaticMarginEngine.sol`: a fixed share of the notional of every position, nothing offsets anything, a bought option at most its value. */
export function staticRisk(model: MarginModel, portfolio: Portfolio, share: number): Risk {
  const { equity, stressLoss } = model.evaluate(portfolio);
  let isLiable = portfolio.cash < 0;
  let charge = 0;
  for (const { instrument, size } of portfolio.legs) {
    const { kind, underlying } = fieldsOf(instrument);
    if (kind !== Kind.Spot) isLiable = true;
    const perUnit = model.mark(perpetual(underlying)) * share;
    const isBought = isOption(instrument) && size > 0;
    charge += Math.abs(size) * (isBought ? Math.min(perUnit, model.mark(instrument)) : perUnit);
  }
  if (!isLiable) charge = 0;
  const least = isLiable ? model.market.account.floor : 0;
  const maintenanceBeforeFloor = charge / TIERS;
  return {
    ...{ equity, stressLoss, maintenanceBeforeFloor },
    initial: Math.max(charge, least),
    maintenance: Math.max(maintenanceBeforeFloor, least),
  };
}
