import { type Account, CASH, type Instrument, Kind, WAD, fieldsOf } from "@plimsoll/client";
import { CashModel, SCALE, mulDivDown } from "./cash.ts";
import { FundingModel } from "./funding.ts";
import { TearUps } from "./tearUps.ts";

/** One account as events tell it. Amounts WAD. */
export interface AccountBook {
  /** USD WAD · 1e24 over the supply index, or over the borrow index where it is owed. */
  scaled: bigint;
  readonly cash: bigint;
  readonly positions: Map<Instrument, bigint>;
  /** Of open perpetuals. */
  readonly entries: Map<Instrument, PerpetualEntry>;
}

/** What an account remembers of a perpetual: its entry value with the funding up to an index. */
export interface PerpetualEntry {
  readonly value: bigint;
  readonly index: bigint;
}

/** What the holders of one side of a derivative still have to take of losses: units with the sign of their positions, and USD WAD. */
export interface OpenShare {
  size: bigint;
  value: bigint;
}

const absolute = (value: bigint) => (value < 0n ? -value : value);
/** Ends the key of what holders of a settled series paid in who are through while others are not. */
export const SETTLING = "=";

const kindOf = (instrument: Instrument) => fieldsOf(instrument).kind;

function shareDown(amount: bigint, part: bigint, whole: bigint): bigint {
  return mulDivDown(amount, absolute(part), absolute(whole));
}

function isReduction(held: bigint, delta: bigint): boolean {
  return held > 0n !== delta > 0n && absolute(delta) <= absolute(held);
}

/**
 * The books of the clearinghouse, kept by double entry from what its events say and from nothing else. Totals are kept beside the
 * accounts, so that conservation is checked in constant time after every step.
 */
export class LedgerModel {
  readonly accounts = new Map<Account, AccountBook>();
  /** Net position of each derivative, and total of each token. */
  readonly nets = new Map<Instrument, bigint>();
  /** Units long of each derivative, as the chain counts them: tear-ups count from when they are ordered. */
  readonly longs = new Map<Instrument, bigint>();
  /** What came in less what went out, WAD. */
  readonly custody = new Map<Instrument, bigint>();
  /** By derivative and side. */
  readonly openShares = new Map<string, OpenShare>();
  /** USD WAD · 1e24: what accounts own by nothing but rounding is the reserve's. */
  reserveExactly = 0n;
  readonly cash = new CashModel();
  readonly funding = new FundingModel();
  readonly tearUps = new TearUps();
  /** As stored: with funding up to when each was last written. */
  entryValues = 0n;

  book(account: Account): AccountBook {
    let book = this.accounts.get(account);
    if (book === undefined) {
      const valueOf = (scaled: bigint) => this.cash.valueOf(scaled);
      book = {
        ...{ scaled: 0n, positions: new Map<Instrument, bigint>(), entries: new Map<Instrument, PerpetualEntry>() },
        get cash() {
          return valueOf(this.scaled);
        },
      };
      this.accounts.set(account, book);
    }
    return book;
  }

  positionOf(account: Account, instrument: Instrument): bigint {
    return this.accounts.get(account)?.positions.get(instrument) ?? 0n;
  }

  /** Cash with the entry values, which is the cash of a portfolio. */
  cashOf(account: Account): bigint {
    const book = this.accounts.get(account);
    if (book === undefined) return 0n;
    let cash = book.cash;
    for (const [instrument, entry] of book.entries) {
      cash += entry.value + this.funding.received(instrument, entry, book.positions.get(instrument) ?? 0n);
    }
    return cash;
  }

  /** Whether somebody else depends on the account. */
  isLiable(account: Account): boolean {
    const book = this.accounts.get(account);
    if (book === undefined) return false;
    if (book.cash < 0n) return true;
    for (const instrument of book.positions.keys()) if (kindOf(instrument) !== Kind.Spot) return true;
    return false;
  }

  addCash(account: Account, amount: bigint): void {
    if (amount === 0n) return;
    const book = this.book(account);
    const before = this.cash.ownedNow;
    book.scaled = this.cash.add(book.scaled, amount);
    this.reserveExactly -= this.cash.ownedExactly - before - amount * SCALE;
  }

