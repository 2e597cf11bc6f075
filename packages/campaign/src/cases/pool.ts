import { type Account, type Instrument, Kind, MAY_TRADE, WAD, fieldsOf, preparationFor } from "@plimsoll/client";
import type { SurfaceFunction } from "../chain/contracts.ts";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import type { Claim, SideName } from "../model/pool.ts";
import {
  type Case,
  type Plan,
  anybody,
  nameInstrument,
  nameOf,
  oddWad,
  pickOther,
  shares,
  units,
  usdc,
  wad,
} from "./case.ts";
import { TASTES, pickInstrument } from "./instruments.ts";

const MOST_REQUESTS = 8;

interface Deal {
  readonly person: Person;
  /** Of the person. */
  readonly account: Account;
  readonly instrument: Instrument;
  /** Of the person, signed. */
  readonly size: bigint;
  readonly reduceOnly: boolean;
}

/** Something new of his taste, or part of what he holds back to the pool. */
function makeDeal(stage: Stage, dice: Dice): Deal | undefined {
  const person = dice.pick(stage.people);
  const [account] = person.accounts;
  const held = [...(stage.model.accounts.get(account)?.positions ?? [])];
  const derivatives = held.filter(([instrument]) => fieldsOf(instrument).kind !== Kind.Spot);
  if (derivatives.length > 0 && dice.chance(0.4)) {
    const [instrument, size] = dice.pick(derivatives);
    const part = (size * wad(dice.chance(0.4) ? 1 : dice.between(0.05, 1))) / WAD;
    return part === 0n ? undefined : { person, account, instrument, size: -part, reduceOnly: dice.chance(0.7) };
  }
  const { instrument, underlying } = pickInstrument(stage, dice, person.role);
  const { side, leverage } = TASTES[person.role];
  const notional = stage.worth(account) * dice.scale(0.02, Math.max(leverage, 0.1));
  const isSale = side === 0 ? dice.chance(0.5) : side < 0;
  const amount = oddWad(stage, notional / stage.world.price(underlying));
  return { person, account, instrument, size: isSale ? -amount : amount, reduceOnly: false };
}

/** For the pool, at almost any price. */
export function poolOrder(stage: Stage, { account, instrument, size, reduceOnly }: Omit<Deal, "person">, mark: bigint) {
  const limitPrice = size > 0n ? mark * 2n + WAD : 0n;
  return { account, instrument, size, limitPrice, deadline: stage.world.now + 60, reduceOnly };
}

/** Who is margined as reducing: the trader if he says so, and the bucket where it reduces. */
function reducingIn(stage: Stage, { account, instrument, size, reduceOnly }: Deal): Account[] {
  const bucket = bucketOf(stage, instrument);
  const held = bucket === undefined ? 0n : stage.model.positionOf(bucket, instrument);
  const reduces = held > 0n === size > 0n && held !== 0n;
  return [...(reduceOnly ? [account] : []), ...(reduces && bucket !== undefined ? [bucket] : [])];
}

/** The pool's account for an instrument, as far as it holds anything there. */
function bucketOf(stage: Stage, instrument: Instrument): Account | undefined {
  const { underlying, expiry } = fieldsOf(instrument);
  return poolBuckets(stage).find((one) => one.underlying === underlying && one.expiry === expiry)?.account;
}

function poolBuckets(stage: Stage): readonly { account: Account; underlying: number; expiry: number }[] {
  const pool = BigInt(stage.theatre.addresses.LiquidityPool);
  return [...stage.model.accounts].flatMap(([account, { positions }]) => {
    const [first] = positions.keys();
    if (account >> 96n !== pool || first === undefined) return [];
    const { underlying, expiry } = fieldsOf(first);
    return [{ account, underlying, expiry }];
  });
}

const tell = (stage: Stage, { person, instrument, size }: Deal) =>
  `${person.label} ${size > 0n ? "buys" : "sells"} ${units(size > 0n ? size : -size)} ${nameInstrument(stage, instrument)}`;

const poolTrade: Case = {
  ...{ name: "pool trade", covers: ["LiquidityPool.trade"], weight: 9, opening: 4 },
  async plan(stage, dice) {
    const deal = makeDeal(stage, dice);
    if (deal === undefined) return undefined;
    const order = poolOrder(stage, deal, await stage.mark(deal.instrument));
    const reducing = reducingIn(stage, deal);
    const call = stage.call("LiquidityPool.trade", [order], deal.person.address);
    return { told: `${tell(stage, deal)} from the pool`, call, reducing, watched: reducing };
  },
};

