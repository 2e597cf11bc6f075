import { UnknownCaseError } from "../errors.ts";
import { ACCESS } from "./access.ts";
import { ADVERSARIES } from "./adversary.ts";
import { BACKSTOP } from "./backstop.ts";
import { BOOKS } from "./books.ts";
import type { Case } from "./case.ts";
import { COLLATERAL } from "./collateral.ts";
import { COMBINATIONS } from "./combinations.ts";
import { GOVERNANCE } from "./governance.ts";
import { LIQUIDATION } from "./liquidation.ts";
import { MODULES } from "./modules.ts";
import { ORACLES } from "./oracles.ts";
import { POOL } from "./pool.ts";
import { RECOVERY } from "./recovery.ts";
import { SHARES } from "./shares.ts";
import { TOP_UP } from "./topUp.ts";
import { TRADING } from "./trading.ts";
import { WALLETS } from "./wallets.ts";
import { WORLD } from "./world.ts";

/** Everything that people do and that happens. A new function of the external surface needs a case in one of these lists. */
export const CASES: readonly Case[] = [
  ...TRADING,
  ...COMBINATIONS,
  ...POOL,
  ...WALLETS,
  ...COLLATERAL,
  ...LIQUIDATION,
  ...RECOVERY,
  ...BACKSTOP,
  ...SHARES,
  ...BOOKS,
  ...TOP_UP,
  ...ORACLES,
  ...GOVERNANCE,
  ...MODULES,
  ...ACCESS,
  ...ADVERSARIES,
  ...WORLD,
];

const byName = new Map(CASES.map((one) => [one.name, one]));

/** @throws UnknownCaseError */
export function caseOf(name: string): Case {
  const found = byName.get(name);
  if (found === undefined) throw new UnknownCaseError(name, [...byName.keys()]);
  return found;
}
