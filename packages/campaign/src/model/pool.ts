import { ZeroAddress, type LogDescription } from "ethers";
import type { Violation } from "./conservation.ts";

/** What was executed for somebody and is not claimed yet: USDC units and shares. */
export interface Claim {
  readonly assets: bigint;
  readonly shares: bigint;
}

/** One side of the pool's queue: requests that wait, in its own units, and claims. By controller. */
export class Side {
  readonly pending = new Map<string, bigint>();
  readonly claims = new Map<string, Claim>();
  /** Of requests: assets to enter, shares to leave. */
  readonly unit: keyof Claim;

  constructor(unit: keyof Claim) {
    this.unit = unit;
  }

  ask(controller: string, amount: bigint): void {
    this.pending.set(controller, (this.pending.get(controller) ?? 0n) + amount);
  }

  change(controller: string, { assets, shares }: Claim): void {
    const before = this.claimOf(controller);
    this.claims.set(controller, { assets: before.assets + assets, shares: before.shares + shares });
  }

  /** Who has something to claim. */
  waiting(unit: keyof Claim): readonly string[] {
    return [...this.claims].filter(([, one]) => one[unit] > 0n).map(([controller]) => controller);
  }

  /** Whose request waits. */
  asking(): readonly string[] {
    return [...this.pending].filter(([, amount]) => amount > 0n).map(([controller]) => controller);
  }

  claimOf(controller: string): Claim {
    return this.claims.get(controller) ?? { assets: 0n, shares: 0n };
  }
}

/** What the pool's contract holds, as views say. */
export interface PoolTotals {
  readonly assets: bigint;
  readonly shares: bigint;
  readonly supply: bigint;
}

type Handler = (event: LogDescription, pool: PoolModel) => void;
/** A side of the queue, as {@link PoolModel} has it. */
export type SideName = "entries" | "exits";

const integer = (event: LogDescription, name: string) => event.args.getValue(name) as bigint;
const text = (event: LogDescription, name: string) => event.args.getValue(name) as string;
const claimOf = (event: LogDescription) => ({ assets: integer(event, "assets"), shares: integer(event, "shares") });
const negated = ({ assets, shares }: Claim) => ({ assets: -assets, shares: -shares });

/** Of one side: what is asked for waits until it is executed or cancelled. */
const requested =
  (side: SideName): Handler =>
  (event, pool) => {
    pool[side].ask(text(event, "controller"), integer(event, pool[side].unit));
  };
const cancelled =
  (side: SideName): Handler =>
  (event, pool) => {
    pool[side].ask(text(event, "controller"), -integer(event, pool[side].unit));
  };
const executed =
  (side: SideName): Handler =>
  (event, pool) => {
    cancelled(side)(event, pool);
    pool[side].change(text(event, "controller"), claimOf(event));
  };

/** What each event does to the books of the pool. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  Transfer(event, pool) {
    const value = integer(event, "value");
    pool.move(text(event, "from"), -value);
    pool.move(text(event, "to"), value);
  },
  DepositRequest: requested("entries"),
  DepositExecuted: executed("entries"),
  DepositRequestCancelled: cancelled("entries"),
  // ERC-4626: the sender of a deposit is whose claim it is.
  Deposit(event, pool) {
    pool.claim(pool.entries, text(event, "sender"), claimOf(event));
  },
  RedeemRequest: requested("exits"),
  RedeemExecuted: executed("exits"),
  RedeemRequestCancelled: cancelled("exits"),
  Withdraw(event, pool) {
    pool.claim(pool.exits, text(event, "owner"), claimOf(event));
  },
  OperatorSet(event, pool) {
    pool.setOperator(text(event, "controller"), text(event, "operator"), event.args.getValue("approved") as boolean);
  },
};

const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["Traded", "BucketRefreshed", "BucketCollected", "Approval"]);

/** Whether the books of the pool know what an event does. */
export function isKnownPoolEvent(name: string): boolean {
  return name in HANDLERS || WITHOUT_EFFECT.has(name);
}

/** Shares, requests and claims of the liquidity pool, from its events alone. */
export class PoolModel {
  readonly entries = new Side("assets");
  readonly exits = new Side("shares");
  readonly #operators = new Set<string>();
  readonly #holders = new Map<string, bigint>();
  #supply = 0n;
  readonly #told: Violation[] = [];

  note(event: LogDescription): void {
    HANDLERS[event.name]?.(event, this);
  }

  setOperator(controller: string, operator: string, isApproved: boolean): void {
    if (isApproved) this.#operators.add(`${controller} ${operator}`);
    else this.#operators.delete(`${controller} ${operator}`);
  }

  isOperator(controller: string, operator: string): boolean {
    return this.#operators.has(`${controller} ${operator}`);
  }

  balanceOf(holder: string): bigint {
    return this.#holders.get(holder) ?? 0n;
  }

  move(holder: string, value: bigint): void {
    if (holder === ZeroAddress) this.#supply -= value;
    else this.#holders.set(holder, this.balanceOf(holder) + value);
  }

  /** Who claims gets no more than his part, rounded against him. */
  claim(side: Side, controller: string, claim: Claim): void {
    const whole = side.claimOf(controller);
    const gives = side.unit;
    const gets = gives === "assets" ? "shares" : "assets";
    if (claim[gets] * whole[gives] > claim[gives] * whole[gets]) {
      const detail = `${claim[gets].toString()} ${gets} for ${claim[gives].toString()} ${gives}`;
      const all = `${whole[gets].toString()} for ${whole[gives].toString()}`;
      this.#told.push({ invariant: "pool", message: `a claim of ${detail} of ${all}` });
    }
    side.change(controller, negated(claim));
  }

  /** What the pool holds is what waits and what may be claimed. */
  check({ assets, shares, supply }: PoolTotals, pool: string): Violation[] {
    const violations = this.#told.splice(0);
    const compare = (what: string, shown: bigint, told: bigint) => {
      if (shown === told) return;
      violations.push({ invariant: "pool", message: `${what} ${shown.toString()}, by events ${told.toString()}` });
    };
    const sum = (values: Iterable<bigint>) => [...values].reduce((total, value) => total + value, 0n);
    const claims = (side: Side, key: keyof Claim) => sum([...side.claims.values()].map((claim) => claim[key]));
    compare("USDC of the pool's own", assets, sum(this.entries.pending.values()) + claims(this.exits, "assets"));
    compare("shares of the pool's own", shares, sum(this.exits.pending.values()) + claims(this.entries, "shares"));
    compare("shares by transfers", this.balanceOf(pool), shares);
    compare("all shares", supply, this.#supply);
    compare("shares of all holders", supply, sum(this.#holders.values()));
    return violations;
  }
}