/** The same by the router, perhaps with a deposit first. */
const routedTrade: Case = {
  ...{ name: "routed trade", covers: ["TradeRouter.tradeWithPool"], weight: 3 },
  async plan(stage, dice) {
    const deal = makeDeal(stage, dice);
    if (deal === undefined) return undefined;
    const { person, account } = deal;
    const order = poolOrder(stage, deal, await stage.mark(deal.instrument));
    const deposit = { account, asset: 0n, amountInTokens: dice.chance(0.5) ? usdc(dice.scale(1, 5_000)) : 0n };
    // The contracts compare with what he is worth after his deposit; the check with what he was worth before, which asks for less.
    const reducing = reducingIn(stage, deal);
    const pool = stage.theatre.addresses.LiquidityPool;
    const args = [preparationFor(account, { deposit }), pool, order];
    const call = stage.call("TradeRouter.tradeWithPool", args, person.address);
    return { told: `by the router: ${tell(stage, deal)} from the pool`, call, reducing, watched: reducing };
  },
};

/** Somebody trades the account of another with the pool. */
function stolenTrade(covers: SurfaceFunction, args: (stage: Stage, order: { account: Account }) => unknown[]): Case {
  return {
    ...{ name: `stolen ${nameOf(covers)}`, covers: [covers], weight: 0.4 },
    plan(stage, dice) {
      const deal = makeDeal(stage, dice);
      if (deal === undefined) return undefined;
      const thief = pickOther(stage, dice, deal.person);
      const by = { callers: [thief.address], now: stage.world.now };
      if (stage.authority.allows(deal.account, MAY_TRADE, by)) return undefined;
      const call = stage.call(covers, args(stage, poolOrder(stage, deal, WAD)), thief.address);
      return { told: `${thief.label} trades with the pool for ${deal.person.label}`, call, mustRefuse: true };
    },
  };
}

const refresh: Case = {
  ...{ name: "refresh", covers: ["LiquidityPool.refresh"], weight: 4 },
  plan(stage, dice) {
    const buckets = poolBuckets(stage);
    if (buckets.length === 0 || dice.chance(0.1)) {
      const { id } = dice.pick(stage.world.underlyings);
      const call = stage.call("LiquidityPool.refresh", [id, 0], dice.pick(stage.people).address);
      return { told: "the bucket of perpetuals is refreshed", call };
    }
    const { underlying, expiry } = dice.pick(buckets);
    const { address, label } = dice.pick(stage.people);
    const call = stage.call("LiquidityPool.refresh", [underlying, expiry], address);
    return { told: `${label} refreshes a bucket of the pool`, call };
  },
};

/** A depositor asks to enter or to leave. @param args In USD, which a share is worth to begin with. */
function request(
  covers: SurfaceFunction,
  weight: number,
  args: (stage: Stage, dice: Dice, address: string) => readonly unknown[],
): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight },
    plan(stage, dice) {
      const { label, address } = dice.chance(0.3) ? dice.pick(stage.people) : dice.pick(stage.of("backer"));
      const call = stage.call(covers, args(stage, dice, address), address);
      return { told: `${label} calls ${covers}`, call, tradesShares: "LiquidityPool" };
    },
  };
}

/** All or some of his shares, or of what somebody might have. */
function sharesToSell(stage: Stage, dice: Dice, address: string): bigint {
  const own = stage.pool.balanceOf(address);
  if (own === 0n) return shares(dice.scale(1, 10_000));
  return dice.chance(0.4) ? own : (own * wad(dice.scale(0.001, 1))) / WAD + 1n;
}

interface ClaimTerms {
  readonly covers: SurfaceFunction;
  readonly side: SideName;
  readonly unit: keyof Claim;
  readonly args: (amount: bigint, receiver: string, controller: string) => readonly unknown[];
}

/** Without a controller among the arguments it is the caller's own. */
const withReceiver: ClaimTerms["args"] = (amount, receiver) => [amount, receiver];
const withController: ClaimTerms["args"] = (amount, receiver, controller) => [amount, receiver, controller];

/** Mostly one who has something to claim. */
function pickController(stage: Stage, dice: Dice, waiting: readonly string[]): string {
  return waiting.length > 0 && dice.chance(0.9) ? dice.pick(waiting) : dice.pick(stage.people).address;
}

