import { type Account, type Instrument, Kind, WAD, fieldsOf, spot, toAccount } from "@plimsoll/client";
import type { Portfolio, Risk } from "@plimsoll/risk";
import type { Participant, WantedLeg } from "../market/population.ts";
import { type Terms, listedInstrument } from "../market/terms.ts";
import { type Holder, OPTION_SPREAD, PERPETUAL_SPREAD, type Refusal, type Trade, type Venue } from "../market/venue.ts";
import { toWad } from "../market/wad.ts";
import { ASSETS, UNDERLYINGS } from "../prices/arguments.ts";
import { type Books, type SizedLeg, inFloat, plus } from "./books.ts";
import type { ModelMarket } from "./market.ts";
import { RefusedError } from "./refused.ts";

/** Owners of the model's accounts, counted from here. */
const FIRST_OWNER = 0x10_000n;
const ADDRESS_DIGITS = 40;

/** Trading in the model: the clearinghouse's rules for what its users do, without signatures and tokens. */
export class ModelExchange implements Venue<Holder> {
  #joined = 0n;

  constructor(
    private readonly books: Books,
    private readonly market: ModelMarket,
    private readonly terms: Terms,
  ) {}

  join(participant: Participant): Promise<Holder> {
    const account = toAccount(addressOf(FIRST_OWNER + this.#joined++));
    this.books.payIn(account, toWad(participant.funds.usd));
    for (const asset of ASSETS) {
      const size = toWad(participant.funds[asset]);
      if (size > 0n) this.books.payInToken(account, spot(UNDERLYINGS[asset]), size);
    }
    return Promise.resolve({ ...participant, account });
  }

  deposit({ account }: Holder, usd: number): Promise<void> {
    this.books.payIn(account, toWad(usd));
    return Promise.resolve();
  }

  withdraw({ account }: Holder, usd: number): Promise<Refusal | undefined> {
    const cash = toWad(usd);
    this.books.payIn(account, -cash);
    const isAllowed = this.#meetsInitial(this.books.portfolio(account));
    if (!isAllowed) this.books.payIn(account, cash);
    return Promise.resolve(isAllowed ? undefined : new RefusedError("BelowInitialMargin"));
  }

  trade(trade: Trade<Holder>): Promise<Refusal | undefined> {
    const { maker, taker, instrument, size, reduceOnly = false } = trade;
    if (reduceOnly && !isReduction(this.books.sizeOf(taker.account, instrument), size))
      return Promise.resolve(new RefusedError("NotReducing"));
    const before = this.market.evaluate(this.books.portfolio(taker.account));
    const value = this.#valueOf(trade);
    const bought = this.#with(taker.account, { instrument, size }, -value);
    const isAllowed =
      this.#meetsInitial(this.#with(maker.account, { instrument, size: -size }, value)) &&
      (this.#meetsInitial(bought) || (reduceOnly && improves(before, this.market.evaluate(bought))));
    if (!isAllowed) return Promise.resolve(new RefusedError("BelowInitialMargin"));
    this.books.trade(maker.account, { instrument, size: -size }, value);
    this.books.trade(taker.account, { instrument, size }, -value);
    return Promise.resolve(undefined);
  }

  positionOf(account: Account, instrument: Instrument): Promise<bigint> {
    return Promise.resolve(this.books.sizeOf(account, instrument));
  }

  instrumentOf(leg: WantedLeg, price: number): Instrument {
    return listedInstrument(leg, price, this.terms);
  }

  /** What the taker pays, USD WAD: mark, worse by the maker's spread. */
  #valueOf({ instrument, size }: Trade<Holder>): bigint {
    const mark = toWad(this.market.mark(instrument));
    const spread = (mark * (fieldsOf(instrument).kind === Kind.Perpetual ? PERPETUAL_SPREAD : OPTION_SPREAD)) / WAD;
    return ((size > 0n ? mark + spread : mark - spread) * size) / WAD;
  }

  /** What the account would be after a trade. */
  #with(account: Account, leg: SizedLeg, value: bigint): Portfolio {
    const { cash, legs } = this.books.exact(account);
    return inFloat({ cash: cash + value, legs: plus(legs, [leg]) });
  }

  /** Nobody depends on the equity of an account without a debt or a derivative. */
  #meetsInitial(portfolio: Portfolio): boolean {
    if (portfolio.cash >= 0 && portfolio.legs.every(({ instrument }) => fieldsOf(instrument).kind === Kind.Spot))
      return true;
    const { equity, initial } = this.market.evaluate(portfolio);
    return equity >= initial;
  }
}

export function addressOf(owner: bigint): string {
  return `0x${owner.toString(16).padStart(ADDRESS_DIGITS, "0")}`;
}

/** Towards zero and never beyond. */
function isReduction(held: bigint, change: bigint): boolean {
  if (held > 0n) return change < 0n && held + change >= 0n;
  return change > 0n && held + change <= 0n;
}

/** What an account below initial margin may do. As `MarginRules.sol`. */
function improves(before: Risk, after: Risk): boolean {
  if (after.initial > before.initial) return false;
  if (before.equity <= 0 || before.initial === 0) return after.equity >= before.equity;
  return after.equity * before.initial >= before.equity * after.initial;
}
