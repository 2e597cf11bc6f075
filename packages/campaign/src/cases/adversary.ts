import { type Account, CASH, WAD, batchOf, perpetual, toPosition, ownerOf } from "@plimsoll/client";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, nobody, pickAccount, pickOther, usd, wad } from "./case.ts";

type Actions = Parameters<typeof batchOf>[0];

/** A batch on an account of somebody else, who has not agreed. */
function theft(name: string, actions: (theirs: Account, mine: Account, dice: Dice) => Actions): Case {
  return {
    ...{ name, covers: ["Clearinghouse.batch"], weight: 0.7 },
    plan(stage, dice) {
      const thief = dice.pick(stage.people);
      const victim = pickOther(stage, dice, thief);
      const [theirs, mine] = [victim.accounts[0], thief.accounts[0]];
      const call = stage.call("Clearinghouse.batch", [batchOf(actions(theirs, mine, dice))], thief.address);
      // Some have made others their operators: these may.
      const isAllowed = [1, 2, 4].some((permission) =>
        stage.authority.allows(theirs, permission, { callers: [thief.address], now: stage.world.now }),
      );
      const told = `${thief.label} tries to ${name} from ${victim.label}`;
      return isAllowed ? { told, call } : { told, call, mustRefuse: true };
    },
  };
}

const legsOf = (stage: Stage, account: Account) => {
  const [instrument, size] = [...(stage.model.accounts.get(account)?.positions ?? [])][0] ?? [perpetual(1), WAD];
  return [toPosition(instrument, size)];
};

/** All backers want out at once, and others take what margin allows. */
const run: Case = {
  ...{ name: "run", covers: ["BackstopVault.requestRedeem"], weight: 0.5 },
  async plan(stage, dice) {
    const { label, address } = dice.pick(stage.of("backer"));
    const [shares] = await stage.reads.view("BackstopVault", "balanceOf", [address]);
    const call = stage.call("BackstopVault.requestRedeem", [shares, address, address], address);
    return { told: `a run: ${label} wants everything out`, call, tradesShares: "BackstopVault" };
  },
};

/** As much cash out as margin lets go, by bisection of what was refused before: the largest of a few tries. */
const drain: Case = {
  ...{ name: "drain", covers: ["Clearinghouse.batch"], weight: 1.5 },
  async plan(stage, dice) {
    const person = dice.pick(stage.people);
    const [account] = person.accounts;
    const risk = (await stage.risksOf([account])).get(account);
    if (risk === undefined || risk.equity <= risk.initial) return undefined;
    const spare = (risk.equity - risk.initial) / 10n ** 12n;
    const amountInTokens = spare + BigInt(dice.integer(3));
    const withdrawals = [{ account, asset: CASH, amountInTokens, to: person.address }];
    const call = stage.call("Clearinghouse.batch", [batchOf({ withdrawals })], person.address);
    return { told: `${person.label} takes out all that margin lets go, ${usd(Number(amountInTokens) / 1e6)}`, call };
  },
};

export const ADVERSARIES: readonly Case[] = [
  run,
  drain,
  theft("withdraw cash", (account, mine, dice) => ({
    withdrawals: [
      {
        account,
        asset: CASH,
        amountInTokens: BigInt(Math.round(dice.scale(1, 1e9))),
        to: ownerOf(mine),
      },
    ],
  })),
  theft("transfer cash", (from, to, dice) => ({
    transfers: [{ from, to, asset: CASH, size: wad(dice.scale(1, 10_000)) }],
  })),
  theft("sell a perpetual dearly", (seller, buyer, dice) => ({
    fills: [
      { buyer: seller, seller: buyer, instrument: perpetual(1), size: wad(dice.scale(0.01, 2)), price: 10_000n * WAD },
    ],
  })),
  theft("get permissions", (account, mine) => ({
    approvals: [
      {
        account,
        operator: ownerOf(mine),
        permissions: 7,
        expiry: 2n ** 40n - 1n,
      },
    ],
  })),
  nobody("ClearinghouseForce.seize", 0.5, (stage, dice) => {
    const [from, to] = [pickAccount(stage, dice), pickAccount(stage, dice)];
    const starter = { to, size: 0n };
    return [{ from, to, legs: legsOf(stage, from), feeTo: to, feeShare: 0n, starter }];
  }),
  nobody("ClearinghouseForce.takeOver", 0.5, (stage, dice) => {
    const [from, to] = [pickAccount(stage, dice), pickAccount(stage, dice)];
    return [{ from, to, funder: to, funding: 0n, fromReserve: WAD, rewards: [] }];
  }),
  nobody("ClearinghouseForce.deleverage", 0.5, (stage, dice) => [
    { account: pickAccount(stage, dice), fromReserve: WAD, rewards: [], limit: 32n },
  ]),
];
