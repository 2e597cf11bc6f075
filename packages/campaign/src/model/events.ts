import { type Account, CASH, Kind, MAY_MOVE, MAY_TRADE, MAY_WITHDRAW, fieldsOf } from "@plimsoll/client";
import type { Result } from "ethers";
import { UnknownEventError } from "../errors.ts";
import type { Rates } from "./cash.ts";
import type { LedgerModel } from "./ledger.ts";

/** Something that a transaction did to an account which needs its owner's authority. */
export interface Act {
  readonly account: Account;
  readonly permission: number;
}

/** What a transaction did, as far as the checks care. */
export interface Facts {
  /** Accounts whose books changed, or whose shares of losses were taken. */
  readonly touched: Set<Account>;
  /** Accounts that gave something or took on a position: INV-3 is about them. */
  readonly charged: Set<Account>;
  readonly acts: Act[];
  /** Whether a loss was ordered that others have still to share, so that views of their accounts differ from the books. */
  ordersLoss: boolean;
  /** Whether funding came up to date, so that who holds the perpetual is worth another sum. */
  accruesFunding: boolean;
  /** Accounts whose shares of losses were taken only in part. */
  readonly partial: Set<Account>;
}

export function noFacts(): Facts {
  return {
    touched: new Set(),
    charged: new Set(),
    acts: [],
    ordersLoss: false,
    accruesFunding: false,
    partial: new Set(),
  };
}

interface Scene {
  readonly model: LedgerModel;
  readonly facts: Facts;
  /** Whether the transaction shares a loss in cash. */
  readonly sharesLoss: boolean;
}

type Handler = (args: Result, scene: Scene) => void;

const integer = (args: Result, name: string) => args.getValue(name) as bigint;

function touch({ facts }: Scene, ...accounts: Account[]): void {
  for (const account of accounts) facts.touched.add(account);
}

