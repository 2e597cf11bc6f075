import { toBeHex } from "ethers";
import { LiquidityPool__factory } from "../../../../typechain-types/index.ts";
import type { Random } from "../random.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import { takeDue } from "./due.ts";
import type { Exchange } from "./exchange.ts";
import { attemptSettled } from "./settling.ts";

/** What the pool begins with, per USD of notional open. */
const POOL_SHARE = 0.05;
/** What each of them brings of that. The first stays to the end. */
const SHARES = [0.5, 0.2, 0.15, 0.1, 0.05] as const;
/** Each of the others does so many things a day. */
const ACTIONS_PER_DAY = 1;
const DAY = 86_400;
const FIRST_ADDRESS = 0xde9051700n;
const ADDRESS_BYTES = 20;
/** Of shares or of the first deposit, what is asked for at once. */
const PARTS = [0.25, 0.5, 1] as const;
const PART_SCALE = 100;

const pool = LiquidityPool__factory.createInterface();

interface Plan {
  readonly time: number;
  readonly depositor: number;
  readonly action: "enter" | "leave";
  readonly part: number;
}

/** Where the pool is, and where its depositors have their money from. */
export interface PoolPlace {
  readonly chain: SimulatedChain;
  readonly deployment: Deployment;
  readonly exchange: Exchange;
}

/** Those who lend to the liquidity pool: they enter before the market opens, and some come and go while prices move. */
export class Depositors {
  refused = 0;
  readonly #owners = SHARES.map((_, i) => toBeHex(FIRST_ADDRESS + BigInt(i), ADDRESS_BYTES));
  #deposit = 0;
  #plans: Plan[] = [];
  readonly #place: PoolPlace;

  constructor(place: PoolPlace) {
    this.#place = place;
  }

  /** All deposit, and own their shares at once: nothing that the pool holds yet depends on a round. @param notional USD. */
  async open(notional: number): Promise<void> {
    this.#deposit = notional * POOL_SHARE;
    for (const [i] of SHARES.entries()) await this.#enter(i, 1);
    const data = pool.encodeFunctionData("execute", [SHARES.length]);
    await this.#send(this.#owners[0] ?? "", data);
    await this.claim();
  }

  /** What they will do between two times, Unix seconds. */
  plan({ start, end }: { readonly start: number; readonly end: number }, random: Random): void {
    const plans: Plan[] = [];
    for (let depositor = 1; depositor < SHARES.length; depositor++) {
      const own = random.fork(`depositor ${depositor}`);
      const count = own.poisson((ACTIONS_PER_DAY * (end - start)) / DAY);
      for (let i = 0; i < count; i++)
        plans.push({
          ...{ time: own.between(start, end), depositor },
          ...{ action: own.chance(0.6) ? "leave" : "enter", part: own.pick(PARTS) },
        });
    }
    this.#plans = plans.sort((a, b) => a.time - b.time);
  }

  /** Asks for everything that is due by now. */
  async pass(now: number): Promise<void> {
    for (const { action, depositor, part } of takeDue(this.#plans, now)) {
      if (action === "enter") await this.#enter(depositor, part);
      else await this.#leave(depositor, part);
    }
  }

  /** Takes what was executed for them. */
  async claim(): Promise<void> {
    const { liquidityPool } = this.#place.deployment.contracts;
    for (const owner of this.#owners) {
      const [shares, assets] = await Promise.all([liquidityPool.maxMint(owner), liquidityPool.maxWithdraw(owner)]);
      if (shares > 0n) await this.#send(owner, pool.encodeFunctionData("mint(uint256,address)", [shares, owner]));
      if (assets > 0n) await this.#send(owner, pool.encodeFunctionData("withdraw", [assets, owner, owner]));
    }
  }

  async #enter(depositor: number, part: number): Promise<void> {
    const { deployment, exchange } = this.#place;
    const owner = this.#owners[depositor] ?? "";
    const usd = this.#deposit * (SHARES[depositor] ?? 0) * part;
    const assets = await exchange.supply(owner, usd, deployment.addresses.liquidityPool);
    await this.#send(owner, pool.encodeFunctionData("requestDeposit", [assets, owner, owner]));
  }

  async #leave(depositor: number, part: number): Promise<void> {
    const owner = this.#owners[depositor] ?? "";
    const held = await this.#place.deployment.contracts.liquidityPool.balanceOf(owner);
    const shares = (held * BigInt(part * PART_SCALE)) / BigInt(PART_SCALE);
    if (shares > 0n) await this.#send(owner, pool.encodeFunctionData("requestRedeem", [shares, owner, owner]));
  }

  /** Refused where a feed is late, or a request of the same depositor still waits. */
  async #send(from: string, data: string): Promise<void> {
    const { chain, deployment } = this.#place;
    const to = deployment.addresses.liquidityPool;
    const refusal = await attemptSettled(chain, deployment, { from, to, data });
    if (refusal !== undefined) this.refused++;
  }
}