/** What was executed is claimed, in part or whole, by its controller, his operator or a stranger. */
function claim({ covers, side, unit, args }: ClaimTerms): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight: 1.2 },
    plan(stage, dice): Plan {
      const controller = pickController(stage, dice, stage.pool[side].waiting(unit));
      const whole = stage.pool[side].claimOf(controller)[unit];
      const part = dice.chance(0.4) ? whole : (whole * wad(dice.between(0, 1))) / WAD;
      const isOwn = dice.chance(0.7);
      const caller = isOwn ? controller : dice.pick(stage.people).address;
      const call = stage.call(covers, args(part, dice.chance(0.8) ? caller : controller, controller), caller);
      const told = `${isOwn ? "a depositor" : "somebody else"} calls ${covers} with ${part.toString()}`;
      const isOthers = caller !== controller && args === withController;
      if (isOthers && !stage.pool.isOperator(controller, caller)) return { told, call, mustRefuse: true };
      return { told, call, tradesShares: "LiquidityPool" };
    },
  };
}

/** A request that waits is taken back by its controller or his operator; sometimes somebody has none. */
function takeBack(covers: SurfaceFunction, side: SideName): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight: 0.8 },
    plan(stage, dice): Plan {
      const controller = pickController(stage, dice, stage.pool[side].asking());
      const operators = stage.people.filter(({ address }) => stage.pool.isOperator(controller, address));
      const caller = operators.length > 0 && dice.chance(0.3) ? dice.pick(operators).address : controller;
      const receiver = dice.chance(0.8) ? controller : dice.pick(stage.people).address;
      const call = stage.call(covers, [receiver, controller], caller);
      return { told: `a depositor calls ${covers}`, call, tradesShares: "LiquidityPool" };
    },
  };
}

/** Somebody moves requests or shares of another. */
function stolenRequest(covers: SurfaceFunction, args: (victim: string, thief: string) => readonly unknown[]): Case {
  return {
    ...{ name: `stolen ${nameOf(covers)}`, covers: [covers], weight: 0.2 },
    plan(stage, dice) {
      const victim = dice.pick(stage.people);
      const thief = pickOther(stage, dice, victim);
      if (stage.pool.isOperator(victim.address, thief.address)) return undefined;
      const call = stage.call(covers, args(victim.address, thief.address), thief.address);
      return { told: `${thief.label} calls ${covers} for ${victim.label}`, call, mustRefuse: true };
    },
  };
}

export const POOL: readonly Case[] = [
  ...[poolTrade, routedTrade, refresh],
  stolenTrade("LiquidityPool.trade", (_, order) => [order]),
  stolenTrade("TradeRouter.tradeWithPool", (stage, order) => [
    preparationFor(order.account),
    stage.theatre.addresses.LiquidityPool,
    order,
  ]),
  request("LiquidityPool.requestDeposit", 1.5, (_, dice, address) => [usdc(dice.scale(10, 100_000)), address, address]),
  request("LiquidityPool.requestRedeem", 2, (stage, dice, address) => [
    ...[sharesToSell(stage, dice, address), address, address],
  ]),
  request("LiquidityPool.execute", 4, (_, dice) => [1 + dice.integer(MOST_REQUESTS)]),
  takeBack("LiquidityPool.cancelDeposit", "entries"),
  takeBack("LiquidityPool.cancelRedeem", "exits"),
  claim({ covers: "LiquidityPool.deposit(uint256,address)", side: "entries", unit: "assets", args: withReceiver }),
  claim({
    ...{ covers: "LiquidityPool.deposit(uint256,address,address)", side: "entries", unit: "assets" },
    args: withController,
  }),
  claim({ covers: "LiquidityPool.mint(uint256,address)", side: "entries", unit: "shares", args: withReceiver }),
  claim({
    ...{ covers: "LiquidityPool.mint(uint256,address,address)", side: "entries", unit: "shares" },
    args: withController,
  }),
  claim({ covers: "LiquidityPool.withdraw", side: "exits", unit: "assets", args: withController }),
  claim({ covers: "LiquidityPool.redeem", side: "exits", unit: "shares", args: withController }),
  anybody("LiquidityPool.setOperator", 0.4, (stage, dice) => [dice.pick(stage.people).address, dice.chance(0.5)]),
  stolenRequest("LiquidityPool.requestDeposit", (victim, thief) => [usdc(100), thief, victim]),
  stolenRequest("LiquidityPool.cancelDeposit", (victim, thief) => [thief, victim]),
  stolenRequest("LiquidityPool.cancelRedeem", (victim, thief) => [thief, victim]),
];