  /** What the reserve has by events, and the interest since. USD WAD, as the chain rounds it. */
  get reserve(): bigint {
    const exactly = this.reserveExactly - (this.cash.ownedNow - this.cash.ownedExactly);
    return exactly > 0n ? exactly / SCALE : 0n;
  }

  /** Interest or a loss, for everybody at once; the difference is the reserve's until another event says whose. */
  setIndices(indices: { readonly borrow: bigint; readonly supply: bigint }, isLoss: boolean): void {
    const before = this.cash.ownedExactly;
    this.cash.tell(indices, isLoss);
    this.reserveExactly -= this.cash.ownedExactly - before;
  }

  payFee(account: Account, size: bigint): void {
    this.drawReserve(account, -size);
  }

  receive(asset: Instrument, size: bigint): void {
    this.custody.set(asset, (this.custody.get(asset) ?? 0n) + size);
  }

  fund(size: bigint): void {
    this.receive(CASH, size);
    this.reserveExactly += size * SCALE;
  }

  /** Reserve into an account. */
  drawReserve(account: Account, size: bigint): void {
    this.reserveExactly -= size * SCALE;
    this.addCash(account, size);
  }

  /** A fill at a price: one number for both sides. */
  fill(trade: { buyer: Account; seller: Account; instrument: Instrument; size: bigint; price: bigint }): void {
    const value = (trade.price * trade.size) / WAD;
    this.trade(trade.buyer, { instrument: trade.instrument, delta: trade.size, value: -value });
    this.trade(trade.seller, { instrument: trade.instrument, delta: -trade.size, value });
  }

