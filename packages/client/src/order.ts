import { TypedDataEncoder, type Signer, type TypedDataDomain } from "ethers";
import type { Account } from "./account.ts";
import { OutOfRangeError } from "./bits.ts";
import type { Instrument } from "./instrument.ts";

/** What one unit of an order buys or sells of one instrument. */
export interface Leg {
  readonly instrument: Instrument;
  /** Units of the instrument in a unit of the order, a whole number: positive buys, negative sells. */
  readonly ratio: bigint;
}

/** A limit order for one instrument or for several at one net price, as the contract has it. */
export interface Order {
  readonly account: Account;
  /** In strictly ascending order of their instruments. */
  readonly legs: Leg[];
  /** Units of the order, WAD. */
  readonly size: bigint;
  /** USD WAD a unit of the order, fees apart: positive pays at most that, negative receives at least that. */
  readonly limitPrice: bigint;
  /** The most that may be charged, USD WAD a unit of the order. */
  readonly maxFee: bigint;
  /** Unix seconds, inclusive. */
  readonly expiry: bigint;
  /** Distinguishes orders; all below the signer's `minSalt` are cancelled. */
  readonly salt: bigint;
  /** Every leg fills only towards zero, and the account is margined as reducing. */
  readonly reduceOnly: boolean;
}

export interface SignedOrder {
  readonly order: Order;
  readonly signer: string;
  readonly signature: string;
}

/** Where an order is valid: one settlement contract on one chain. */
export interface Venue {
  readonly chainId: bigint;
  readonly orderSettlement: string;
}

/** What a trader decides; the rest has defaults. */
export type OrderTerms = Pick<Order, "account" | "legs" | "size" | "limitPrice"> & Partial<Order>;

/** The same for one instrument. */
export interface SingleTerms extends Partial<Omit<Order, "legs" | "size" | "limitPrice">> {
  readonly account: Account;
  readonly instrument: Instrument;
  /** Units, WAD; positive buys, negative sells. */
  readonly size: bigint;
  /** USD WAD a unit, not negative: at most when buying, at least when selling. */
  readonly price: bigint;
}

/** Why an order would be refused whatever it is matched with. */
export type Malformation = "legs" | "ratio" | "instrument twice" | "size" | "price";

/** An order that the contract could never fill. */
export class MalformedOrderError extends RangeError {
  readonly malformation: Malformation;
  readonly value: bigint;

  constructor(malformation: Malformation, value: bigint) {
    super(`malformed order: ${malformation} ${value.toString()}`);
    this.name = "MalformedOrderError";
    this.malformation = malformation;
    this.value = value;
  }
}

/** Legs that an order may have. */
export const MAX_ORDER_LEGS = 8;
/** Default life of an order. */
const NO_EXPIRY = 2n ** 40n - 1n;
/** The rates of a settlement contract never change, so that its fees are limited without a limit in the order. */
const ANY_FEE = 2n ** 128n - 1n;
const RATIO_BITS = 64;
const SIZE_BITS = 128n;

const ORDER_TYPES = {
  Order: [
    { name: "account", type: "uint256" },
    { name: "legs", type: "Leg[]" },
    { name: "size", type: "uint128" },
    { name: "limitPrice", type: "int128" },
    { name: "maxFee", type: "uint128" },
    { name: "expiry", type: "uint40" },
    { name: "salt", type: "uint256" },
    { name: "reduceOnly", type: "bool" },
  ],
  Leg: [
    { name: "instrument", type: "uint128" },
    { name: "ratio", type: "int64" },
  ],
};

/** Completes an order: legs in their order, any fee, no expiry, a salt that is unique enough, not reduce-only. Throws
 * `MalformedOrderError` where no contract could fill it. */
export function makeOrder(terms: OrderTerms): Order {
  const legs = terms.legs.toSorted((a, b) => (a.instrument < b.instrument ? -1 : 1));
  const order = { maxFee: ANY_FEE, expiry: NO_EXPIRY, salt: randomSalt(), reduceOnly: false, ...terms, legs };
  requireWellFormed(order);
  return order;
}

/** An order for one instrument. */
export function makeSingleOrder({ instrument, size, price, ...rest }: SingleTerms): Order {
  if (price < 0n) throw new MalformedOrderError("price", price);
  const isBuy = size > 0n;
  return makeOrder({
    ...rest,
    legs: [{ instrument, ratio: isBuy ? 1n : -1n }],
    size: isBuy ? size : -size,
    limitPrice: isBuy ? price : -price,
  });
}

/** Throws `MalformedOrderError` for what makes an order unfillable whatever it is matched with. */
export function requireWellFormed({ legs, size, limitPrice }: Order): void {
  if (legs.length === 0 || legs.length > MAX_ORDER_LEGS) throw new MalformedOrderError("legs", BigInt(legs.length));
  for (const [i, leg] of legs.entries()) requireLeg(leg, legs[i - 1]);
  if (size <= 0n || size >> SIZE_BITS !== 0n) throw new MalformedOrderError("size", size);
  if (BigInt.asIntN(Number(SIZE_BITS), limitPrice) !== limitPrice) {
    throw new OutOfRangeError("limitPrice", limitPrice, SIZE_BITS);
  }
}

function requireLeg({ instrument, ratio }: Leg, previous: Leg | undefined): void {
  if (ratio === 0n || BigInt.asIntN(RATIO_BITS, ratio) !== ratio) throw new MalformedOrderError("ratio", ratio);
  if (previous !== undefined && instrument <= previous.instrument) {
    throw new MalformedOrderError("instrument twice", instrument);
  }
}

/** The EIP-712 domain in which orders are signed. */
export function orderDomain({ chainId, orderSettlement }: Venue): TypedDataDomain {
  return { name: "Plimsoll", version: "1", chainId, verifyingContract: orderSettlement };
}

/** The digest that is signed; equals `OrderSettlement.hashOrder`. */
export function hashOrder(order: Order, venue: Venue): string {
  return TypedDataEncoder.hash(orderDomain(venue), ORDER_TYPES, order);
}

/** Signs as the owner of the account, or as a key that the owner lets trade it. */
export async function signOrder(order: Order, signer: Signer, venue: Venue): Promise<SignedOrder> {
  const signature = await signer.signTypedData(orderDomain(venue), ORDER_TYPES, order);
  return { order, signer: await signer.getAddress(), signature };
}

/** An order that its caller brings to the settlement: no signature is needed. @param caller - The wallet, or the router. */
export function callersOrder(order: Order, caller: string): SignedOrder {
  return { order, signer: caller, signature: "0x" };
}

/** 64 random bits above the seconds of now: later orders have greater salts, so that `cancelBelow` cancels earlier ones. */
function randomSalt(): bigint {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return (BigInt(Math.floor(Date.now() / 1000)) << 64n) | random;
}
