import {
  type Account,
  type Instrument,
  type Order,
  type SignedOrder,
  WAD,
  batchOf,
  callersOrder,
  executionOf,
  hashOrder,
  makeSingleOrder,
  signOrder,
} from "@plimsoll/client";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, nameInstrument, oddWad, pickOther, units, wad } from "./case.ts";
import { TASTES, pickInstrument } from "./instruments.ts";

interface Trade {
  readonly person: Person;
  /** Of the person. */
  readonly account: Account;
  readonly other: Person;
  readonly instrument: Instrument;
  /** Of the person, signed. */
  readonly size: bigint;
  readonly price: bigint;
  readonly told: string;
}

const absolute = (value: bigint) => (value < 0n ? -value : value);

/** His first account, or his wallet's if there is something in it. */
function pickOwn(stage: Stage, dice: Dice, { accounts, wallet }: Person): Account {
  const isWallet = dice.chance(0.2) && stage.model.accounts.has(wallet);
  return isWallet ? wallet : accounts[0];
}

/** Who trades what with whom, at a price around mark; adversaries at any. */
async function makeTrade(stage: Stage, dice: Dice): Promise<Trade | undefined> {
  const person = dice.pick(stage.people);
  const { instrument, underlying } = pickInstrument(stage, dice, person.role);
  const { side, leverage } = TASTES[person.role];
  const account = pickOwn(stage, dice, person);
  const notional = stage.worth(account) * dice.scale(0.05, Math.max(leverage, 0.1));
  const isSale = side === 0 ? dice.chance(0.5) : side < 0;
  const amount = oddWad(stage, notional / stage.world.price(underlying));
  if (amount === 0n) return undefined;
  const other = dice.chance(0.15) ? pickOther(stage, dice, person) : dice.pick(stage.of("maker"));
  if (other === person) return undefined;
  const factor = person.role === "adversary" ? dice.between(0.7, 1.3) : dice.between(0.99, 1.01);
  const price = ((await stage.mark(instrument)) * wad(factor)) / WAD;
  const verb = isSale ? "sells" : "buys";
  const told = `${person.label} ${verb} ${units(amount)} ${nameInstrument(stage, instrument)} at ${units(price)}, with ${other.label}`;
  return { person, account, other, instrument, size: isSale ? -amount : amount, price, told };
}

function fillOf({ account: mine, other, instrument, size, price }: Trade) {
  const [theirs] = other.accounts;
  const [buyer, seller] = size > 0n ? [mine, theirs] : [theirs, mine];
  return { buyer, seller, instrument, size: absolute(size), price };
}

const trade: Case = {
  ...{ name: "trade", covers: ["Clearinghouse.batch"], weight: 14, opening: 12 },
  async plan(stage, dice) {
    const agreed = await makeTrade(stage, dice);
    if (agreed === undefined) return undefined;
    const actions = batchOf({ fills: [fillOf(agreed)] });
    return { told: agreed.told, call: stage.call("Clearinghouse.batch", [actions], stage.theatre.broker) };
  },
};

/** A position of the person, the part of it to be closed, and somebody for the other side. */
async function makeReduction(stage: Stage, dice: Dice): Promise<Trade | undefined> {
  const person = dice.pick(stage.people);
  const account = pickOwn(stage, dice, person);
  const held = [...(stage.model.accounts.get(account)?.positions ?? [])];
  if (held.length === 0) return undefined;
  const [instrument, size] = dice.pick(held);
  const part = (size * wad(dice.chance(0.4) ? 1 : dice.between(0.05, 1))) / WAD;
  const other = dice.pick(stage.of("maker").filter((one) => one !== person));
  if (part === 0n) return undefined;
  const price = ((await stage.mark(instrument)) * wad(dice.between(0.97, 1.03))) / WAD;
  const told = `${person.label} reduces ${units(part)} ${nameInstrument(stage, instrument)} at ${units(price)}`;
  return { person, account, other, instrument, size: -part, price, told };
}

