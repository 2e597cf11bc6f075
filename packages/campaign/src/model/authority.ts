import { type Account, ownerOf } from "@plimsoll/client";

interface Permission {
  readonly permissions: number;
  readonly expiry: number;
}

/** Who may act for whom, as `OperatorSet` says. */
export class Authority {
  readonly #operators = new Map<string, Permission>();

  set(grant: { readonly account: Account; readonly operator: string } & Permission): void {
    this.#operators.set(keyOf(grant.account, grant.operator), { permissions: grant.permissions, expiry: grant.expiry });
  }

  /** Whether one of the callers may do this with the account, Unix seconds `now`. */
  allows(
    account: Account,
    permission: number,
    by: { readonly callers: readonly string[]; readonly now: number },
  ): boolean {
    const owner = ownerOf(account).toLowerCase();
    return by.callers.some((caller) => {
      if (caller.toLowerCase() === owner) return true;
      const granted = this.#operators.get(keyOf(account, caller));
      return granted !== undefined && (granted.permissions & permission) === permission && by.now <= granted.expiry;
    });
  }
}

function keyOf(account: Account, operator: string): string {
  return `${account.toString(16)} ${operator.toLowerCase()}`;
}
