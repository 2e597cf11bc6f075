import { instrumentOf, perpetual } from "@plimsoll/client";
import { Interface } from "ethers";
import type { Result } from "ethers";
import type { Chain } from "./chain.js";
import type { Deployment } from "./config.js";
import { ask, booksInterface, clearinghouseInterface, priceInterface, settlementPricesInterface } from "./contracts.js";
import { CallReverted, RpcError } from "./errors.js";
import type { PositionReads } from "./holdings.js";

const ROUND = "(uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)";
/** AggregatorV3Interface, with names for what it returns. */
const feedInterface = new Interface([
  `function latestRoundData() view returns ${ROUND}`,
  `function getRoundData(uint80 roundId) view returns ${ROUND}`,
]);

/** One round of a feed. `updatedAt` in Unix seconds, 0 where there is no answer. */
export interface FeedRound {
  readonly id: bigint;
  readonly answer: bigint;
  readonly updatedAt: number;
}

/** What settling and accruing ask of the contracts, at the newest block. */
export class SettlementReads implements PositionReads {
  constructor(
    private readonly chain: Chain,
    private readonly deployment: Pick<Deployment, "clearinghouse" | "priceOracle">,
  ) {}

  /** Of all positions that the account is shown to have. */
  async instruments(account: bigint): Promise<bigint[]> {
    const [positions] = (await this.clearinghouse(clearinghouseInterface, "positions", [account])) as unknown as [
      bigint[],
    ];
    return positions.map(instrumentOf);
  }

  async isSettled(instrument: bigint): Promise<boolean> {
    const { isSettled } = (await this.clearinghouse(booksInterface, "settlementOf", [instrument])) as unknown as {
      isSettled: boolean;
    };
    return isSettled;
  }

  async isFinal(underlying: number, expiry: number): Promise<boolean> {
    const args = [underlying, expiry];
    const { isFinal } = (await this.prices(settlementPricesInterface, "settlementPrice", args)) as unknown as {
      isFinal: boolean;
    };
    return isFinal;
  }

  /** Unix seconds up to which funding has been accrued; 0 before the first time. */
  async accruedAt(underlying: number): Promise<number> {
    const { accruedAt } = (await this.clearinghouse(booksInterface, "funding", [underlying])) as unknown as {
      accruedAt: bigint;
    };
    return Number(accruedAt);
  }

  /** Whether accruing does anything: there is a source, and nobody has to take his share of a tear-up first. */
  async canAccrue(): Promise<boolean> {
    const [[source], { openTearUps }] = (await Promise.all([
      this.clearinghouse(clearinghouseInterface, "fundingSource", []),
      this.clearinghouse(booksInterface, "losses", []),
    ])) as unknown as [[string], { openTearUps: bigint }];
    return BigInt(source) !== 0n && openTearUps === 0n;
  }

  /** Whether anybody holds the underlying's perpetual. */
  async hasPerpetual(underlying: number): Promise<boolean> {
    const args = [perpetual(underlying)];
    const [held] = (await this.clearinghouse(clearinghouseInterface, "openInterestOf", args)) as unknown as [bigint];
    return held > 0n;
  }

  async aggregator(underlying: number): Promise<string> {
    const [feed] = (await this.prices(priceInterface, "feed", [underlying])) as unknown as [{ aggregator: string }];
    return feed.aggregator;
  }

  async isUsable(underlying: number, answer: bigint): Promise<boolean> {
    const [isUsable] = (await this.prices(priceInterface, "isUsable", [underlying, answer])) as unknown as [boolean];
    return isUsable;
  }

  newestRound(aggregator: string): Promise<FeedRound> {
    return this.round(aggregator, "latestRoundData", []);
  }

  /** Feeds revert for rounds that they do not have. */
  async roundAt(aggregator: string, id: bigint): Promise<FeedRound> {
    try {
      return await this.round(aggregator, "getRoundData", [id]);
    } catch (error) {
      if (error instanceof CallReverted || (error instanceof RpcError && /revert/i.test(error.reason)))
        return { id, answer: 0n, updatedAt: 0 };
      throw error;
    }
  }

  private async round(aggregator: string, name: string, args: readonly unknown[]): Promise<FeedRound> {
    const found = await ask(this.chain, { to: aggregator, contract: feedInterface, name, args });
    const { roundId, answer, updatedAt } = found as unknown as Record<"roundId" | "answer" | "updatedAt", bigint>;
    return { id: roundId, answer, updatedAt: Number(updatedAt) };
  }

  private clearinghouse(contract: Interface, name: string, args: readonly unknown[]): Promise<Result> {
    return ask(this.chain, { to: this.deployment.clearinghouse, contract, name, args });
  }

  private prices(contract: Interface, name: string, args: readonly unknown[]): Promise<Result> {
    return ask(this.chain, { to: this.deployment.priceOracle, contract, name, args });
  }
}