const reduce: Case = {
  ...{ name: "reduce", covers: ["Clearinghouse.batch"], weight: 8 },
  async plan(stage, dice) {
    const agreed = await makeReduction(stage, dice);
    if (agreed === undefined) return undefined;
    const reducing: Account[] = [agreed.account];
    const actions = batchOf({ fills: [fillOf(agreed)], reducing });
    const call = stage.call("Clearinghouse.batch", [actions], stage.theatre.broker);
    return { told: agreed.told, call, reducing, watched: reducing };
  },
};

const UNLIMITED_FEE = 2n ** 100n;
/** For which an order may be filled. */
const ORDER_SECONDS = 7_200;

/** What orders of all kinds have in common; each has a salt of its own. */
export function orderTerms(stage: Stage) {
  return { maxFee: UNLIMITED_FEE, expiry: BigInt(stage.world.now + ORDER_SECONDS), salt: stage.salt() };
}

/** Somebody signs an order, of which others may take what is left later. */
export async function offer(stage: Stage, order: Order, { key }: Person): Promise<SignedOrder> {
  const { venue } = stage.theatre.market;
  const signed = await signOrder(order, key, venue);
  stage.orders.add(hashOrder(order, venue), signed);
  return signed;
}

/** The person's side of a trade, or the other's. */
function orderOf(stage: Stage, { instrument, price }: Trade, party: { account: Account; size: bigint }): Order {
  return makeSingleOrder({ ...party, ...orderTerms(stage), instrument, price });
}

/** Orders of both sides: the maker's is signed, the taker calls himself. */
const order: Case = {
  ...{ name: "order", covers: ["OrderSettlement.fill"], weight: 5, opening: 2 },
  async plan(stage, dice) {
    const agreed = await makeTrade(stage, dice);
    if (agreed === undefined) return undefined;
    const { person, account, other, size } = agreed;
    const theirs = orderOf(stage, agreed, { account: other.accounts[0], size: -size });
    const maker = await offer(stage, theirs, other);
    const mine = orderOf(stage, agreed, { account, size });
    const taker = callersOrder(mine, person.address);
    const filled = dice.chance(0.4) ? absolute(size) / 2n : absolute(size);
    if (filled === 0n) return undefined;
    const call = stage.call("OrderSettlement.fill", [maker, taker, executionOf(theirs, filled)], person.address);
    return { told: `by orders: ${agreed.told}`, call };
  },
};

/** An order that somebody else signed for the account that it sells. */
const forgedOrder: Case = {
  ...{ name: "forged order", covers: ["OrderSettlement.fill"], weight: 1 },
  async plan(stage, dice) {
    const agreed = await makeTrade(stage, dice);
    if (agreed === undefined) return undefined;
    const { person, account, other, size } = agreed;
    const theirs = orderOf(stage, agreed, { account: other.accounts[0], size: -size });
    const maker = await signOrder(theirs, person.key, stage.theatre.market.venue);
    const mine = orderOf(stage, agreed, { account, size });
    const taker = callersOrder(mine, person.address);
    const execution = executionOf(theirs, absolute(size));
    const call = stage.call("OrderSettlement.fill", [maker, taker, execution], person.address);
    return { told: `${person.label} signs for ${other.label}`, call, mustRefuse: true };
  },
};

const cancel: Case = {
  ...{ name: "cancel", covers: ["OrderSettlement.cancel"], weight: 0.5 },
  plan(stage, dice) {
    const { label, address, accounts } = dice.pick(stage.people);
    const { instrument } = pickInstrument(stage, dice, "long");
    const cancelled = {
      account: accounts[0],
      legs: [{ instrument, ratio: 1n }],
      size: WAD,
      limitPrice: WAD,
      maxFee: 0n,
      expiry: 0n,
      salt: stage.salt(),
      reduceOnly: false,
    };
    return { told: `${label} cancels an order`, call: stage.call("OrderSettlement.cancel", [cancelled], address) };
  },
};

const cancelBelow: Case = {
  ...{ name: "cancel below", covers: ["OrderSettlement.cancelBelow"], weight: 0.5 },
  plan(stage, dice) {
    const { label, address } = dice.pick(stage.people);
    const call = stage.call("OrderSettlement.cancelBelow", [stage.salt()], address);
    return { told: `${label} cancels all earlier orders`, call };
  },
};

export const TRADING: readonly Case[] = [trade, reduce, order, forgedOrder, cancel, cancelBelow];
