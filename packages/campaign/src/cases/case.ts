import type { Account, Instrument } from "@plimsoll/client";
import { Kind, WAD, fieldsOf, strikeOf, toPosition } from "@plimsoll/client";
import type { Call } from "@plimsoll/replay";
import type { Vault } from "../audit/shares.ts";
import type { SurfaceFunction } from "../chain/contracts.ts";
import type { Person } from "../chain/people.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";

/** Shares of the backstop and the pool have 12 digits, USDC 6. */
const SHARE_SCALE = 10n ** 12n;
export const USDC_DIGITS = 1e6;
/** Between two looks at the prices while days pass. */
export const LONG_STEP_SECONDS = 3_000;
const ODD_STRIDE = 618_033_989n;
const ODD_DIGITS = 10n ** 9n;

/** What a step comes to in the state that it finds. */
export interface Plan {
  /** The step in words. */
  readonly told: string;
  /** The transaction; none where the world changed, or nobody had anything to do. */
  readonly call?: Call;
  /** Accounts named as reducing. */
  readonly reducing?: readonly Account[];
  /** Accounts whose risk before matters. */
  readonly watched?: readonly Account[];
  /** Somebody tries what must not be possible. */
  readonly mustRefuse?: true;
  /** Shares of it are bought or sold: nobody else may lose by that. */
  readonly tradesShares?: Vault;
}

/** Something that people do, or that happens. */
export interface Case {
  readonly name: string;
  /** The functions of the external surface that it calls. */
  readonly covers: readonly SurfaceFunction[];
  /** Nobody among the people may do it. */
  readonly isForbidden?: true;
  /** How often, relative to others. */
  readonly weight: number;
  /** How often while the market opens; 0 if not said. */
  readonly opening?: number;
  /** Decides what happens; changes of the world happen here. Undefined where there is nothing to do. */
  plan(stage: Stage, dice: Dice): Promise<Plan | undefined> | Plan | undefined;
}

/** A call without further ado. @param args What it is called with, by anybody. */
export function anybody(
  covers: SurfaceFunction,
  weight: number,
  args: (stage: Stage, dice: Dice) => readonly unknown[],
): Case {
  return {
    ...{ name: nameOf(covers), covers: [covers], weight },
    plan(stage, dice) {
      const { address, label } = dice.pick(stage.people);
      return { told: `${label} calls ${covers}`, call: stage.call(covers, args(stage, dice), address) };
    },
  };
}

/** A call that nobody among the people may make. */
export function nobody(
  covers: SurfaceFunction,
  weight: number,
  args: (stage: Stage, dice: Dice) => readonly unknown[],
): Case {
  return {
    ...{ name: `forbidden ${nameOf(covers)}`, covers: [covers], weight, isForbidden: true },
    plan(stage, dice) {
      const { address, label } = dice.pick(stage.people);
      const call = stage.call(covers, args(stage, dice), address);
      return { told: `${label} tries ${covers}`, call, mustRefuse: true };
    },
  };
}

export function nameOf(covers: SurfaceFunction): string {
  return covers.replace(".", " ");
}

export function pickAccount(stage: Stage, dice: Dice): Account {
  const { accounts } = dice.pick(stage.people);
  return dice.chance(0.15) ? accounts[1] : accounts[0];
}

/** Another person than this one. */
export function pickOther(stage: Stage, dice: Dice, person: Person): Person {
  return dice.pick(stage.people.filter((one) => one !== person));
}

const KIND_NAMES: Readonly<Record<Kind, string>> = {
  [Kind.Spot]: "token",
  [Kind.Perpetual]: "perpetual",
  [Kind.Future]: "future",
  [Kind.Call]: "call",
  [Kind.Put]: "put",
};

/** An instrument as people say it. */
export function nameInstrument(stage: Stage, instrument: Instrument): string {
  const { underlying, kind, expiry } = fieldsOf(instrument);
  const symbol = stage.world.underlying(underlying).symbol;
  if (kind < Kind.Call) return `${symbol} ${KIND_NAMES[kind]}`;
  const days = Math.round((expiry - stage.world.start) / 86_400);
  return `${symbol} ${(strikeOf(instrument) / 10n ** 18n).toString()} ${KIND_NAMES[kind]} of day ${days}`;
}

/** Legs in the same share of each, as words; what rounds to nothing is left out. */
export function sharesOf(held: readonly (readonly [Instrument, bigint])[], share: number): bigint[] {
  return held
    .map(([instrument, size]) => ({ instrument, size: (size * wad(share)) / WAD }))
    .filter(({ size }) => size !== 0n)
    .map(({ instrument, size }) => toPosition(instrument, size));
}

/** WAD, to nine digits after the point. */
export function wad(value: number): bigint {
  return BigInt(Math.round(value * 1e9)) * 10n ** 9n;
}

/** The same with other last digits each time, so that what is shared out never divides evenly. */
export function oddWad(stage: Stage, value: number): bigint {
  return wad(value) + ((stage.salt() * ODD_STRIDE) % ODD_DIGITS);
}

/** Mostly one who has lent something to the backstop or the pool. */
export function pickHolder(stage: Stage, dice: Dice): Person {
  return dice.chance(0.2) ? dice.pick(stage.people) : dice.pick(stage.of("backer"));
}

/** USDC units. */
export function usdc(value: number): bigint {
  return BigInt(Math.round(value * USDC_DIGITS));
}

/** Of the backstop or the pool, whole ones. */
export function shares(value: number): bigint {
  return BigInt(Math.round(value)) * SHARE_SCALE;
}

export function units(value: bigint): string {
  return (Number(value / 10n ** 12n) / 1e6).toLocaleString("en-US", { maximumFractionDigits: 4 });
}

export function usd(value: number): string {
  return `$${value.toLocaleString("en-US", { maximumFractionDigits: 0 })}`;
}
