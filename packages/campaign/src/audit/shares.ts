import { PlimsollError } from "@plimsoll/client";
import type { Stage } from "../chain/stage.ts";
import type { Violation } from "../model/conservation.ts";

/** Whose shares are bought and sold. */
export type Vault = "BackstopVault" | "LiquidityPool";

/** What a share is worth: assets in USDC units over shares, with those that nobody has. */
interface Shares {
  readonly vault: Vault;
  readonly assets: bigint;
  readonly supply: bigint;
}

const VIRTUAL_SHARES = 10n ** 6n;

/** Undefined where the vault cannot say what it is worth, as on a dead feed: then nobody enters or leaves either. */
export async function readShares(stage: Stage, vault: Vault): Promise<Shares | undefined> {
  try {
    const [assets, supply] = await stage.reads.ask([
      stage.reads.question(vault, "totalAssets", []),
      stage.reads.question(vault, "totalSupply", []),
    ]);
    return { vault, assets: assets?.[0] as bigint, supply: (supply?.[0] as bigint) + VIRTUAL_SHARES };
  } catch (error) {
    if (error instanceof PlimsollError) return undefined;
    throw error;
  }
}

/** Who enters or leaves takes nothing from those who stay, but for one unit of rounding. */
export async function auditShares(stage: Stage, before: Shares): Promise<Violation[]> {
  const after = await readShares(stage, before.vault);
  if (after !== undefined && (after.assets + 2n) * before.supply >= (before.assets + 1n) * after.supply) return [];
  const was = `${before.assets.toString()} / ${before.supply.toString()} before`;
  const is = after === undefined ? "unknown" : `${after.assets.toString()} / ${after.supply.toString()} after`;
  return [{ invariant: "share price", message: `a share of ${before.vault} lost: ${was}, ${is}` }];
}
