import { type Account, ownerOf } from "@plimsoll/client";
import type { LogDescription } from "ethers";
import { Clearinghouse__factory, Liquidator__factory } from "../../../../typechain-types/index.ts";
import type { LiquidationRecord, Summary } from "../result.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import { LogReader, type RawLog } from "./logs.ts";
import { fromWad } from "./wad.ts";

/** What the Liquidator did. Times in Unix seconds, amounts in USD WAD. */
export type LiquidationEvent =
  | { readonly name: "MarginCalled"; readonly time: number; readonly account: Account; readonly shortfall: bigint }
  | { readonly name: "AuctionStarted"; readonly time: number; readonly account: Account }
  | {
      readonly name: "Liquidated";
      readonly time: number;
      readonly account: Account;
      readonly requirementRemoved: bigint;
      readonly payment: bigint;
    }
  | {
      readonly name: "AccountTaken";
      readonly time: number;
      readonly account: Account;
      readonly taker: Account;
      readonly equity: bigint;
      readonly payment: bigint;
      readonly badDebt: bigint;
      readonly fromReserve: bigint;
      readonly fromBackstop: bigint;
    }
  | {
      readonly name: "AccountDeleveraged";
      readonly time: number;
      readonly account: Account;
      readonly fromReserve: bigint;
      readonly fromBackstop: bigint;
      readonly charged: bigint;
    }
  /** Of the clearinghouse: the part of `charged` that positive cash bore. */
  | { readonly name: "LossShared"; readonly time: number; readonly account: Account; readonly amount: bigint };

const clearinghouse = Clearinghouse__factory.createInterface();
const liquidator = Liquidator__factory.createInterface();
/** Under these names the events of the clearinghouse mention accounts. */
const ACCOUNT_ARGUMENTS = new Set(["account", "from", "to", "buyer", "seller", "feeTo"]);

/** Follows the logs of clearinghouse and liquidator from block to block. */
export class EventReader {
  readonly accounts = new Set<Account>();
  readonly events: LiquidationEvent[] = [];
  readonly #chain: SimulatedChain;
  readonly #deployment: Deployment;
  readonly #logs: LogReader;

  constructor(chain: SimulatedChain, deployment: Deployment) {
    this.#chain = chain;
    this.#deployment = deployment;
    const { clearinghouse: books, liquidator: auctions } = deployment.addresses;
    this.#logs = new LogReader(chain, { address: [books, auctions] }, deployment.startBlock);
  }

  /** Reads what happened since the last call. @returns the new events of the Liquidator. */
  async read(): Promise<readonly LiquidationEvent[]> {
    const known = this.events.length;
    for (const log of await this.#logs.read()) this.#take(log);
    return this.events.slice(known);
  }

  #take(log: RawLog): void {
    const isLiquidator = log.address.toLowerCase() === this.#deployment.addresses.liquidator.toLowerCase();
    const description = (isLiquidator ? liquidator : clearinghouse).parseLog(log);
    if (description === null) return;
    if (!isLiquidator) for (const account of accountsIn(description)) this.accounts.add(account);
    if (!isLiquidator && description.name !== "LossShared") return;
    const event = toEvent(description, this.#chain.now);
    if (event !== undefined) this.events.push(event);
  }
}

function accountsIn({ fragment, args }: LogDescription): Account[] {
  return fragment.inputs.flatMap(({ name, type }, i) =>
    type === "uint256" && ACCOUNT_ARGUMENTS.has(name) ? [args[i] as Account] : [],
  );
}

function toEvent({ name, args }: LogDescription, time: number): LiquidationEvent | undefined {
  const integer = (key: string) => args.getValue(key) as bigint;
  const account = integer("account");
  switch (name) {
    case "MarginCalled":
      return { name, time, account, shortfall: integer("initial") - integer("equity") };
    case "AuctionStarted":
      return { name, time, account };
    case "Liquidated":
      return { name, time, account, requirementRemoved: integer("requirementRemoved"), payment: integer("payment") };
    case "AccountTaken":
      return {
        name,
        time,
        account,
        taker: integer("taker"),
        equity: integer("equity"),
        payment: integer("payment"),
        badDebt: integer("badDebt"),
        fromReserve: integer("fromReserve"),
        fromBackstop: integer("fromBackstop"),
      };
    case "AccountDeleveraged":
      return {
        name,
        time,
        account,
        fromReserve: integer("fromReserve"),
        fromBackstop: integer("fromBackstop"),
        charged: integer("charged"),
      };
    case "LossShared":
      return { name, time, account, amount: integer("amount") };
    default:
      return undefined;
  }
}

const positive = (value: bigint) => (value > 0n ? value : 0n);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** The part of the summary that follows from events alone. */
export type Tally = Pick<Summary, "marginCalls" | "liquidations" | "badDebt" | "waterfall">;

/** Counts and adds up, in whole numbers, and only then turns to USD. */
export function tally(events: readonly LiquidationEvent[]): Tally {
  const paid = { account: 0n, reserve: 0n, backstop: 0n, charged: 0n, shared: 0n };
  for (const event of events) {
    if (event.name === "Liquidated") paid.account += positive(event.payment);
    if (event.name === "LossShared") paid.shared += event.amount;
    if (event.name === "AccountTaken") paid.account += smaller(positive(event.payment), positive(event.equity));
    if (event.name === "AccountDeleveraged") paid.charged += event.charged;
    if (event.name !== "AccountTaken" && event.name !== "AccountDeleveraged") continue;
    paid.reserve += event.fromReserve;
    paid.backstop += event.fromBackstop;
  }
  return {
    marginCalls: countOf(events, "MarginCalled"),
    liquidations: events.filter(isLiquidation).length,
    badDebt: fromWad(paid.reserve + paid.backstop + paid.charged),
    waterfall: {
      account: fromWad(paid.account),
      reserve: fromWad(paid.reserve),
      backstop: fromWad(paid.backstop),
      deleveraged: fromWad(paid.charged - paid.shared),
      shared: fromWad(paid.shared),
    },
  };
}

export function countLiquidated(events: readonly LiquidationEvent[]): number {
  return new Set(events.filter(isLiquidation).map(({ account }) => account)).size;
}

type Liquidation = Extract<LiquidationEvent, { readonly name: "Liquidated" | "AccountTaken" }>;

/** Whether legs changed hands. */
export function isLiquidation(event: LiquidationEvent): event is Liquidation {
  return event.name === "Liquidated" || event.name === "AccountTaken";
}

export function countOf(events: readonly LiquidationEvent[], name: LiquidationEvent["name"]): number {
  return events.filter((event) => event.name === name).length;
}

/** The liquidations as the report shows them. @param labelOf Names an account. @param vault Address of the backstop. */
export function toRecords(
  events: readonly LiquidationEvent[],
  { labelOf, vault }: { readonly labelOf: (account: Account) => string; readonly vault: string },
): LiquidationRecord[] {
  return events.filter(isLiquidation).map((event): LiquidationRecord => {
    const common = { time: event.time, account: labelOf(event.account), payment: fromWad(event.payment) };
    if (event.name === "Liquidated") {
      return { ...common, kind: "legs", requirementRemoved: fromWad(event.requirementRemoved), badDebt: 0 };
    }
    const isBackstop = ownerOf(event.taker).toLowerCase() === vault.toLowerCase();
    const kind = isBackstop ? "backstop" : "whole";
    return { ...common, kind, requirementRemoved: 0, badDebt: fromWad(event.badDebt) };
  });
}
