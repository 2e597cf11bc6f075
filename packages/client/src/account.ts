import { getAddress } from "ethers";
import { unsigned } from "./bits.ts";

/** A margin account: `owner << 96 | subId`. Every address owns 2^96 accounts; none needs to be created. */
export type Account = bigint;

const SUB_ID_BITS = 96n;
const ADDRESS_BITS = 160n;

/** The account number `subId` of `owner`. */
export function toAccount(owner: string, subId: bigint = 0n): Account {
  return (BigInt(getAddress(owner)) << SUB_ID_BITS) | unsigned("subId", subId, SUB_ID_BITS);
}

/** The checksummed address that owns the account. */
export function ownerOf(account: Account): string {
  const owner = unsigned("account", account, ADDRESS_BITS + SUB_ID_BITS) >> SUB_ID_BITS;
  return getAddress(`0x${owner.toString(16).padStart(40, "0")}`);
}

export function subIdOf(account: Account): bigint {
  return BigInt.asUintN(Number(SUB_ID_BITS), account);
}