/** What each event of the clearinghouse does to the books. An event without a handler stops the campaign. */
export const LEDGER_EVENTS: Readonly<Record<string, Handler>> = {
  Deposited(args, scene) {
    const [account, asset, size] = [integer(args, "account"), integer(args, "asset"), integer(args, "size")];
    scene.model.receive(asset, size);
    if (asset === CASH) scene.model.addCash(account, size);
    else scene.model.trade(account, { instrument: asset, delta: size, value: 0n });
    touch(scene, account);
  },
  Withdrawn(args, scene) {
    const [account, asset, size] = [integer(args, "account"), integer(args, "asset"), integer(args, "size")];
    scene.model.receive(asset, -size);
    if (asset === CASH) scene.model.addCash(account, -size);
    else scene.model.trade(account, { instrument: asset, delta: -size, value: 0n });
    touch(scene, account);
    scene.facts.charged.add(account);
    scene.facts.acts.push({ account, permission: MAY_WITHDRAW });
  },
  Transferred(args, scene) {
    const [from, to, asset] = [integer(args, "from"), integer(args, "to"), integer(args, "asset")];
    const [size, entry] = [integer(args, "size"), integer(args, "entryValue")];
    if (asset === CASH) {
      scene.model.addCash(from, -size);
      scene.model.addCash(to, size);
    } else {
      scene.model.trade(from, { instrument: asset, delta: -size, value: -entry });
      scene.model.trade(to, { instrument: asset, delta: size, value: entry });
      if (fieldsOf(asset).kind !== Kind.Spot) scene.facts.charged.add(to);
    }
    touch(scene, from, to);
    scene.facts.charged.add(from);
    scene.facts.acts.push({ account: from, permission: MAY_MOVE });
  },
  Filled(args, scene) {
    const [buyer, seller] = [integer(args, "buyer"), integer(args, "seller")];
    scene.model.fill({
      ...{ buyer, seller, instrument: integer(args, "instrument") },
      ...{ size: integer(args, "size"), price: integer(args, "price") },
    });
    touch(scene, buyer, seller);
    for (const account of [buyer, seller]) {
      scene.facts.charged.add(account);
      scene.facts.acts.push({ account, permission: MAY_TRADE });
    }
  },
  Seized(args, { model, facts }) {
    const [from, to, feeTo] = [integer(args, "from"), integer(args, "to"), integer(args, "feeTo")];
    const [value, payment, fee] = [integer(args, "value"), integer(args, "payment"), integer(args, "fee")];
    model.addCash(from, value - payment);
    model.addCash(to, payment - fee - value);
    model.addCash(feeTo, fee);
    for (const account of [from, to, feeTo]) facts.touched.add(account);
    // Who lost the legs is under another rule: INV-4.
    facts.charged.delete(from);
  },
  TakenOver(args, { model, facts }) {
    const [from, to] = [integer(args, "from"), integer(args, "to")];
    model.moveAll(from, to);
    model.drawReserve(to, integer(args, "fromReserve"));
    for (const account of [from, to]) facts.touched.add(account);
    facts.charged.add(to);
  },
  Rewarded(args, scene) {
    const [from, to, size] = [integer(args, "from"), integer(args, "to"), integer(args, "size")];
    scene.model.addCash(from, -size);
    scene.model.addCash(to, size);
    touch(scene, from, to);
  },
  Deleveraged(args, scene) {
    const account = integer(args, "account");
    const [instrument, size, value] = [integer(args, "instrument"), integer(args, "size"), integer(args, "value")];
    scene.model.tearUp(account, { instrument, size, value });
    touch(scene, account);
    scene.facts.ordersLoss = true;
  },
  LossShared(args, scene) {
    const account = integer(args, "account");
    scene.model.shareDebt(account, integer(args, "amount"));
    touch(scene, account);
    scene.facts.ordersLoss = true;
  },
  LossTaken(args, scene) {
    const account = integer(args, "account");
    const [instrument, delta, value] = [integer(args, "instrument"), integer(args, "size"), integer(args, "value")];
    scene.model.takeShare(account, { instrument, delta, value });
    touch(scene, account);
  },
  CashIndexed(args, { model, sharesLoss }) {
    model.setIndices({ borrow: integer(args, "borrowIndex"), supply: integer(args, "supplyIndex") }, sharesLoss);
  },
  InterestRatesSet(args, { model }) {
    model.cash.setRates(args.getValue("rates") as Rates);
  },
  FundingAccrued(args, { model, facts }) {
    const [underlying, rate, price] = [integer(args, "underlying"), integer(args, "rate"), integer(args, "price")];
    model.funding.accrue(
      { underlying: Number(underlying), rate, price, index: integer(args, "index") },
      model.cash.now,
    );
    facts.accruesFunding = true;
  },
  SeriesSettled(args, { model, facts }) {
    model.settleSeries(integer(args, "instrument"));
    facts.ordersLoss = true;
  },
  Expired(args, scene) {
    const account = integer(args, "account");
    const [instrument, size, value] = [integer(args, "instrument"), integer(args, "size"), integer(args, "amount")];
    scene.model.expire(account, { instrument, size, value });
    touch(scene, account);
  },
  SeriesClosed(args, { model }) {
    model.closeSeries(integer(args, "instrument"), integer(args, "residue"));
  },
  FeePaid(args, scene) {
    const account = integer(args, "account");
    scene.model.payFee(account, integer(args, "size"));
    touch(scene, account);
    scene.facts.charged.add(account);
    scene.facts.acts.push({ account, permission: MAY_TRADE });
  },
  ReserveFunded(args, { model }) {
    model.fund(integer(args, "size"));
  },
};

/** Events of the clearinghouse that move nothing. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "OperatorSet",
  "MarginEngineSet",
  "LiquidatorSet",
  "AuthorityUpdated",
  "ModulesAnnounced",
  "FundingSourceSet",
]);

/** The domain of signatures never changes. */
const NEVER: ReadonlySet<string> = new Set(["EIP712DomainChanged"]);

/** Whether the model knows what an event of the clearinghouse does. */
export function isKnownEvent(name: string): boolean {
  return name in LEDGER_EVENTS || WITHOUT_EFFECT.has(name) || NEVER.has(name);
}

/** Keeps the books by one event of the clearinghouse. @throws UnknownEventError */
export function applyEvent(event: { readonly name: string; readonly args: Result }, scene: Scene): void {
  const handler = LEDGER_EVENTS[event.name];
  if (handler !== undefined) handler(event.args, scene);
  else if (!WITHOUT_EFFECT.has(event.name)) throw new UnknownEventError(event.name);
}
