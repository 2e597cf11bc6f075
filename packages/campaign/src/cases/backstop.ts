import { WAD, ownerOf } from "@plimsoll/client";
import type { SurfaceFunction } from "../chain/contracts.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, anybody, nameOf, nobody, pickAccount, shares, sharesOf, usdc, wad } from "./case.ts";

const FOREVER = 2n ** 40n - 1n;

/** A backer buys or sells shares. @param args In USD, which a share is worth to begin with. */
function backer(
  covers: SurfaceFunction,
  weight: number,
  args: (value: number, address: string) => readonly unknown[],
): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight },
    plan(stage, dice) {
      const { label, address } = dice.chance(0.2) ? dice.pick(stage.people) : dice.pick(stage.of("backer"));
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

const onPair = (stage: Stage, dice: Dice) => [dice.pick(stage.people).address, shares(dice.scale(1, 50_000))];

export const BACKSTOP: readonly Case[] = [
  backer("BackstopVault.deposit", 2, (value, address) => [usdc(value), address]),
  backer("BackstopVault.mint", 1, (value, address) => [shares(value), address]),
  backer("BackstopVault.requestRedeem", 2, (value, address) => [shares(value), address, address]),
  backer("BackstopVault.redeem", 1.5, (value, address) => [shares(value), address, address]),
  backer("BackstopVault.withdraw", 1.5, (value, address) => [usdc(value), address, address]),
  backer("BackstopVault.cancelRedeem", 0.5, (_, address) => [address, address]),
  unwind,
  anybody("BackstopVault.releaseEmpty", 1, () => []),
  anybody("BackstopVault.setOperator", 0.3, (stage, dice) => [dice.pick(stage.people).address, dice.chance(0.5)]),
  anybody("BackstopVault.approve", 0.3, onPair),
  anybody("BackstopVault.transfer", 0.5, onPair),
  anybody("BackstopVault.transferFrom", 0.5, (stage, dice) => [
    dice.pick(stage.people).address,
    ...onPair(stage, dice),
  ]),
  nobody("BackstopVault.prepareAbsorption", 0.3, (stage, dice) => [pickAccount(stage, dice), 0n, WAD]),
  nobody("BackstopVault.coverDeficit", 0.3, (stage, dice) => [pickAccount(stage, dice), wad(dice.scale(1, 1_000))]),
];
