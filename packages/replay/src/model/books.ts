import { type Account, type Instrument, Kind, fieldsOf } from "@plimsoll/client";
import { type Portfolio, toNumber } from "@plimsoll/risk";
import {
  type Conservation,
  type TokenBalance,
  UNIT_INDICES,
  checkConservation,
  toScaledCash,
} from "../conservation.ts";
import { OpenInterest } from "./openInterest.ts";
import { RefusedError } from "./refused.ts";
import { absolute, mulDivDown, positive, sum } from "./whole.ts";

/** Units, WAD, negative when short. */
export interface SizedLeg {
  readonly instrument: Instrument;
  readonly size: bigint;
}

/** A portfolio in the units of the ledger, as margin is computed from it: cash with the entry values of perpetuals, USD WAD. */
export interface ExactPortfolio {
  readonly cash: bigint;
  readonly legs: readonly SizedLeg[];
}

interface Holding {
  cash: bigint;
  readonly legs: Map<Instrument, bigint>;
  /** Of perpetuals: what their positions were opened for, received. */
  readonly entryValues: Map<Instrument, bigint>;
  /** The same in float64, until something changes. */
  portfolio: Portfolio | undefined;
}

const WAD_DECIMALS = 18;

/**
 * Who owns what in the model. Amounts are whole numbers of 1e-18, as on chain, so that conservation is exact; only what is
 * decided by margin is computed in float64.
 */
export class Books {
  /** USD WAD. */
  reserve = 0n;
  readonly openInterest = new OpenInterest();
  readonly #holdings = new Map<Account, Holding>();
  /** Paid in less taken out: of cash, and of each token by its spot instrument. */
  #paidIn = 0n;
  readonly #tokens = new Map<Instrument, bigint>();

  /** Of all accounts that hold or owe anything. */
  *portfolios(): Generator<[Account, Portfolio]> {
    for (const [account, holding] of this.#holdings) {
      if (holding.legs.size === 0 && holding.cash >= 0n) continue;
      yield [account, (holding.portfolio ??= inFloat(toExact(holding)))];
    }
  }

  accounts(): Iterable<Account> {
    return this.#holdings.keys();
  }

  /** Without entry values. */
  cash(account: Account): bigint {
    return this.#holding(account).cash;
  }

  entryValueOf(account: Account, instrument: Instrument): bigint {
    return this.#holding(account).entryValues.get(instrument) ?? 0n;
  }

  sizeOf(account: Account, instrument: Instrument): bigint {
    return this.#holding(account).legs.get(instrument) ?? 0n;
  }

