import { CASH, type Instrument, Kind, fieldsOf } from "@plimsoll/client";
import { SCALE } from "./cash.ts";
import { type LedgerModel, SETTLING } from "./ledger.ts";

/** Something that must hold did not. `invariant` as in docs/invariants.md, or what was asked for in a word or two. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

/** What the chain says of itself in total. Tokens in WAD. */
export interface Totals {
  readonly recorded: ReadonlyMap<Instrument, bigint>;
  readonly balances: ReadonlyMap<Instrument, bigint>;
  readonly reserve: bigint;
  /** As `cashTotals` of the clearinghouse. */
  readonly cash: {
    readonly borrowIndex: bigint;
    readonly supplyIndex: bigint;
    readonly scaledDebts: bigint;
    readonly scaledSupply: bigint;
  };
}

/** INV-1 and INV-2 within the model: the events alone must add up. */
export function checkModel(model: LedgerModel): Violation[] {
  const shares = sharesOf(model);
  const nets = [...model.nets].flatMap(([instrument, net]) => checkNet(model, { instrument, net, shares }));
  const told = [model.cash, model.funding, model.tearUps].flatMap((one) => one.takeViolations());
  return [...checkCash(model, shares), ...nets, ...checkShares(model), ...told];
}

type Shares = ReadonlyMap<string, { readonly size: bigint; readonly value: bigint }>;

function checkCash(model: LedgerModel, shares: Shares): Violation[] {
  let openValue = 0n;
  for (const { value } of shares.values()) openValue += value;
  const exactly = model.cash.ownedExactly + model.reserveExactly;
  const owed = exactly / SCALE + model.entryValues + model.funding.paid + openValue;
  const custody = model.custody.get(CASH) ?? 0n;
  if (owed === custody && exactly % SCALE === 0n) return [];
  return [
    { invariant: "INV-1", message: `cash in custody ${custody.toString()}, owed to accounts ${owed.toString()}` },
  ];
}

interface Net {
  readonly instrument: Instrument;
  readonly net: bigint;
  readonly shares: Shares;
}

function checkNet(model: LedgerModel, { instrument, net, shares }: Net): Violation[] {
  const name = hex(instrument);
  if (fieldsOf(instrument).kind === Kind.Spot) {
    const kept = model.custody.get(instrument) ?? 0n;
    if (kept === net) return [];
    return [{ invariant: "INV-1", message: `token ${name}: custody ${kept.toString()}, owed ${net.toString()}` }];
  }
  const open = shares.get(name)?.size ?? 0n;
  if (net === open) return [];
  return [{ invariant: "INV-2", message: `${name} nets to ${net.toString()}, ${open.toString()} still to be shared` }];
}

/** The last one to take a share takes the rest. */
function checkShares(model: LedgerModel): Violation[] {
  return [...model.openShares]
    .filter(([key, { size, value }]) => !key.endsWith(SETTLING) && size === 0n && value !== 0n)
    .map(([key, { value }]) => ({
      invariant: "INV-5",
      message: `${key}: all units are shared, ${value.toString()} of value is not`,
    }));
}

/** INV-1 against the chain. */
export function checkTotals(model: LedgerModel, { recorded, balances, reserve, cash }: Totals): Violation[] {
  const violations: Violation[] = [];
  const say = (message: string) => violations.push({ invariant: "INV-1", message });
  violations.push(...checkCashTotals(model, cash));
  if (reserve !== model.reserve) say(`reserve ${reserve.toString()}, by events ${model.reserve.toString()}`);
  for (const [asset, amount] of recorded) {
    const expected = model.custody.get(asset) ?? 0n;
    if (amount !== expected) say(`recorded of ${hex(asset)} ${amount.toString()}, by events ${expected.toString()}`);
    const balance = balances.get(asset) ?? 0n;
    if (balance < amount) say(`${hex(asset)}: balance ${balance.toString()} below the recorded ${amount.toString()}`);
  }
  return violations;
}

/** Scaled totals as events say, and indices as rates make them. */
function checkCashTotals(model: LedgerModel, cash: Totals["cash"]): Violation[] {
  const { totals, indices } = model.cash;
  const pairs = [
    ["INV-1", "debts", cash.scaledDebts, totals.debts],
    ["INV-1", "cash", cash.scaledSupply, totals.supply],
    ["interest", "borrow index", cash.borrowIndex, indices.borrow],
    ["interest", "supply index", cash.supplyIndex, indices.supply],
  ] as const;
  return pairs
    .filter(([, , shown, expected]) => shown !== expected)
    .map(([invariant, what, shown, expected]) => ({
      ...{ invariant, message: `views show ${what} ${shown.toString()}, by the model ${expected.toString()}` },
    }));
}

function sharesOf(model: LedgerModel): Shares {
  const sums = new Map<string, { size: bigint; value: bigint }>();
  for (const [key, { size, value }] of model.openShares) {
    const instrument = key.slice(0, -1);
    const sum = sums.get(instrument) ?? { size: 0n, value: 0n };
    sums.set(instrument, { size: sum.size + size, value: sum.value + value });
  }
  return sums;
}

const hex = (instrument: Instrument) => instrument.toString(16);
