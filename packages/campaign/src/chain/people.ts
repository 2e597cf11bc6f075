import { type Account, toAccount } from "@plimsoll/client";
import { Wallet, dataSlice, getAddress, id } from "ethers";

export type Role = "long" | "writer" | "maker" | "levered" | "adversary" | "keeper" | "backer";

/**
 * Somebody with two accounts. He acts from a contract (see puppet.ts) and signs with a key that may trade his account 0. The key is a
 * wallet as well, with an account of its own: a contract without a signature of its own cannot approve by one.
 */
export interface Person {
  readonly label: string;
  readonly role: Role;
  readonly key: Wallet;
  readonly address: string;
  readonly accounts: readonly [Account, Account];
  /** Of the key's address. */
  readonly wallet: Account;
}

/** How many of each. Retail is mostly long and levered, which is what makes crashes. */
const CROWD: readonly (readonly [Role, number])[] = [
  ["long", 6],
  ["writer", 4],
  ["maker", 4],
  ["levered", 4],
  ["adversary", 2],
  ["keeper", 2],
  ["backer", 2],
];

/** What each brings, USD. */
export const WEALTH: Readonly<Record<Role, number>> = {
  long: 20_000,
  writer: 40_000,
  maker: 800_000,
  levered: 30_000,
  adversary: 60_000,
  keeper: 3_000_000,
  backer: 150_000,
};

/** The people of every story, with the same keys in all of them. */
export function makePeople(): Person[] {
  return CROWD.flatMap(([role, count]) => Array.from({ length: count }, (_, i) => makePerson(role, i + 1)));
}

function makePerson(role: Role, number: number): Person {
  const seed = id(`plimsoll campaign ${role} ${number}`);
  const address = getAddress(dataSlice(id(`${seed} address`), 12));
  const accounts = [toAccount(address), toAccount(address, 1n)] as const;
  const key = new Wallet(seed);
  return { label: `${role} ${number}`, role, key, address, accounts, wallet: toAccount(key.address) };
}
