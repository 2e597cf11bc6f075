import type { Interface } from "ethers";
import type { Chain, EventLog, Head } from "./chain.js";
import type { Deployment, KeeperConfig } from "./config.js";
import { autoTopUpInterface, clearinghouseInterface, liquidatorInterface } from "./contracts.js";
import { ReorgTooDeep } from "./errors.js";
import type { SavedState } from "./store.js";

/** What the events say of an account. A flag is undefined where a reorganisation has made it doubtful. */
export interface IndexedAccount {
  readonly firstBlock: number;
  changedBlock: number;
  /** Whether something has happened to it by which it can owe. */
  mayOwe: boolean;
  inAuction: boolean | undefined;
  isCalled: boolean | undefined;
  /** Whether top-ups are authorised, as far as is known: what is spent shows when it is asked for. */
  isAuthorised: boolean | undefined;
}

interface Effect {
  /** Which topics are accounts. */
  readonly topics: readonly number[];
  readonly sets: Partial<Pick<IndexedAccount, "mayOwe" | "inAuction" | "isCalled" | "isAuthorised">>;
  /** Whether accounts that it does not name change as well: all who share a loss, all who hold a series. */
  readonly isShared?: true;
  /** Whether expired positions have become cash by it. */
  readonly isExpiry?: true;
}

function topicOf(contract: Interface, event: string): string {
  const fragment = contract.getEvent(event);
  if (!fragment) throw new TypeError(`no event ${event}`);
  return fragment.topicHash;
}

const effects: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  [topicOf(clearinghouseInterface, "Deposited"), { topics: [1], sets: {} }],
  [topicOf(clearinghouseInterface, "Withdrawn"), { topics: [1], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "Transferred"), { topics: [1, 2], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "Filled"), { topics: [1, 2], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "FeePaid"), { topics: [1], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "Seized"), { topics: [1, 2], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "TakenOver"), { topics: [1, 2], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "Deleveraged"), { topics: [1], sets: { mayOwe: true }, isShared: true }],
  [topicOf(clearinghouseInterface, "LossShared"), { topics: [1], sets: { mayOwe: true }, isShared: true }],
  [topicOf(clearinghouseInterface, "LossTaken"), { topics: [1], sets: { mayOwe: true } }],
  [topicOf(clearinghouseInterface, "SeriesSettled"), { topics: [], sets: {}, isShared: true }],
  [topicOf(clearinghouseInterface, "Expired"), { topics: [1], sets: { mayOwe: true }, isExpiry: true }],
  [topicOf(clearinghouseInterface, "Rewarded"), { topics: [2], sets: {} }],
  [topicOf(liquidatorInterface, "MarginCalled"), { topics: [1], sets: { isCalled: true } }],
  [topicOf(liquidatorInterface, "MarginCallCleared"), { topics: [1], sets: { isCalled: false } }],
  [topicOf(liquidatorInterface, "AuctionStarted"), { topics: [1], sets: { inAuction: true } }],
  [topicOf(liquidatorInterface, "AuctionEnded"), { topics: [1], sets: { inAuction: false } }],
  [topicOf(liquidatorInterface, "AccountTaken"), { topics: [1], sets: { inAuction: false } }],
  [topicOf(autoTopUpInterface, "Authorised"), { topics: [1], sets: { isAuthorised: true } }],
  [topicOf(autoTopUpInterface, "Revoked"), { topics: [1], sets: { isAuthorised: false } }],
]);

/**
 * The accounts that exist, from the events of the Clearinghouse, the Liquidator and AutoTopUp, read in block ranges from a cursor.
 * It remembers the hashes of the last blocks at which it stopped; where one is no longer on the chain it goes back to the
 * newest that is, forgets what it first saw later, and reads on from there.
 */
export class AccountIndex {
  readonly accounts = new Map<bigint, IndexedAccount>();
  /** Accounts that may owe, the only ones worth evaluating. */
  readonly owing = new Set<bigint>();
  /** Accounts whose settled positions have become cash since this was last taken. */
  private expired: bigint[] = [];
  private checkpoints: [number: number, hash: string][] = [];
  private cursor: number;

  constructor(
    private readonly deployment: Pick<Deployment, "clearinghouse" | "liquidator" | "autoTopUp" | "startBlock">,
    private readonly config: KeeperConfig["index"],
  ) {
    this.cursor = deployment.startBlock - 1;
  }

  /** Last block that has been read. */
  get block(): number {
    return this.cursor;
  }

