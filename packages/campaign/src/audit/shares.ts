import type { Stage } from "../chain/stage.ts";
import type { Violation } from "../model/conservation.ts";

/** What a share of the backstop is worth: assets in USDC units over shares, with those that nobody has. */
interface Shares {
  readonly assets: bigint;
  readonly supply: bigint;
}

const VIRTUAL_SHARES = 10n ** 6n;

export async function readShares(stage: Stage): Promise<Shares> {
  const [assets = 0n] = (await stage.reads.view("BackstopVault", "totalAssets", [])) as bigint[];
  const [supply = 0n] = (await stage.reads.view("BackstopVault", "totalSupply", [])) as bigint[];
  return { assets, supply: supply + VIRTUAL_SHARES };
}

/** Who enters or leaves takes nothing from those who stay, but for one unit of rounding. */
export async function auditShares(stage: Stage, before: Shares): Promise<Violation[]> {
  const after = await readShares(stage);
  if ((after.assets + 2n) * before.supply >= (before.assets + 1n) * after.supply) return [];
  const detail = `${before.assets.toString()} / ${before.supply.toString()} before, ${after.assets.toString()} / ${after.supply.toString()} after`;
  return [{ invariant: "share price", message: `a share of the backstop lost: ${detail}` }];
}