  exact(account: Account): ExactPortfolio {
    return toExact(this.#holding(account));
  }

  /** The same object until the account changes. */
  portfolio(account: Account): Portfolio {
    const holding = this.#holding(account);
    holding.portfolio ??= inFloat(toExact(holding));
    return holding.portfolio;
  }

  payIn(account: Account, cash: bigint): void {
    this.#paidIn += cash;
    this.addCash(account, cash);
  }

  payInToken(account: Account, instrument: Instrument, size: bigint): void {
    this.#tokens.set(instrument, (this.#tokens.get(instrument) ?? 0n) + size);
    this.trade(account, { instrument, size }, 0n);
  }

  fundReserve(cash: bigint): void {
    this.#paidIn += cash;
    this.reserve += cash;
  }

  addCash(account: Account, cash: bigint): void {
    const holding = this.#holding(account);
    holding.cash += cash;
    holding.portfolio = undefined;
  }

  moveCash(from: Account, to: Account, cash: bigint): void {
    this.addCash(from, -cash);
    this.addCash(to, cash);
  }

  /** At most what is there. */
  drawReserve(to: Account, cash: bigint): void {
    if (cash > this.reserve) throw new RefusedError("InsufficientReserve");
    this.reserve -= cash;
    this.addCash(to, cash);
  }

  /**
   * Changes a position for a value, USD WAD, positive where it is received. What is not collateral has to be taken from other
   * accounts in the same step. Of a perpetual, what opens joins the entry value, and what closes realises its share of both.
   */
  trade(account: Account, { instrument, size }: SizedLeg, value: bigint): void {
    const holding = this.#holding(account);
    const held = holding.legs.get(instrument) ?? 0n;
    const after = held + size;
    set(holding.legs, instrument, after);
    const { kind, underlying } = fieldsOf(instrument);
    if (kind !== Kind.Spot) this.openInterest.change(underlying, positive(after) - positive(held));
    const entry = holding.entryValues.get(instrument) ?? 0n;
    const realised = kind === Kind.Perpetual ? realisedBy({ held, entry }, size, value) : value;
    set(holding.entryValues, instrument, entry + value - realised);
    this.addCash(account, realised);
  }

  /** Parts of positions, and of perpetuals as much of the entry value. @returns the entry values that moved, USD WAD. */
  move(from: Account, to: Account, legs: readonly SizedLeg[]): bigint {
    let moved = 0n;
    for (const { instrument, size } of legs) {
      const entry = this.entryValueOf(from, instrument);
      const part = entry === 0n ? 0n : shareDown(entry, size, this.sizeOf(from, instrument));
      this.trade(from, { instrument, size: -size }, -part);
      this.trade(to, { instrument, size }, part);
      moved += part;
    }
    return moved;
  }

  /** All legs and all cash, debts too. */
  moveAll(from: Account, to: Account): void {
    this.move(from, to, this.exact(from).legs);
    this.moveCash(from, to, this.cash(from));
  }

  /** By the same check as the chain's books. */
  conservation(): Conservation {
    const balance = (symbol: string, size: bigint): TokenBalance => ({
      ...{ symbol, recordedInTokens: size, balanceInTokens: size, decimals: WAD_DECIMALS },
    });
    return checkConservation({
      accounts: [...this.#holdings.values()].map((holding) => ({
        scaledCash: toScaledCash(holding.cash),
        entryValues: sum(holding.entryValues.values()),
        positions: toExact(holding).legs,
      })),
      indices: UNIT_INDICES,
      reserve: this.reserve,
      usdc: balance("USDC", this.#paidIn),
      collaterals: new Map([...this.#tokens].map(([spot, size]) => [spot, balance(String(spot), size)])),
    });
  }

  #holding(account: Account): Holding {
    const known = this.#holdings.get(account);
    if (known !== undefined) return known;
    const holding: Holding = { cash: 0n, legs: new Map(), entryValues: new Map(), portfolio: undefined };
    this.#holdings.set(account, holding);
    return holding;
  }
}

function toExact({ cash, legs, entryValues }: Holding): ExactPortfolio {
  return {
    cash: sum([cash, ...entryValues.values()]),
    legs: [...legs].map(([instrument, size]) => ({ instrument, size })),
  };
}

function set(values: Map<Instrument, bigint>, instrument: Instrument, value: bigint): void {
  if (value === 0n) values.delete(instrument);
  else values.set(instrument, value);
}

/** What goes to cash when a perpetual changes by so many units for a value; the rest is in the entry value. */
function realisedBy(
  { held, entry }: { readonly held: bigint; readonly entry: bigint },
  size: bigint,
  value: bigint,
): bigint {
  if (held === 0n || held > 0n === size > 0n) return 0n;
  if (absolute(size) <= absolute(held)) return shareDown(entry, size, held) + value;
  return entry + shareDown(value, held, size);
}

/** Of an amount as |part| of |whole|, towards minus infinity. */
function shareDown(amount: bigint, part: bigint, whole: bigint): bigint {
  return mulDivDown(amount, absolute(part), absolute(whole));
}

export function inFloat({ cash, legs }: ExactPortfolio): Portfolio {
  return {
    cash: toNumber(cash),
    legs: legs.map(({ instrument, size }) => ({ instrument, size: toNumber(size) })),
  };
}

/** Legs with the sizes of the same instrument added; what comes to nothing is left out. */
export function plus(base: readonly SizedLeg[], added: readonly SizedLeg[]): SizedLeg[] {
  const sizes = new Map(base.map(({ instrument, size }) => [instrument, size]));
  for (const { instrument, size } of added) sizes.set(instrument, (sizes.get(instrument) ?? 0n) + size);
  return [...sizes].filter(([, size]) => size !== 0n).map(([instrument, size]) => ({ instrument, size }));
}

export function negate(legs: readonly SizedLeg[]): SizedLeg[] {
  return legs.map(({ instrument, size }) => ({ instrument, size: -size }));
}
