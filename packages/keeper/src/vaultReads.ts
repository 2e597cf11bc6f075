import { subIdOf, toAccount } from "@plimsoll/client";
import type { Interface, Result } from "ethers";
import type { IPoolQuoter } from "../../../typechain-types/index.js";
import type { Chain } from "./chain.js";
import {
  ask,
  booksInterface,
  clearinghouseInterface,
  poolInterface,
  quoterInterface,
  vaultInterface,
} from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { Validity } from "./domain.js";
import type { MarketView } from "./domain.js";
import { CallReverted } from "./errors.js";
import type { BucketView, Exposure, PoolView, SteeringView } from "./vaults.js";

/** Bits of an expiry in the number of a bucket's account; the underlying stands above them. As `PoolInventory.sol`. */
const EXPIRY_BITS = 40n;
const EXPIRY_MASK = (1n << EXPIRY_BITS) - 1n;

type TermsStruct = Awaited<ReturnType<IPoolQuoter["bucketTerms"]>>;
type ParametersStruct = Awaited<ReturnType<IPoolQuoter["parameters"]>>;

/** What looking after the vaults asks of the contracts, at the newest block. */
export class VaultReads {
  constructor(
    private readonly chain: Chain,
    private readonly contracts: Pick<Contracts, "deployment" | "views">,
  ) {}

  /** Undefined where the venue has no pool. @param mostRequests As many as one call executes, whoever sends it. */
  async pool(markets: readonly MarketView[], mostRequests: number): Promise<PoolView | undefined> {
    const { liquidityPool } = this.contracts.deployment;
    if (liquidityPool === undefined) return undefined;
    const pool = { to: liquidityPool, contract: poolInterface };
    const accounts = await this.list(pool, "buckets");
    const [quoter] = (await this.ask(pool, "quoter")) as unknown as [string];
    // On an invalid price no bucket can be refreshed.
    const priced = new Set(
      markets.filter(({ validity }) => validity !== Validity.Invalid).map(({ underlying }) => underlying),
    );
    const usable = accounts.filter((account) => priced.has(bucketOf(account).underlying));
    const buckets = await Promise.all(usable.map((account) => this.bucket(quoter, account)));
    const ids = (some: readonly bigint[]) => new Set(some.map((account) => bucketOf(account).underlying));
    const unread = ids(usable.filter((_, i) => !buckets[i]));
    const known = [...ids(usable)].filter((underlying) => !unread.has(underlying));
    return {
      buckets: buckets.filter((bucket) => bucket !== undefined),
      // What is stored can only be compared where every bucket is known.
      steering: await Promise.all(known.map((one) => this.steering({ pool: liquidityPool, quoter }, one))),
      treasury: await this.cash(toAccount(liquidityPool)),
      ready: await this.ready(pool, mostRequests),
    };
  }

  /** Whether an account that the backstop took over is empty and holds money. */
  async isReleaseDue(): Promise<boolean> {
    const { backstopVault } = this.contracts.deployment;
    if (backstopVault === undefined) return false;
    const vault = { to: backstopVault, contract: vaultInterface };
    const views = await this.contracts.views(await this.list(vault, "absorbed"));
    return views.some(({ portfolio }) => portfolio.legs.length === 0 && portfolio.cash >= 0n);
  }

  /** How many positions have been closed against others so far. */
  async tearUps(): Promise<number> {
    const at = { to: this.contracts.deployment.clearinghouse, contract: booksInterface };
    const { tearUps } = (await this.ask(at, "losses")) as unknown as { tearUps: bigint };
    return Number(tearUps);
  }

  /** Accounts with positions of backstop and pool. */
  async accounts(): Promise<bigint[]> {
    const { backstopVault, liquidityPool } = this.contracts.deployment;
    const lists = await Promise.all([
      backstopVault === undefined ? [] : this.list({ to: backstopVault, contract: vaultInterface }, "absorbed"),
      liquidityPool === undefined ? [] : this.list({ to: liquidityPool, contract: poolInterface }, "buckets"),
    ]);
    return lists.flat();
  }

  /** Undefined where its terms cannot be read. */
  private async bucket(quoter: string, account: bigint): Promise<BucketView | undefined> {
    try {
      const at = { to: quoter, contract: quoterInterface };
      const [terms] = (await this.ask(at, "bucketTerms", [account])) as unknown as [TermsStruct];
      const { isEmpty, exposure, target, missing } = terms;
      const cash = isEmpty ? await this.cash(account) : 0n;
      return { ...bucketOf(account), isEmpty, cash, exposure: toExposure(exposure), target, missing };
    } catch (error) {
      if (error instanceof CallReverted) return undefined;
      throw error;
    }
  }

  private async steering(
    { pool, quoter }: { readonly pool: string; readonly quoter: string },
    underlying: number,
  ): Promise<SteeringView> {
    const [[stored], [{ deltaLimit, vegaLimit }]] = (await Promise.all([
      this.ask({ to: pool, contract: poolInterface }, "exposure", [underlying]),
      this.ask({ to: quoter, contract: quoterInterface }, "parameters", [underlying]),
    ])) as unknown as [[Exposure], [ParametersStruct]];
    return { underlying, stored: toExposure(stored), limits: { delta: deltaLimit, vega: vegaLimit } };
  }

  /** None where it reverts: a feed is not fresh. */
  private async ready(pool: At, most: number): Promise<bigint> {
    try {
      const [deposits, redemptions] = (await this.ask(pool, "execute", [most])) as unknown as [bigint, bigint];
      return deposits + redemptions;
    } catch (error) {
      if (error instanceof CallReverted) return 0n;
      throw error;
    }
  }

  private async cash(account: bigint): Promise<bigint> {
    const at = { to: this.contracts.deployment.clearinghouse, contract: clearinghouseInterface };
    const [cash] = (await this.ask(at, "cash", [account])) as unknown as [bigint];
    return cash;
  }

  private async list(at: At, name: string): Promise<bigint[]> {
    const [accounts] = (await this.ask(at, name)) as unknown as [bigint[]];
    return [...accounts];
  }

  private ask(at: At, name: string, args: readonly unknown[] = []): Promise<Result> {
    return ask(this.chain, { ...at, name, args });
  }
}

interface At {
  readonly to: string;
  readonly contract: Interface;
}

function bucketOf(account: bigint): Pick<BucketView, "underlying" | "expiry"> {
  const number = subIdOf(account);
  return { underlying: Number(number >> EXPIRY_BITS), expiry: Number(number & EXPIRY_MASK) };
}

function toExposure({ delta, vega }: Exposure): Exposure {
  return { delta, vega };
}