  /** Reads up to the head. @returns Accounts that changed. @throws ReorgTooDeep */
  async sync(chain: Chain, head: Head): Promise<Set<bigint>> {
    const changed = await this.rewind(chain, head);
    while (this.cursor < head.number) {
      const to = Math.min(this.cursor + this.config.blocksPerQuery, head.number);
      const hash = to === head.number ? head.hash : await chain.blockHash(to);
      // The chain has become shorter meanwhile: the next pass starts from what has been read.
      if (hash === undefined) break;
      for (const log of await chain.logs(this.sources(), this.cursor + 1, to)) this.apply(log, changed);
      this.cursor = to;
      this.checkpoints.push([to, hash]);
      if (this.checkpoints.length > this.config.checkpoints) this.checkpoints.shift();
    }
    return changed;
  }

  /** Every account that `Expired` names, once. */
  takeExpired(): bigint[] {
    return this.expired.splice(0);
  }

  /** Starts over from the first block. Accounts stay known until the events say otherwise, but are all in doubt. */
  reset(): Set<bigint> {
    this.checkpoints = [];
    this.cursor = this.deployment.startBlock - 1;
    return this.doubt(this.cursor);
  }

  /** An account that was seen to require nothing is left out until something happens to it. */
  rest(account: bigint): void {
    const entry = this.accounts.get(account);
    if (!entry || entry.inAuction !== false || entry.isCalled !== false) return;
    entry.mayOwe = false;
    this.owing.delete(account);
  }

  snapshot(): SavedState["index"] {
    const accounts = [...this.accounts].map(([account, entry]) => ({ account, ...entry }));
    return { cursor: this.cursor, checkpoints: [...this.checkpoints], accounts };
  }

  restore({ cursor, checkpoints, accounts }: SavedState["index"]): void {
    this.cursor = cursor;
    this.checkpoints = [...checkpoints];
    for (const { account, firstBlock, changedBlock, mayOwe, inAuction, isCalled, isAuthorised } of accounts) {
      this.accounts.set(account, { firstBlock, changedBlock, mayOwe, inAuction, isCalled, isAuthorised });
      if (mayOwe) this.owing.add(account);
    }
  }

  private sources(): string[] {
    const { clearinghouse, liquidator, autoTopUp } = this.deployment;
    return autoTopUp === undefined ? [clearinghouse, liquidator] : [clearinghouse, liquidator, autoTopUp];
  }

  /** Goes back to the newest checkpoint that is still on the chain. @returns Accounts that are in doubt by that. */
  private async rewind(chain: Chain, head: Head): Promise<Set<bigint>> {
    const newest = this.checkpoints.at(-1);
    if (!newest || (await isOnChain(chain, head, newest))) return new Set();
    for (let last = newest; ;) {
      this.checkpoints.pop();
      const previous = this.checkpoints.at(-1);
      if (!previous) throw new ReorgTooDeep(last[0], head.number);
      if (await isOnChain(chain, head, previous)) break;
      last = previous;
    }
    this.cursor = this.checkpoints.at(-1)?.[0] ?? this.cursor;
    return this.doubt(this.cursor);
  }

  private doubt(block: number): Set<bigint> {
    const doubtful = new Set<bigint>();
    for (const [account, entry] of this.accounts) {
      if (entry.changedBlock <= block) continue;
      doubtful.add(account);
      if (entry.firstBlock > block) {
        this.accounts.delete(account);
        this.owing.delete(account);
      } else {
        // It may have been left out for what is now undone.
        entry.mayOwe = true;
        this.owing.add(account);
        entry.inAuction = undefined;
        entry.isCalled = undefined;
        entry.isAuthorised = undefined;
        entry.changedBlock = block;
      }
    }
    return doubtful;
  }

  private apply({ topics, blockNumber }: EventLog, changed: Set<bigint>): void {
    const effect = effects.get(topics[0] ?? "");
    if (!effect) return;
    if (effect.isShared) for (const account of this.owing) changed.add(account);
    for (const account of effect.topics.map((topic) => BigInt(topics[topic] ?? 0))) {
      if (effect.isExpiry) this.expired.push(account);
      const entry = this.accounts.get(account) ?? newAccount(blockNumber);
      this.accounts.set(account, entry);
      entry.changedBlock = blockNumber;
      Object.assign(entry, effect.sets);
      if (entry.mayOwe) this.owing.add(account);
      changed.add(account);
    }
  }
}

function newAccount(firstBlock: number): IndexedAccount {
  return {
    firstBlock,
    changedBlock: firstBlock,
    mayOwe: false,
    inAuction: false,
    isCalled: false,
    isAuthorised: false,
  };
}

async function isOnChain(chain: Chain, head: Head, [number, hash]: [number, string]): Promise<boolean> {
  if (number > head.number) return false;
  if (number === head.number) return hash === head.hash;
  if (number === head.number - 1) return hash === head.parentHash;
  return hash === (await chain.blockHash(number));
}
