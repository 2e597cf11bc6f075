import type { Logger } from "pino";
import type { IMarkets } from "../../../typechain-types/index.js";
import type { Prepared } from "./actions.js";
import type { Chain } from "./chain.js";
import type { Deployment, KeeperConfig } from "./config.js";
import { ask, clearinghouseInterface, marketsInterface } from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { coverKey, planCover, uncovered } from "./cover.js";
import type { CoverAction, CoverView } from "./cover.js";
import { fromWad, mulWadDown } from "./domain.js";
import type { MarketView } from "./domain.js";
import { CallReverted } from "./errors.js";
import type { KeeperMetrics } from "./metrics.js";
import { dueIfKnown } from "./patience.js";

type CapsStruct = Awaited<ReturnType<IMarkets["openInterestCaps"]>>;

/** What looking after caps needs of a keeper. */
export interface CoverKeeper {
  readonly chain: Chain;
  readonly config: Pick<KeeperConfig, "cover">;
  readonly contracts: Pick<Contracts, "deployment">;
  readonly logger: Logger;
  readonly metrics: KeeperMetrics;
}

/** What a tick knows before it looks at caps. */
export interface CoverOccasion {
  readonly markets: readonly MarketView[];
  readonly blocked: ReadonlySet<string>;
}

/** Caps that are due, in every pass: the backstop may have paid for something since the last. */
export async function planCoverUpkeep(
  keeper: CoverKeeper,
  { markets, blocked }: CoverOccasion,
): Promise<CoverAction[]> {
  const { config, contracts, metrics } = keeper;
  if (!config.cover.isEnabled || contracts.deployment.markets === undefined) return [];
  return await dueIfKnown(keeper, "caps on open interest", async () => {
    const views = await Promise.all(
      markets.map(async ({ underlying, price }) => {
        const view = await readCover(keeper, underlying);
        if (view) metrics.uncoveredUsd.set({ underlying }, fromWad(mulWadDown(uncovered(view), price)));
        return view;
      }),
    );
    const known = views.filter((view) => view !== undefined);
    return planCover(known, { blocked, config: config.cover });
  });
}

/** Undefined where the backstop does not answer, because a price is not fresh. */
async function readCover({ chain, contracts }: CoverKeeper, underlying: number): Promise<CoverView | undefined> {
  const { markets = "", clearinghouse } = contracts.deployment;
  const about = (name: string) => ({ to: markets, contract: marketsInterface, name, args: [underlying] });
  const open = { to: clearinghouse, contract: clearinghouseInterface, name: "openInterest", args: [underlying] };
  try {
    const [{ set, covered }, [coveredNow], [openInterest]] = (await Promise.all([
      ask(chain, about("openInterestCaps")),
      ask(chain, about("refreshCover")),
      ask(chain, open),
    ])) as unknown as [CapsStruct, [bigint], [bigint]];
    return { underlying, set, covered, coveredNow, openInterest };
  } catch (error) {
    if (error instanceof CallReverted) return undefined;
    throw error;
  }
}

/** From what is due to a call that can be sent. @returns The reason where there is nothing to send it to. */
export function prepareCover({ markets }: Deployment, { kind, underlying }: CoverAction): Prepared | string {
  if (markets === undefined) return "no markets here";
  const data = marketsInterface.encodeFunctionData("refreshCover", [underlying]);
  return { key: coverKey(underlying), kind, to: markets, data, expectedProfit: 0n, subject: {} };
}
