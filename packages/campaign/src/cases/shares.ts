import { WAD } from "@plimsoll/client";
import type { Vault } from "../audit/shares.ts";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, type Plan, pickHolder, pickOther, shares, wad } from "./case.ts";

const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** Somebody lets another move some of his shares, or none any more. */
function approve(vault: Vault): Case {
  return {
    ...{ name: `${vault} approve`, covers: [`${vault}.approve`], weight: 0.5 },
    plan(stage, dice) {
      const owner = pickHolder(stage, dice);
      const spender = pickOther(stage, dice, owner);
      const value = dice.chance(0.15) ? 0n : shares(dice.scale(1, 50_000));
      stage.allowances.push({ vault, owner, spender });
      const call = stage.call(`${vault}.approve`, [spender.address, value], owner.address);
      return { told: `${owner.label} lets ${spender.label} move shares of ${vault}`, call };
    },
  };
}

interface Spending {
  readonly owner: Person;
  readonly spender: Person;
  readonly value: bigint;
  /** More than is allowed, or than there is. */
  readonly isTooMuch: boolean;
}

/** What somebody may move for somebody else who named him, or a little more. */
async function pickSpending(stage: Stage, dice: Dice, vault: Vault): Promise<Spending | undefined> {
  const known = stage.allowances.filter((one) => one.vault === vault);
  if (known.length === 0) return undefined;
  const { owner, spender } = dice.pick(known);
  const [allowed = [], held = []] = await stage.reads.ask([
    stage.reads.question(vault, "allowance", [owner.address, spender.address]),
    stage.reads.question(vault, "balanceOf", [owner.address]),
  ]);
  const most = smaller(allowed[0] as bigint, held[0] as bigint);
  const isTooMuch = dice.chance(0.15);
  const value = isTooMuch ? most + 1n : (most * wad(dice.chance(0.3) ? 1 : dice.between(0, 1))) / WAD;
  return value === 0n ? undefined : { owner, spender, value, isTooMuch };
}

function tellSpending({ owner, spender, value }: Spending, vault: Vault): string {
  return `${spender.label} uses ${value.toString()} shares of ${owner.label} in ${vault}`;
}

/** By allowance: the shares go to anybody, or the spender asks to leave with them. */
function spend(vault: Vault, covers: "transferFrom" | "requestRedeem"): Case {
  return {
    ...{ name: `${vault} ${covers} by allowance`, covers: [`${vault}.${covers}`], weight: 0.9 },
    async plan(stage, dice): Promise<Plan | undefined> {
      const spending = await pickSpending(stage, dice, vault);
      if (spending === undefined) return undefined;
      const { owner, spender, value, isTooMuch } = spending;
      const args =
        covers === "transferFrom"
          ? [owner.address, dice.pick(stage.people).address, value]
          : [value, spender.address, owner.address];
      const call = stage.call(`${vault}.${covers}`, args, spender.address);
      const plan: Plan = { told: tellSpending(spending, vault), call, tradesShares: vault };
      // An operator needs no allowance to ask for who named him.
      const isFree = covers === "requestRedeem" && (await isOperator(stage, vault, { owner, spender }));
      return isTooMuch && !isFree ? { ...plan, mustRefuse: true } : plan;
    },
  };
}

async function isOperator(
  stage: Stage,
  vault: Vault,
  { owner, spender }: Pick<Spending, "owner" | "spender">,
): Promise<boolean> {
  const [answer] = await stage.reads.view(vault, "isOperator", [owner.address, spender.address]);
  return answer as boolean;
}

/** Nobody named him. */
function steal(vault: Vault): Case {
  return {
    ...{ name: `stolen ${vault} transferFrom`, covers: [`${vault}.transferFrom`], weight: 0.2 },
    plan(stage, dice) {
      const owner = pickHolder(stage, dice);
      const thief = pickOther(stage, dice, owner);
      const isNamed = stage.allowances.some(
        (one) => one.vault === vault && one.owner === owner && one.spender === thief,
      );
      if (isNamed) return undefined;
      const call = stage.call(`${vault}.transferFrom`, [owner.address, thief.address, 1n], thief.address);
      return { told: `${thief.label} takes a share of ${owner.label} in ${vault}`, call, mustRefuse: true };
    },
  };
}

/** To anybody, whether there is as much or not. */
function transfer(vault: Vault): Case {
  return {
    ...{ name: `${vault} transfer`, covers: [`${vault}.transfer`], weight: 0.5 },
    plan(stage, dice) {
      const owner = pickHolder(stage, dice);
      const args = [dice.pick(stage.people).address, shares(dice.scale(1, 50_000))];
      const call = stage.call(`${vault}.transfer`, args, owner.address);
      return { told: `${owner.label} gives shares of ${vault} away`, call, tradesShares: vault };
    },
  };
}

export const SHARES: readonly Case[] = (["BackstopVault", "LiquidityPool"] as const).flatMap((vault) => [
  ...[approve(vault), transfer(vault), steal(vault)],
  ...[spend(vault, "transferFrom"), spend(vault, "requestRedeem")],
]);
