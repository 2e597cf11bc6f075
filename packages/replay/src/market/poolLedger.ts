import { type Account, type Instrument, WAD, ownerOf, perpetual } from "@plimsoll/client";
import type { LogDescription, Result } from "ethers";
import { Clearinghouse__factory, LiquidityPool__factory } from "../../../../typechain-types/index.ts";
import type { PoolPoint } from "../result.ts";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import { LogReader } from "./logs.ts";
import { fromWad } from "./wad.ts";

const pool = LiquidityPool__factory.createInterface();
const clearinghouse = Clearinghouse__factory.createInterface();
const TOPICS = [
  ...(["Traded", "DepositExecuted", "RedeemExecuted", "BucketRefreshed"] as const).map(
    (name) => pool.getEvent(name).topicHash,
  ),
  ...(
    ["FundingAccrued", "FeePaid", "Expired", "Filled", "Transferred", "Deleveraged", "LossTaken", "TakenOver"] as const
  ).map((name) => clearinghouse.getEvent(name).topicHash),
];
const USDC_SCALE = 1e6;
/** Shares have six decimals more than USDC. */
const SHARE_SCALE = 1e12;

/** What the pool did and earned, as sums of its events. USD; `fees` are all traders', to the reserve. */
export interface PoolSums {
  trades: number;
  /** Value at mark of what was traded. */
  traded: number;
  spread: number;
  charges: number;
  funding: number;
  deposited: number;
  redeemed: number;
  requests: number;
  refreshes: number;
  fees: number;
  expired: number;
}

/** Follows the liquidity pool from look to look. */
export class PoolLedger {
  readonly sums: PoolSums = {
    ...{ trades: 0, traded: 0, spread: 0, charges: 0, funding: 0, deposited: 0, redeemed: 0 },
    ...{ requests: 0, refreshes: 0, fees: 0, expired: 0 },
  };
  readonly points: PoolPoint[] = [];
  readonly #logs: LogReader;
  /** Of what a unit long has paid, by underlying, USD WAD. */
  readonly #paid = new Map<bigint, bigint>();
  /** What accounts of the pool hold, by account and instrument: funding is for what is held when it accrues. */
  readonly #held = new Map<Account, Map<Instrument, bigint>>();

  constructor(
    chain: SimulatedChain,
    private readonly deployment: Deployment,
  ) {
    const { clearinghouse: books, liquidityPool } = deployment.addresses;
    this.#logs = new LogReader(chain, { address: [liquidityPool, books], topics: [TOPICS] }, deployment.startBlock);
  }

  /** Reads what happened since the last look, and where the pool stands. @param time Unix seconds. */
  async look(time: number): Promise<void> {
    await this.#read();
    const { clearinghouse: books, lens, liquidityPool } = this.deployment.contracts;
    const risks = await lens.risks([...(await liquidityPool.buckets())]);
    const treasury = await books.cash(await liquidityPool.treasury());
    const sum = (pick: (risk: (typeof risks)[number]) => bigint) =>
      risks.reduce((total, risk) => total + pick(risk), 0n);
    const equity = fromWad(treasury + sum((risk) => risk.equity));
    const supply = Number(await liquidityPool.totalSupply()) / SHARE_SCALE;
    this.points.push({
      ...{ time, equity, sharePrice: equity / supply },
      utilisation: fromWad(sum((risk) => risk.initial)) / equity,
      maintenance: fromWad(sum((risk) => risk.maintenance)) / equity,
    });
  }

  async #read(): Promise<void> {
    const address = this.deployment.addresses.liquidityPool.toLowerCase();
    for (const log of await this.#logs.read()) {
      const isPool = log.address.toLowerCase() === address;
      const event = (isPool ? pool : clearinghouse).parseLog(log);
      if (event?.name === "FundingAccrued") await this.#accrue(event);
      else if (event !== null) this.#take(event);
    }
  }

  #take({ name, args }: LogDescription): void {
    const { sums } = this;
    const amount = (key: string) => args.getValue(key) as bigint;
    switch (name) {
      case "Traded":
        this.#trade(args.getValue("quote") as Quote, amount("size"));
        break;
      case "DepositExecuted":
        sums.deposited += Number(amount("assets")) / USDC_SCALE;
        sums.requests++;
        break;
      case "RedeemExecuted":
        sums.redeemed += Number(amount("assets")) / USDC_SCALE;
        sums.requests++;
        break;
      case "BucketRefreshed":
        sums.refreshes++;
        break;
      case "FeePaid":
        sums.fees += fromWad(amount("size"));
        break;
      case "Expired":
        sums.expired++;
        break;
      default:
        this.#move(name, args);
    }
  }

  /** Follows positions of the pool through what moves them. */
  #move(name: string, args: Result): void {
    const of = (key: string) => args.getValue(key) as bigint;
    switch (name) {
      case "Filled":
        this.#add(of("buyer"), of("instrument"), of("size"));
        this.#add(of("seller"), of("instrument"), -of("size"));
        break;
      case "Transferred":
        this.#add(of("from"), of("asset"), -of("size"));
        this.#add(of("to"), of("asset"), of("size"));
        break;
      case "Deleveraged":
        this.#add(of("account"), of("instrument"), -of("size"));
        break;
      case "LossTaken":
        this.#add(of("account"), of("instrument"), of("size"));
        break;
      case "TakenOver":
        this.#held.delete(of("from"));
        break;
    }
  }

  #add(account: Account, instrument: Instrument, change: bigint): void {
    if (ownerOf(account) !== this.deployment.addresses.liquidityPool) return;
    const positions = this.#held.get(account) ?? new Map<Instrument, bigint>();
    positions.set(instrument, (positions.get(instrument) ?? 0n) + change);
    this.#held.set(account, positions);
  }

  /** What the trader pays beyond mark: the spread first, what is left of it for inventory and margin. */
  #trade({ price, mark, spread }: Quote, size: bigint): void {
    const units = size < 0n ? -size : size;
    const edge = size > 0n ? price - mark : mark - price;
    const forSpread = edge < spread ? edge : spread;
    this.sums.trades++;
    this.sums.traded += fromWad((mark * units) / WAD);
    this.sums.spread += fromWad((forSpread * units) / WAD);
    this.sums.charges += fromWad(((edge - forSpread) * units) / WAD);
  }

  /** The pool has funding accrued before it trades, so what it holds until then is what it pays or receives for. */
  async #accrue({ args }: LogDescription): Promise<void> {
    const underlying = args.getValue("underlying") as bigint;
    const index = args.getValue("index") as bigint;
    const step = index - (this.#paid.get(underlying) ?? 0n);
    this.#paid.set(underlying, index);
    if (step === 0n) return;
    const bucket = await this.deployment.contracts.liquidityPool.bucket(underlying, 0);
    const size = this.#held.get(bucket)?.get(perpetual(Number(underlying))) ?? 0n;
    this.sums.funding -= fromWad((size * step) / WAD);
  }
}

/** Of `IPoolQuoter`, USD WAD a unit. */
interface Quote {
  readonly price: bigint;
  readonly mark: bigint;
  readonly spread: bigint;
}
