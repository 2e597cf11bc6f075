import { WAD, ownerOf } from "@plimsoll/client";
import type { SurfaceFunction } from "../chain/contracts.ts";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import {
  type Case,
  LONG_STEP_SECONDS,
  type Plan,
  anybody,
  nameOf,
  nobody,
  pickAccount,
  pickHolder,
  shares,
  sharesOf,
  usdc,
  wad,
} from "./case.ts";

const FOREVER = 2n ** 40n - 1n;
/** ERC-7540: all requests of a controller are one. */
const REQUEST_ID = 0n;
/** Of a request to leave; then it may be claimed for a day, which half days do not miss. */
const COOLDOWN_DAYS = 5;
const HALF_A_DAY = 43_200;

/** A backer buys or sells shares. @param args In USD, which a share is worth to begin with. */
function backer(
  covers: SurfaceFunction,
  weight: number,
  args: (value: number, address: string) => readonly unknown[],
): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight },
    plan(stage, dice) {
      const { label, address } = pickHolder(stage, dice);
      const value = dice.scale(1, 200_000);
      const told = `${label} calls ${covers} with ${Math.round(value)}`;
      return { told, call: stage.call(covers, args(value, address), address), tradesShares: "BackstopVault" };
    },
  };
}

/** Legs of an absorbed account go to somebody at mark. */
const unwind: Case = {
  ...{ name: "unwind", covers: ["BackstopVault.unwind"], weight: 3 },
  plan(stage, dice) {
    const vault = stage.theatre.addresses.BackstopVault;
    const own = [...stage.model.accounts].filter(
      ([account, { positions }]) => ownerOf(account) === vault && positions.size > 0,
    );
    if (own.length === 0) return undefined;
    const [account, { positions }] = dice.pick(own);
    const taker = dice.pick(stage.of("keeper", "maker"));
    const isOne = dice.chance(0.5);
    const chosen = isOne ? [dice.pick([...positions])] : [...positions];
    const share = dice.chance(0.5) ? 1 : dice.between(0.1, 1);
    const legs = sharesOf(chosen, share);
    const order = { account, taker: taker.accounts[0], legs, minPayment: 0n, deadline: FOREVER };
    const call = stage.call("BackstopVault.unwind", [order], taker.address);
    const told = `${taker.label} takes ${Math.round(share * 100)} % of ${legs.length} legs from the backstop`;
    return { told, call, reducing: [account], watched: [account] };
  },
};

/** Requests of people: those that wait still, or those that may be claimed, with their shares. */
async function requestsOf(
  stage: Stage,
  view: "pendingRedeemRequest" | "claimableRedeemRequest",
): Promise<readonly Person[]> {
  const { people, reads } = stage;
  const answers = await reads.ask(
    people.map(({ address }) => reads.question("BackstopVault", view, [REQUEST_ID, address])),
  );
  return people.filter((_, i) => answers[i]?.[0] !== 0n);
}

/** All or some of his shares, or as many as somebody might have. */
const askToLeave: Case = {
  ...{ name: "BackstopVault requestRedeem", covers: ["BackstopVault.requestRedeem"], weight: 2 },
  async plan(stage, dice) {
    const { label, address } = pickHolder(stage, dice);
    const [held] = (await stage.reads.view("BackstopVault", "balanceOf", [address])) as [bigint];
    const some = dice.chance(0.3) ? held : (held * wad(dice.scale(0.001, 1))) / WAD;
    const value = some === 0n ? shares(dice.scale(1, 200_000)) : some;
    const call = stage.call("BackstopVault.requestRedeem", [value, address, address], address);
    return {
      told: `${label} asks to leave the backstop with ${value.toString()} shares`,
      call,
      tradesShares: "BackstopVault",
    };
  },
};

/** Days pass until somebody who has asked may leave. */
const cooldown: Case = {
  ...{ name: "cooldown", covers: [], weight: 0.25 },
  async plan(stage) {
    const waiting = await requestsOf(stage, "pendingRedeemRequest");
    if (waiting.length === 0) return undefined;
    let days = 0;
    while (days < COOLDOWN_DAYS && (await requestsOf(stage, "claimableRedeemRequest")).length === 0) {
      await stage.pass(HALF_A_DAY, LONG_STEP_SECONDS);
      days += 0.5;
    }
    return { told: `${days} days pass until somebody may leave the backstop` };
  },
};

/** A share of what may be claimed, or more than that. */
function pickClaim(dice: Dice, whole: bigint): bigint {
  if (whole === 0n || dice.chance(0.1)) return whole + 1n;
  return dice.chance(0.4) ? whole : (whole * wad(dice.share())) / WAD;
}

/** Who calls, and for whom: mostly for himself, and one who may leave; sometimes one who may not. */
async function pickLeaver(stage: Stage, dice: Dice): Promise<{ controller: Person; caller: Person } | undefined> {
  const found = await requestsOf(stage, "claimableRedeemRequest");
  if (found.length === 0 && dice.chance(0.8)) return undefined;
  const controller = dice.pick(found.length === 0 ? stage.people : found);
  return { controller, caller: dice.chance(0.85) ? controller : dice.pick(stage.people) };
}

/** Who may leave does, or part of him; sometimes for more than that, and sometimes somebody else tries. */
function leave(covers: "BackstopVault.redeem" | "BackstopVault.withdraw", limit: "maxRedeem" | "maxWithdraw"): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight: 2 },
    async plan(stage, dice): Promise<Plan | undefined> {
      const leaver = await pickLeaver(stage, dice);
      if (leaver === undefined) return undefined;
      const { controller, caller } = leaver;
      const [most, isOperator] = await stage.reads.ask([
        stage.reads.question("BackstopVault", limit, [controller.address]),
        stage.reads.question("BackstopVault", "isOperator", [controller.address, caller.address]),
      ]);
      const whole = most?.[0] as bigint;
      const value = pickClaim(dice, whole);
      const receiver = dice.chance(0.8) ? caller : controller;
      const call = stage.call(covers, [value, receiver.address, controller.address], caller.address);
      const told = `${caller.label} calls ${covers} with ${value.toString()} of ${controller.label}`;
      const plan: Plan = { told, call, tradesShares: "BackstopVault" };
      const mayAct = caller === controller || isOperator?.[0] === true;
      return value > whole || !mayAct ? { ...plan, mustRefuse: true } : plan;
    },
  };
}

export const BACKSTOP: readonly Case[] = [
  backer("BackstopVault.deposit", 2, (value, address) => [usdc(value), address]),
  backer("BackstopVault.mint", 1, (value, address) => [shares(value), address]),
  backer("BackstopVault.cancelRedeem", 0.3, (_, address) => [address, address]),
  ...[askToLeave, cooldown, leave("BackstopVault.redeem", "maxRedeem"), leave("BackstopVault.withdraw", "maxWithdraw")],
  unwind,
  anybody("BackstopVault.releaseEmpty", 1, () => []),
  anybody("BackstopVault.setOperator", 0.3, (stage, dice) => [dice.pick(stage.people).address, dice.chance(0.5)]),
  nobody("BackstopVault.prepareAbsorption", 0.3, (stage, dice) => [pickAccount(stage, dice), 0n, WAD]),
  nobody("BackstopVault.coverDeficit", 0.3, (stage, dice) => [pickAccount(stage, dice), wad(dice.scale(1, 1_000))]),
];
