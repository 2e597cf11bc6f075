import { type Account, type Approval, CASH, MAY_MOVE, type Transfer, batchOf, toAccount } from "@plimsoll/client";
import { Clearinghouse__factory } from "../../../../typechain-types/index.ts";
import { readAccount } from "./books.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import type { Member } from "./exchange.ts";
import { attemptSettled } from "./settling.ts";

const clearinghouse = Clearinghouse__factory.createInterface();
/** Acts for keepers beside their bots, by their permission to move between own accounts, with nonces of its own. */
const OPERATOR = "0x000000000000000000000000000000000074ea50";
/** Where a keeper's book opens accounts for what it takes whole, and for how many of them the treasurer is approved. */
const FIRST_FRESH = 1_000n;
const FRESH_ACCOUNTS = 500;
const APPROVALS_PER_BATCH = 100;
const FOREVER = 2n ** 40n - 1n;

const absolute = (value: bigint) => (value < 0n ? -value : value);

/** Brings accounts that a keeper took whole into its capital account: there positions net, and all capital carries them. */
export class Treasurer {
  readonly #emptied = new Set<Account>();

  private constructor(
    private readonly chain: SimulatedChain,
    private readonly deployment: Deployment,
    private readonly capital: Account,
  ) {}

  static async appoint(chain: SimulatedChain, deployment: Deployment, member: Member): Promise<Treasurer> {
    const owner = member.wallet.address;
    const approve = (account: Account): Approval => ({
      ...{ account, operator: OPERATOR, permissions: MAY_MOVE, expiry: FOREVER },
    });
    const fresh = Array.from({ length: FRESH_ACCOUNTS }, (_, i) => toAccount(owner, FIRST_FRESH + BigInt(i)));
    const accounts = [member.account, ...fresh];
    for (let i = 0; i < accounts.length; i += APPROVALS_PER_BATCH) {
      const approvals = accounts.slice(i, i + APPROVALS_PER_BATCH).map(approve);
      const data = clearinghouse.encodeFunctionData("batch", [batchOf({ approvals })]);
      await chain.send({ from: owner, to: deployment.addresses.clearinghouse, data });
    }
    return new Treasurer(chain, deployment, member.account);
  }

  /** Of these accounts of the keeper, those that may hold something. */
  open(accounts: readonly Account[]): Account[] {
    return accounts.filter((account) => !this.#emptied.has(account));
  }

  /** Empties what can be emptied; what the capital does not carry now is tried again next time. */
  async consolidate(accounts: readonly Account[]): Promise<void> {
    for (const account of this.open(accounts)) {
      if (account === this.capital) continue;
      const transfers = await this.#transfersFrom(account);
      // The last account of the book is one that is still to be used.
      if (transfers.length === 0) continue;
      const data = clearinghouse.encodeFunctionData("batch", [batchOf({ transfers })]);
      const to = this.deployment.addresses.clearinghouse;
      const refusal = await attemptSettled(this.chain, this.deployment, { from: OPERATOR, to, data });
      if (refusal === undefined) this.#emptied.add(account);
    }
  }

  /** A debt is paid first, then positions move, then what cash there is. */
  async #transfersFrom(account: Account): Promise<Transfer[]> {
    const { positions } = await readAccount(this.deployment, account);
    const cash = await this.deployment.contracts.clearinghouse.cash(account);
    const { capital } = this;
    const legs = positions.map(({ instrument, size }) => ({
      ...{ from: account, to: capital, asset: instrument, size: absolute(size) },
    }));
    if (cash < 0n) return [{ from: capital, to: account, asset: CASH, size: -cash }, ...legs];
    return cash > 0n ? [...legs, { from: account, to: capital, asset: CASH, size: cash }] : legs;
  }
}
