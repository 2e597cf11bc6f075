import type { SavedState } from "./store.js";
import { hasExpired, hasExpiry } from "./settlements.js";
import type { Holder } from "./settlements.js";

/** What the clearinghouse says of positions: those of a settled series are shown as the cash that they will become. */
export interface PositionReads {
  instruments(account: bigint): Promise<bigint[]>;
  isSettled(instrument: bigint): Promise<boolean>;
}

/**
 * Who holds which options, as it is stored. Views leave the positions of a settled series out, though its holders still have to go through;
 * so what was seen before is remembered until they have. A holder that was never seen before its series was settled stays unknown.
 */
export class Holdings {
  private readonly held = new Map<bigint, ReadonlySet<bigint>>();
  private readonly stale = new Set<bigint>();

  /** These may hold something else than is known. */
  mark(accounts: Iterable<bigint>): void {
    for (const account of accounts) this.stale.add(account);
  }

  /** All settled positions of these have become cash. */
  passed(accounts: Iterable<bigint>): void {
    for (const account of accounts) {
      this.held.delete(account);
      this.stale.add(account);
    }
  }

  /** Reads again what may have changed, at most so many accounts; the rest waits for the next pass. */
  async refresh(reads: PositionReads, { now, most }: { now: number; most: number }): Promise<void> {
    const due = [...this.stale].slice(0, most);
    await Promise.all(
      due.map(async (account) => {
        const shown = (await reads.instruments(account)).filter(hasExpiry);
        const kept = await this.stillStored(account, { shown, reads, now });
        const held = new Set([...shown, ...kept]);
        if (held.size > 0) this.held.set(account, held);
        else this.held.delete(account);
        this.stale.delete(account);
      }),
    );
  }

  holders(): Holder[] {
    return [...this.held].map(([account, instruments]) => ({ account, instruments: [...instruments] }));
  }

  snapshot(): NonNullable<SavedState["holders"]> {
    return this.holders().map(({ account, instruments }) => ({ account, instruments: [...instruments] }));
  }

  restore(holders: SavedState["holders"]): void {
    for (const { account, instruments } of holders ?? []) this.held.set(account, new Set(instruments));
  }

  /** What is not shown any more because its series is settled, not because it was closed. */
  private async stillStored(
    account: bigint,
    { shown, reads, now }: { shown: readonly bigint[]; reads: PositionReads; now: number },
  ): Promise<bigint[]> {
    const known = [...(this.held.get(account) ?? [])];
    const missing = known.filter((instrument) => hasExpired(instrument, now) && !shown.includes(instrument));
    const settled = await Promise.all(missing.map((instrument) => reads.isSettled(instrument)));
    return missing.filter((_, i) => settled[i]);
  }
}
