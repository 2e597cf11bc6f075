import { type Account, CASH, WAD, batchOf } from "@plimsoll/client";
import { assetOf } from "../chain/reads.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, anybody, nameInstrument, pickAccount, pickOther, units, usd, wad } from "./case.ts";

const USDC_SCALE = 10n ** 12n;
const absolute = (value: bigint) => (value < 0n ? -value : value);
const usdc = (value: number) => wad(value) / USDC_SCALE;

/** An asset, so much of it for so many USD, and the words for it. */
function pickAsset(
  stage: Stage,
  dice: Dice,
  value: number,
): { underlying: number; amountInTokens: bigint; told: string } {
  const underlying = dice.chance(0.35) ? dice.pick(stage.world.underlyings).id : 0;
  if (underlying === 0) return { underlying, amountInTokens: usdc(value), told: usd(value) };
  const amount = wad(value / stage.world.price(underlying));
  const decimals = stage.theatre.tokens.get(underlying)?.decimals ?? 18;
  const told = `${units(amount)} ${nameInstrument(stage, assetOf(underlying))}`;
  return { underlying, amountInTokens: amount / 10n ** BigInt(18 - decimals), told };
}

const deposit: Case = {
  ...{ name: "deposit", covers: ["Clearinghouse.batch"], weight: 5, opening: 3 },
  plan(stage, dice) {
    const person = dice.pick(stage.people);
    const account = person.accounts[dice.chance(0.2) ? 1 : 0];
    const { underlying, amountInTokens, told } = pickAsset(stage, dice, stage.worth(account) * dice.scale(0.01, 1));
    const payer = dice.chance(0.1) ? pickOther(stage, dice, person) : person;
    const actions = batchOf({ deposits: [{ account, asset: assetOf(underlying), amountInTokens }] });
    const call = stage.call("Clearinghouse.batch", [actions], payer.address);
    return { told: `${payer.label} pays ${told} into ${stage.nameOf(account)}`, call };
  },
};

/** As a loan where there is no cash left. */
const withdraw: Case = {
  ...{ name: "withdraw", covers: ["Clearinghouse.batch"], weight: 7, opening: 1 },
  plan(stage, dice) {
    const account = pickAccount(stage, dice);
    const { underlying, amountInTokens, told } = pickAsset(stage, dice, stage.worth(account) * dice.scale(0.02, 1.1));
    const owner = stage.people.find(({ accounts }) => accounts.includes(account));
    if (owner === undefined || amountInTokens === 0n) return undefined;
    const reducing: Account[] = dice.chance(0.2) ? [account] : [];
    const withdrawal = { account, asset: assetOf(underlying), amountInTokens, to: owner.address };
    const call = stage.call("Clearinghouse.batch", [batchOf({ withdrawals: [withdrawal], reducing })], owner.address);
    return { told: `${stage.nameOf(account)} takes out ${told}`, call, reducing, watched: reducing };
  },
};

/** Part of a position, between own accounts. */
const movePosition: Case = {
  ...{ name: "move position", covers: ["Clearinghouse.batch"], weight: 3 },
  plan(stage, dice) {
    const person = dice.pick(stage.people);
    const [from, to] = dice.chance(0.4) ? [person.accounts[1], person.accounts[0]] : person.accounts;
    const positions = [...(stage.model.accounts.get(from)?.positions ?? [])];
    if (positions.length === 0) return undefined;
    const [asset, held] = dice.pick(positions);
    const part = (absolute(held) * wad(dice.chance(0.4) ? 1 : dice.between(0.1, 1))) / WAD;
    const call = stage.call(
      "Clearinghouse.batch",
      [batchOf({ transfers: [{ from, to, asset, size: part }] })],
      person.address,
    );
    return { told: `${person.label} moves ${units(part)} ${nameInstrument(stage, asset)} between own accounts`, call };
  },
};

const transfer: Case = {
  ...{ name: "transfer", covers: ["Clearinghouse.batch"], weight: 3 },
  plan(stage, dice) {
    const person = dice.pick(stage.people);
    const [from, own] = dice.chance(0.4) ? [person.accounts[1], person.accounts[0]] : person.accounts;
    const to = dice.chance(0.2) ? pickOther(stage, dice, person).accounts[0] : own;
    const size = wad(stage.worth(from) * dice.scale(0.02, 1.1));
    const actions = batchOf({ transfers: [{ from, to, asset: CASH, size }] });
    const call = stage.call("Clearinghouse.batch", [actions], person.address);
    return { told: `${person.label} sends $${units(size)} to ${stage.nameOf(to)}`, call };
  },
};

/** Several actions in one batch: cash in, positions over, cash out. */
const several: Case = {
  ...{ name: "several", covers: ["Clearinghouse.batch"], weight: 3 },
  plan(stage, dice) {
    const person = dice.pick(stage.people);
    const [account, second] = person.accounts;
    const [paid, taken] = [stage.worth(account) * dice.scale(0.01, 0.5), stage.worth(account) * dice.scale(0.01, 0.6)];
    const positions = [...(stage.model.accounts.get(account)?.positions ?? [])].slice(0, 1 + dice.integer(3));
    const half = (size: bigint) => absolute(size) / 2n;
    const moved = positions.filter(([, size]) => half(size) > 0n);
    const actions = batchOf({
      deposits: [{ account, asset: CASH, amountInTokens: usdc(paid) }],
      transfers: moved.map(([asset, size]) => ({ from: account, to: second, asset, size: half(size) })),
      withdrawals: [{ account: second, asset: CASH, amountInTokens: usdc(taken), to: person.address }],
    });
    const call = stage.call("Clearinghouse.batch", [actions], person.address);
    const told = `${person.label} pays in ${usd(paid)}, moves half of ${moved.length} legs to account 1 and takes ${usd(taken)} from there`;
    return { told, call };
  },
};

/** Names and dismisses operators; the broker is sometimes dismissed, and has to be named again. */
const approve: Case = {
  ...{ name: "approve", covers: ["Clearinghouse.batch"], weight: 1 },
  plan(stage, dice) {
    const person = dice.pick(stage.people.filter(({ role }) => role !== "maker"));
    const account = person.accounts[dice.integer(2) === 0 ? 0 : 1];
    const operator = dice.chance(0.5) ? stage.theatre.broker : pickOther(stage, dice, person).address;
    const permissions = dice.chance(0.7) ? 7 : dice.integer(8);
    const expiry = BigInt(stage.world.now + Math.floor(dice.scale(60, 864_000)));
    const actions = batchOf({ approvals: [{ account, operator, permissions, expiry }] });
    const call = stage.call("Clearinghouse.batch", [actions], person.address);
    return { told: `${person.label} gives an operator permissions ${permissions} on ${stage.nameOf(account)}`, call };
  },
};

const fundReserve = anybody("Clearinghouse.fundReserve", 0.5, (_, dice) => [usdc(dice.scale(1, 5_000))]);
const settle = anybody("ClearinghouseBooks.settle", 2, (stage, dice) => [
  pickAccount(stage, dice),
  1 + dice.integer(4),
]);

export const COLLATERAL: readonly Case[] = [
  deposit,
  withdraw,
  movePosition,
  transfer,
  several,
  approve,
  fundReserve,
  settle,
];