  /** Changes a position for a value: of a perpetual what opens joins the entry value, what closes is realised pro rata. */
  trade(account: Account, change: { instrument: Instrument; delta: bigint; value: bigint }): void {
    const { instrument, delta, value } = change;
    const book = this.book(account);
    const held = book.positions.get(instrument) ?? 0n;
    const kind = kindOf(instrument);
    if (held === 0n) this.tearUps.leave(account, instrument);
    this.#setPosition(book, instrument, held + delta);
    if (kind === Kind.Spot) {
      this.addCash(account, value);
      return;
    }
    const longs = (held + delta > 0n ? held + delta : 0n) - (held > 0n ? held : 0n);
    this.longs.set(instrument, (this.longs.get(instrument) ?? 0n) + longs);
    this.addCash(account, kind === Kind.Perpetual ? this.#realise(book, change, held) : value);
  }

  /** A leg closed against all who hold the other side; they take their shares later. */
  tearUp(account: Account, leg: { instrument: Instrument; size: bigint; value: bigint }): void {
    const { instrument, size, value } = leg;
    const before = this.longs.get(instrument) ?? 0n;
    this.trade(account, { instrument, delta: -size, value });
    // Both sides are counted out at once.
    this.longs.set(instrument, before - absolute(size));
    const share = this.#openShare(instrument, -size);
    share.size -= size;
    share.value -= value;
    const left = { instrument, size: -size, value: -value };
    this.tearUps.order(left, { holders: this.#holdersOf(instrument, -size), held: before });
  }

  /** An account takes its share. @param delta Signed change of its position. */
  takeShare(account: Account, share: { instrument: Instrument; delta: bigint; value: bigint }): void {
    const { instrument, delta, value } = share;
    const before = this.longs.get(instrument) ?? 0n;
    this.tearUps.take(account, this.positionOf(account, instrument), { instrument, size: -delta, value });
    this.trade(account, share);
    this.longs.set(instrument, before);
    const open = this.#openShare(instrument, -delta);
    open.size += delta;
    open.value -= value;
  }

  shareDebt(account: Account, amount: bigint): void {
    this.drawReserve(account, amount);
  }

  /** A settled series no longer counts as open interest; its holders go through one by one. */
  settleSeries(instrument: Instrument): void {
    this.longs.set(instrument, 0n);
  }

  /** A position became cash. */
  expire(account: Account, { instrument, size, value }: { instrument: Instrument; size: bigint; value: bigint }): void {
    const longs = this.longs.get(instrument) ?? 0n;
    this.trade(account, { instrument, delta: -size, value });
    this.longs.set(instrument, longs);
    const share = this.#settlingShare(instrument);
    share.size -= size;
    share.value -= value;
  }

  /** All holders are through. What is left is the reserve's; what then remains is a fault that `checkShares` sees. */
  closeSeries(instrument: Instrument, residue: bigint): void {
    this.reserveExactly += residue * SCALE;
    const { size, value } = this.#settlingShare(instrument);
    this.openShares.delete(`${instrument.toString(16)}${SETTLING}`);
    if (size === 0n && value === residue) return;
    const left = this.#openShare(instrument, 1n);
    left.size += size;
    left.value += value - residue;
  }

  /** Everything, into an account that holds no positions. */
  moveAll(from: Account, to: Account): void {
    const source = this.book(from);
    const target = this.book(to);
    for (const [instrument, size] of source.positions) {
      target.positions.set(instrument, size);
      for (const account of [from, to]) this.tearUps.leave(account, instrument);
    }
    for (const [instrument, entry] of source.entries) target.entries.set(instrument, entry);
    source.positions.clear();
    source.entries.clear();
    if (target.scaled === 0n) {
      // As it is stored: nothing is rounded.
      [target.scaled, source.scaled] = [source.scaled, 0n];
      return;
    }
    const { cash } = source;
    this.addCash(to, cash);
    this.addCash(from, -cash);
  }

  /** Writes down the funding that every view of the account's perpetuals shows. */
  writeFunding(account: Account): void {
    const book = this.book(account);
    for (const [instrument, size] of book.positions) {
      if (kindOf(instrument) === Kind.Perpetual) this.#realise(book, { instrument, delta: 0n, value: 0n }, size);
    }
  }

  get hasOpenShares(): boolean {
    for (const { size, value } of this.openShares.values()) if (size !== 0n || value !== 0n) return true;
    return false;
  }

  *#holdersOf(instrument: Instrument, sign: bigint): Generator<Account> {
    for (const [account, { positions }] of this.accounts) {
      const size = positions.get(instrument) ?? 0n;
      if (size !== 0n && size > 0n === sign > 0n) yield account;
    }
  }

  #settlingShare(instrument: Instrument): OpenShare {
    return this.#shareAt(`${instrument.toString(16)}${SETTLING}`);
  }

  #shareAt(key: string): OpenShare {
    const share = this.openShares.get(key) ?? { size: 0n, value: 0n };
    this.openShares.set(key, share);
    return share;
  }

  #openShare(instrument: Instrument, sign: bigint): OpenShare {
    return this.#shareAt(`${instrument.toString(16)}${sign > 0n ? "+" : "-"}`);
  }

  #setPosition(book: AccountBook, instrument: Instrument, size: bigint): void {
    const held = book.positions.get(instrument) ?? 0n;
    this.nets.set(instrument, (this.nets.get(instrument) ?? 0n) + size - held);
    if (size === 0n) book.positions.delete(instrument);
    else book.positions.set(instrument, size);
  }

  #realise(book: AccountBook, change: { instrument: Instrument; delta: bigint; value: bigint }, held: bigint): bigint {
    const { instrument, delta, value } = change;
    const stored = book.entries.get(instrument) ?? { value: 0n, index: this.funding.indexOf(instrument) };
    const received = this.funding.received(instrument, stored, held);
    const entry = stored.value + received;
    let realised = 0n;
    if (isReduction(held, delta)) realised = shareDown(entry, delta, held) + value;
    else if (held !== 0n && held > 0n !== delta > 0n) realised = entry + shareDown(value, held, delta);
    const rest = entry + value - realised;
    if (held + delta === 0n) book.entries.delete(instrument);
    else book.entries.set(instrument, { value: rest, index: this.funding.indexOf(instrument) });
    this.funding.paid -= received;
    this.entryValues += rest - stored.value;
    return realised;
  }
}
