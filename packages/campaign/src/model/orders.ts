import { type SignedOrder, WAD } from "@plimsoll/client";
import type { LogDescription } from "ethers";
import type { Violation } from "./conservation.ts";

/** An order that somebody signed and that is not filled whole. */
interface OpenOrder {
  readonly signed: SignedOrder;
  filled: bigint;
}

/** Orders by their hash, and what events say was filled of each. */
export class OrderBook {
  readonly #orders = new Map<string, OpenOrder>();

  add(hash: string, signed: SignedOrder): void {
    if (!this.#orders.has(hash)) this.#orders.set(hash, { signed, filled: 0n });
  }

  /** What was filled in part. */
  open(): readonly OpenOrder[] {
    return [...this.#orders.values()].filter(({ signed, filled }) => filled > 0n && filled < signed.order.size);
  }

  /** No order is filled beyond its size, nor at a worse price than it allows; to what rounding takes. */
  note({ name, args }: LogDescription): Violation[] {
    if (name !== "OrderFilled") return [];
    const [size, paid] = [args.getValue("size") as bigint, args.getValue("paid") as bigint];
    const found = this.#orders.get(args.getValue("orderHash") as string);
    if (found === undefined) return [];
    found.filled += size;
    const { order } = found.signed;
    const violations: Violation[] = [];
    const say = (message: string) => violations.push({ invariant: "orders", message });
    if (found.filled > order.size) say(`${found.filled.toString()} filled of ${order.size.toString()}`);
    const most = order.limitPrice * size;
    const rounding = BigInt(order.legs.length) * WAD;
    if (paid * WAD > most + rounding) say(`paid ${paid.toString()} at a limit of ${order.limitPrice.toString()}`);
    return violations;
  }
}
