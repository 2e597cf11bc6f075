import type { PlimsollError } from "@plimsoll/client";
import { LiquidityPool__factory } from "../../../../typechain-types/index.ts";
import type { Random } from "../random.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import type { Member } from "./exchange.ts";
import { attemptSettled } from "./settling.ts";
import type { Trade } from "./venue.ts";

/** Of all trades, each trader's in one instrument together: what is asked of the pool instead of a market maker. */
const POOL_SHARE = 1 / 3;
/** Who trades with the pool here takes what it quotes. */
const ANY_PRICE = 2n ** 200n;
const DEADLINE_SECONDS = 60;

const pool = LiquidityPool__factory.createInterface();

/** Trades with the liquidity pool, for those whom the dice send there. */
export class PoolRoute {
  /** Trades that the pool did not take, by the name of its error; they went to a market maker. */
  readonly refusals = new Map<string, number>();

  constructor(
    private readonly chain: SimulatedChain,
    private readonly deployment: Deployment,
    private readonly random: Random,
  ) {}

  /** Whether this trader goes to the pool with this instrument: always the same answer. */
  takes({ taker, instrument }: Trade<Member>): boolean {
    return this.random.fork(`${taker.label} ${instrument}`).chance(POOL_SHARE);
  }

  /** @returns "refused" where it is the pool that does not want to, and the error where the trader may not. */
  async trade({ taker, instrument, size, reduceOnly }: Trade<Member>): Promise<"done" | "refused" | PlimsollError> {
    const order = {
      ...{ account: taker.account, instrument, size, limitPrice: size > 0n ? ANY_PRICE : 0n },
      ...{ deadline: this.chain.now + DEADLINE_SECONDS, reduceOnly: reduceOnly ?? false },
    };
    const data = pool.encodeFunctionData("trade", [order]);
    const to = this.deployment.addresses.liquidityPool;
    const refusal = await attemptSettled(this.chain, this.deployment, { from: taker.wallet.address, to, data });
    if (refusal === undefined) return "done";
    if (refusal.args["account"] === taker.account) return refusal;
    this.refusals.set(refusal.errorName, (this.refusals.get(refusal.errorName) ?? 0) + 1);
    return "refused";
  }
}
