import { type Account, ownerOf } from "@plimsoll/client";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, anybody, pickAccount, pickOther, usdc, wad } from "./case.ts";

/** Of people's accounts that are called, one; of all, where none is. */
function pickCalled(stage: Stage, dice: Dice): Account {
  const called = [...stage.called].filter((account) => stage.people.some(({ accounts }) => accounts.includes(account)));
  return called.length > 0 && dice.chance(0.8) ? dice.pick(called) : pickAccount(stage, dice);
}

const authorise: Case = {
  ...{ name: "authorise top-ups", covers: ["AutoTopUp.authorise"], weight: 2, opening: 1.5 },
  plan(stage, dice) {
    const account = pickCalled(stage, dice);
    const terms = {
      ...{ budgetInTokens: usdc(dice.scale(100, 50_000)), limitInTokens: usdc(dice.scale(100, 20_000)) },
      ...{ maxFeeInTokens: usdc(dice.between(0, 100)), expiry: BigInt(stage.world.now + 864_000) },
      ...{ target: wad(dice.between(1, 1.3)), mayFallShort: dice.chance(0.5) },
    };
    const call = stage.call("AutoTopUp.authorise", [account, terms], ownerOf(account));
    return { told: `${stage.nameOf(account)} may be topped up`, call };
  },
};

const revoke: Case = {
  ...{ name: "revoke top-ups", covers: ["AutoTopUp.revoke"], weight: 0.3 },
  plan(stage, dice) {
    const account = pickAccount(stage, dice);
    const call = stage.call("AutoTopUp.revoke", [account], ownerOf(account));
    return { told: `${stage.nameOf(account)} may no longer be topped up`, call };
  },
};

/** Somebody authorises top-ups of another's account. */
const steal: Case = {
  ...{ name: "forbidden AutoTopUp authorise", covers: ["AutoTopUp.authorise"], weight: 0.3 },
  plan(stage, dice) {
    const person = dice.pick(stage.people);
    const [account] = pickOther(stage, dice, person).accounts;
    const terms = {
      budgetInTokens: 1n,
      limitInTokens: 1n,
      maxFeeInTokens: 1n,
      expiry: 2n ** 40n - 1n,
      target: wad(1),
      mayFallShort: true,
    };
    const call = stage.call("AutoTopUp.authorise", [account, terms], person.address);
    return { told: `${person.label} authorises top-ups of ${stage.nameOf(account)}`, call, mustRefuse: true };
  },
};

export const TOP_UP: readonly Case[] = [
  ...[authorise, revoke, steal],
  anybody("AutoTopUp.topUp", 2, (stage, dice) => [pickCalled(stage, dice)]),
];
