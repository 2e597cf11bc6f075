import type { KeeperConfig } from "./config.js";
import type { Contracts } from "./contracts.js";
import type { AccountView, MarketView, Risk } from "./domain.js";
import type { AccountIndex } from "./indexer.js";
import { isDue, needsView } from "./recheck.js";
import type { Checked } from "./recheck.js";

/** What a tick knows before it looks at accounts. */
export interface Occasion {
  readonly changed: ReadonlySet<bigint>;
  readonly markets: readonly MarketView[];
  /** Unix seconds. */
  readonly now: number;
}

/** Remembers the last evaluation of each account and looks again at those for which it may have changed. */
export class Watch {
  private readonly checked = new Map<bigint, Checked>();

  constructor(
    private readonly index: AccountIndex,
    private readonly config: Pick<KeeperConfig, "recheck" | "marginCalls">,
  ) {}

  /**
   * Evaluates who is due, all in one call, and returns in full those for whom something may have to be done.
   * Accounts already known to be in danger skip the first step.
   */
  async look(contracts: Contracts, occasion: Occasion): Promise<{ views: AccountView[]; checked: number }> {
    for (const account of occasion.changed) this.checked.delete(account);
    const endangered = this.endangered();
    const inView = new Set(endangered);
    const due = [...this.index.owing].filter(
      (account) => !inView.has(account) && isDue(this.checked.get(account), occasion, this.config.recheck),
    );
    const risks = due.length > 0 ? await contracts.risks(due) : [];
    for (const [i, account] of due.entries()) this.remember(account, risks[i], occasion);
    for (const account of due) if (this.isEndangered(account)) endangered.push(account);
    const views = endangered.length > 0 ? await contracts.views(endangered) : [];
    for (const view of views) this.see(view, occasion);
    return { views, checked: due.length + views.length };
  }

  private endangered(): bigint[] {
    return [...this.index.owing].filter((account) => this.isEndangered(account));
  }

  private isEndangered(account: bigint): boolean {
    const entry = this.index.accounts.get(account);
    const risk = this.checked.get(account)?.risk;
    return entry !== undefined && risk !== undefined && needsView(risk, entry, this.config.marginCalls);
  }

  private remember(account: bigint, risk: Risk | undefined, { markets, now }: Occasion): void {
    if (!risk) return;
    this.checked.set(account, { risk, markets, at: now });
    if (risk.initial === 0n) this.index.rest(account);
  }

  /** A view also settles what the events left in doubt. */
  private see({ account, risk, auction, marginCalledAt }: AccountView, occasion: Occasion): void {
    this.remember(account, risk, occasion);
    const entry = this.index.accounts.get(account);
    if (!entry) return;
    entry.inAuction = auction.startedAt !== 0;
    entry.isCalled = marginCalledAt !== 0;
  }
}
