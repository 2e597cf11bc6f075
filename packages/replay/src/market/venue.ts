import type { Account, Instrument } from "@plimsoll/client";
import type { Participant, WantedLeg } from "./population.ts";

/** A participant with an account. */
export interface Holder extends Participant {
  readonly account: Account;
}

/** A trade between two holders: `size` in units, WAD, as `taker` sees it. */
export interface Trade<H extends Holder> {
  readonly maker: H;
  readonly taker: H;
  readonly instrument: Instrument;
  readonly size: bigint;
  readonly reduceOnly?: boolean;
}

/** Why something was not allowed; `errorName` as the contracts call it. */
export interface Refusal extends Error {
  readonly errorName: string;
}

/** Where people trade: the contracts on a simulated chain, or the model of them. Amounts in USD, prices in USD. */
export interface Venue<H extends Holder> {
  /** Gives a participant an account with the funds of the plan. */
  join(participant: Participant): Promise<H>;
  deposit(holder: H, usd: number): Promise<void>;
  /** Takes cash out, as a loan where there is none left. @returns why it was refused, if it was. */
  withdraw(holder: H, usd: number): Promise<Refusal | undefined>;
  /** At a price around mark, worse for the taker. @returns why it was refused, if it was. */
  trade(trade: Trade<H>): Promise<Refusal | undefined>;
  /** Units held, WAD, negative when short. */
  positionOf(account: Account, instrument: Instrument): Promise<bigint>;
  /** The listed instrument that comes closest to what is wanted. */
  instrumentOf(leg: WantedLeg, price: number): Instrument;
}

/** Around mark, what a market maker asks, WAD: basis points of perpetuals, per cent of options. */
export const PERPETUAL_SPREAD = 5n * 10n ** 14n;
export const OPTION_SPREAD = 2n * 10n ** 16n;
