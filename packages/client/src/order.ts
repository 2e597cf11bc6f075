import { TypedDataEncoder, type Signer, type TypedDataDomain } from "ethers";
import type { Account } from "./account.ts";
import type { Instrument } from "./instrument.ts";

/** A limit order on one instrument, as the contract has it. */
export interface Order {
  readonly account: Account;
  readonly instrument: Instrument;
  /** Units, WAD; positive buys, negative sells. */
  readonly size: bigint;
  /** USD WAD a unit: at most when buying, at least when selling. */
  readonly limitPrice: bigint;
  /** Unix seconds, inclusive. */
  readonly expiry: bigint;
  /** Distinguishes orders; all below the signer's `minSalt` are cancelled. */
  readonly salt: bigint;
  /** Fills only towards zero, and the account is margined as reducing. */
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

/** Default life of an order made by `makeOrder`. */
const NO_EXPIRY = 2n ** 40n - 1n;

const ORDER_TYPES = {
  Order: [
    { name: "account", type: "uint256" },
    { name: "instrument", type: "uint128" },
    { name: "size", type: "int128" },
    { name: "limitPrice", type: "uint256" },
    { name: "expiry", type: "uint40" },
    { name: "salt", type: "uint256" },
    { name: "reduceOnly", type: "bool" },
  ],
};

/** Completes an order: no expiry, a salt that is unique enough, not reduce-only. */
export function makeOrder(
  terms: Pick<Order, "account" | "instrument" | "size" | "limitPrice"> & Partial<Order>,
): Order {
  return { expiry: NO_EXPIRY, salt: randomSalt(), reduceOnly: false, ...terms };
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

/** 64 random bits above the seconds of now: later orders have greater salts, so that `cancelBelow` cancels earlier ones. */
function randomSalt(): bigint {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return (BigInt(Math.floor(Date.now() / 1000)) << 64n) | random;
}
