/** Base of all errors that the keeper raises itself; `code` is stable and used as a metric label. */
export abstract class KeeperError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The node answered a request with an error. */
export class RpcError extends KeeperError {
  readonly code = "rpc";
  constructor(
    readonly method: string,
    readonly reason: string,
    readonly data: string | undefined,
  ) {
    super(`${method} failed: ${reason}`);
  }
}

/** A call would revert, or reverted. `errorName` is the custom error where it is one of the protocol's. */
export class CallReverted extends KeeperError {
  readonly code = "reverted";
  constructor(
    readonly errorName: string,
    readonly args: readonly unknown[],
    readonly data: string,
  ) {
    super(`reverted with ${errorName}(${args.map(String).join(", ")})`);
  }
}

export type PolicyRule = "chain" | "target" | "selector" | "value" | "taker" | "transaction-spend" | "daily-spend";

/** The signing policy refused a transaction. */
export class PolicyDenied extends KeeperError {
  readonly code = "policy";
  constructor(
    readonly rule: PolicyRule,
    readonly detail: string,
  ) {
    super(`signing policy (${rule}): ${detail}`);
  }
}

/** The chain has reorganised past all block hashes that the index remembers. */
export class ReorgTooDeep extends KeeperError {
  readonly code = "reorg";
  constructor(
    readonly oldestCheckpoint: number,
    readonly head: number,
  ) {
    super(`reorganisation below block ${oldestCheckpoint} (head ${head})`);
  }
}

/** The node refused a transaction for good. */
export class BroadcastFailed extends KeeperError {
  readonly code = "broadcast";
  constructor(
    readonly key: string,
    readonly reason: string,
  ) {
    super(`broadcast of ${key} failed: ${reason}`);
  }
}

/** The action would cost more gas than it may. Amounts in USD WAD. */
export class Unprofitable extends KeeperError {
  readonly code = "unprofitable";
  constructor(
    readonly profit: bigint,
    readonly gasCost: bigint,
  ) {
    super(`gas of ${gasCost} exceeds what a profit of ${profit} (USD WAD) allows`);
  }
}

/** The chain behind the transport is not the one in the configuration. */
export class WrongChain extends KeeperError {
  readonly code = "chain";
  constructor(
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`the node serves chain ${actual}, not ${expected}`);
  }
}

export function codeOf(error: unknown): string {
  return error instanceof KeeperError ? error.code : "unexpected";
}
