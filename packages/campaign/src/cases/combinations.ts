import {
  type Leg,
  type Order,
  type SignedOrder,
  WAD,
  callersOrder,
  executionOf,
  fieldsOf,
  makeOrder,
  netPrice,
  preparationFor,
} from "@plimsoll/client";
import type { SurfaceFunction } from "../chain/contracts.ts";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, oddWad, pickOther, units, wad } from "./case.ts";
import { TASTES, tradedOn } from "./instruments.ts";
import { offer, orderTerms } from "./trading.ts";

const MIN_LEGS = 2;
const MAX_LEGS = 4;
const MAX_RATIO = 3;

/** Two to four instruments on one underlying in whole ratios, as an order has them. */
function pickLegs(stage: Stage, dice: Dice): Leg[] {
  const traded = tradedOn(stage, dice.pick(stage.world.underlyings).id);
  const count = MIN_LEGS + dice.integer(MAX_LEGS - MIN_LEGS + 1);
  const legs: Leg[] = [];
  for (let i = 0; i < count && traded.length > 0; i++) {
    const [place, ratio, isShort] = dice.choices(traded.length, MAX_RATIO, 2);
    for (const instrument of traded.splice(place, 1)) {
      legs.push({ instrument, ratio: BigInt(isShort === 1 ? -1 - ratio : 1 + ratio) });
    }
  }
  return legs.toSorted((a, b) => (a.instrument < b.instrument ? -1 : 1));
}

async function marksOf(stage: Stage, legs: readonly Leg[]): Promise<bigint[]> {
  const marks: bigint[] = [];
  for (const { instrument } of legs) marks.push(await stage.mark(instrument));
  return marks;
}

interface Combination {
  readonly person: Person;
  readonly maker: SignedOrder;
  readonly marks: readonly bigint[];
  readonly told: string;
}

async function makeCombination(stage: Stage, dice: Dice): Promise<Combination | undefined> {
  const person = dice.pick(stage.people);
  const other = dice.pick(stage.of("maker"));
  const legs = pickLegs(stage, dice);
  const [first] = legs;
  if (first === undefined || other === person) return undefined;
  const marks = await marksOf(stage, legs);
  const notional = stage.worth(person.accounts[0]) * dice.scale(0.05, Math.max(TASTES[person.role].leverage / 2, 0.1));
  const size = oddWad(stage, notional / stage.world.price(fieldsOf(first.instrument).underlying));
  if (size === 0n) return undefined;
  const terms = { account: other.accounts[0], legs, size, limitPrice: netPrice(legs, marks) };
  const maker = await offer(stage, makeOrder({ ...orderTerms(stage), ...terms }), other);
  return { person, maker, marks, told: `${other.label} offers ${units(size)} of ${legs.length} legs together` };
}

/** The other side of so much of an order, in its units or in others. */
function takerOf(stage: Stage, { order }: SignedOrder, party: { person: Person; size: bigint; factor: bigint }): Order {
  const { person, size, factor } = party;
  return makeOrder({
    ...orderTerms(stage),
    ...{ account: person.accounts[0], size: size / factor, limitPrice: -order.limitPrice * factor },
    expiry: order.expiry,
    legs: order.legs.map(({ instrument, ratio }) => ({ instrument, ratio: -ratio * factor })),
  });
}

/** How an order is brought: by its taker himself or by the router in his name. */
function bring(
  stage: Stage,
  dice: Dice,
  fill: { person: Person; maker: SignedOrder; size: bigint; marks: readonly bigint[] },
) {
  const { person, maker, marks } = fill;
  // In pairs of units, half as many of them.
  const factor = dice.chance(0.3) ? 2n : 1n;
  const size = fill.size - (fill.size % factor);
  if (size === 0n) return undefined;
  const order = takerOf(stage, maker, { person, size, factor });
  const execution = executionOf(maker.order, size, marks);
  if (dice.chance(0.6)) {
    const args = [maker, callersOrder(order, person.address), execution];
    return stage.call("OrderSettlement.fill", args, person.address);
  }
  const taker = callersOrder(order, stage.theatre.addresses.TradeRouter);
  const args = [preparationFor(order.account), maker, taker, execution];
  return stage.call("TradeRouter.fill", args, person.address);
}

const covers: readonly SurfaceFunction[] = ["OrderSettlement.fill", "TradeRouter.fill"];

/** Several legs at one net price, filled whole or in part. */
const combination: Case = {
  ...{ name: "combination", covers, weight: 3, opening: 2 },
  async plan(stage, dice) {
    const made = await makeCombination(stage, dice);
    if (made === undefined) return undefined;
    const { order } = made.maker;
    const size = dice.chance(0.6) ? (order.size * wad(dice.between(0.05, 0.9))) / WAD : order.size;
    const call = bring(stage, dice, { ...made, size });
    if (call === undefined) return undefined;
    return { told: `${made.person.label} takes ${units(size)}: ${made.told}`, call };
  },
};

/** Another part of an order that was filled in part, by anybody; sometimes more than is left. */
const rest: Case = {
  ...{ name: "rest of an order", covers, weight: 2.5 },
  async plan(stage, dice) {
    const open = stage.orders.open();
    if (open.length === 0) return undefined;
    const { signed, filled } = dice.pick(open);
    const person = dice.pick(stage.people);
    const left = signed.order.size - filled;
    const size = (left * wad(dice.chance(0.3) ? 1 : dice.between(0.2, 1.2))) / WAD;
    const marks = await marksOf(stage, signed.order.legs);
    const call = size === 0n ? undefined : bring(stage, dice, { person, maker: signed, size, marks });
    if (call === undefined) return undefined;
    return {
      told: `${person.label} takes ${units(size)} more of an order of ${stage.nameOf(signed.order.account)}`,
      call,
    };
  },
};

/** The router fills an order for an account that is not its caller's. */
const stolenFill: Case = {
  ...{ name: "stolen TradeRouter fill", covers: ["TradeRouter.fill"], weight: 0.4 },
  async plan(stage, dice) {
    const made = await makeCombination(stage, dice);
    if (made === undefined) return undefined;
    const thief = pickOther(stage, dice, made.person);
    const { size } = made.maker.order;
    const order = takerOf(stage, made.maker, { person: made.person, size, factor: 1n });
    const taker = callersOrder(order, stage.theatre.addresses.TradeRouter);
    const execution = executionOf(made.maker.order, size, made.marks);
    const args = [preparationFor(order.account), made.maker, taker, execution];
    const call = stage.call("TradeRouter.fill", args, thief.address);
    return { told: `${thief.label} has the router fill for ${made.person.label}`, call, mustRefuse: true };
  },
};

export const COMBINATIONS: readonly Case[] = [combination, rest, stolenFill];
