import type { AccountTable } from "./accountTable.ts";
import type { Risk } from "./market.ts";
import { riskOf, type MarginModel, type QuotedLeg } from "./marginModel.ts";

/** A column for each number of {@link Risk}, by account. */
export type RiskColumns = Readonly<Record<keyof Risk, Float64Array>>;

/**
 * Evaluates many accounts in one market: every instrument is priced once into its scenarios, and an account is sums of them.
 * @throws as `MarginModel.assess`
 */
export function scanAccounts(model: MarginModel, accounts: AccountTable): RiskColumns {
  const quotes = accounts.instruments.map((instrument) => model.quote(instrument));
  const columns = emptyColumns(accounts.count);
  const { floor } = model.market.account;
  for (let account = 0; account < accounts.count; account++) {
    const legs: QuotedLeg[] = [];
    const end = accounts.firstLegs[account + 1] ?? 0;
    for (let leg = accounts.firstLegs[account] ?? 0; leg < end; leg++) {
      const quote = quotes[accounts.places[leg] ?? 0];
      if (quote !== undefined) legs.push({ quote, size: accounts.sizes[leg] ?? 0 });
    }
    const risk = riskOf(model.assessQuoted(accounts.cash[account] ?? 0, legs), floor);
    columns.equity[account] = risk.equity;
    columns.initial[account] = risk.initial;
    columns.maintenance[account] = risk.maintenance;
    columns.maintenanceBeforeFloor[account] = risk.maintenanceBeforeFloor;
    columns.stressLoss[account] = risk.stressLoss;
  }
  return columns;
}

function emptyColumns(count: number): RiskColumns {
  const column = () => new Float64Array(count);
  return {
    equity: column(),
    initial: column(),
    maintenance: column(),
    maintenanceBeforeFloor: column(),
    stressLoss: column(),
  };
}
