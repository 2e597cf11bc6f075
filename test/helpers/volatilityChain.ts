import { parseUnits, type HDNodeWallet, Wallet } from "ethers";
import { signSurfaceReport } from "@plimsoll/client";
import type { NetworkConnection } from "hardhat/types/network";
import type { ControllerParameters, PricePoint } from "@plimsoll/risk";
import type {
  AccessManager,
  AggregatorProxy,
  MockAggregator,
  PriceOracle,
  VolatilityOracle,
} from "../../typechain-types/index.js";

/** A round: how long after the last, and how far from it in log price. */
export interface Step {
  readonly elapsed: number;
  readonly move: number;
}

const UNDERLYING = 1;
const DECIMALS = 8;
const UNIT = 10 ** DECIMALS;
const START_PRICE = 2_000;
const HEARTBEAT_SECONDS = 3_600;
const MAX_AGE_SECONDS = 10_800;
const MIN_PRICE = 1;
const MAX_PRICE = 1_000_000;
const ROUNDS_A_WALK = 128;
const YEAR_DAYS = 365;

/** A price as a feed answers it. */
export function onChain(price: number): bigint {
  return BigInt(Math.round(price * UNIT));
}

/** The oracle's tenors are fixed. */
function variancesOf(volatility: number): [bigint, bigint, bigint, bigint] {
  const total = (days: number) => wad((volatility ** 2 * days) / YEAR_DAYS);
  return [total(7), total(30), total(90), total(180)];
}

function wad(value: number): bigint {
  return parseUnits(value.toFixed(14), 18);
}

/** The deployed volatility oracle over a feed that a test moves. */
export class OracleChain {
  readonly #connection: NetworkConnection;
  readonly #manager: AccessManager;
  readonly #publisher: HDNodeWallet;
  #aggregator: MockAggregator;
  #oracle: VolatilityOracle;

  private constructor(connection: NetworkConnection, parts: { manager: AccessManager } & Parts) {
    this.#connection = connection;
    this.#manager = parts.manager;
    this.#aggregator = parts.aggregator;
    this.#oracle = parts.oracle;
    this.#publisher = Wallet.createRandom();
  }

  static async on(connection: NetworkConnection): Promise<OracleChain> {
    const [deployer] = await connection.ethers.getSigners();
    if (deployer === undefined) throw new RangeError("no test account");
    const manager: AccessManager = await connection.ethers.deployContract("AccessManager", [deployer.address]);
    return new OracleChain(connection, { manager, ...(await deployParts(connection, manager)) });
  }

  /** Lists an underlying on an oracle of its own, at its first round. */
  async list(parameters: ControllerParameters, seeds: { realised: number; stressed: number }): Promise<PricePoint> {
    const parts = await deployParts(this.#connection, this.#manager);
    this.#aggregator = parts.aggregator;
    this.#oracle = parts.oracle;
    const stored = {
      realisedHalfLifeSeconds: parameters.realisedHalfLifeSeconds,
      initialHalfLifeSeconds: parameters.initialHalfLifeSeconds,
      floor: wad(parameters.floor),
      stressedWeight: wad(parameters.stressedWeight),
      maintenanceRisePerHour: wad(parameters.maintenanceRisePerHour),
    };
    await this.#oracle.list(UNDERLYING, stored, wad(seeds.realised), wad(seeds.stressed));
    await this.#oracle.setSigners([this.#publisher.address], 1);
    const { timestamp, price } = await this.#oracle.cursor(UNDERLYING);
    return { price: Number(price) / 1e18, time: Number(timestamp) };
  }

  /** Answers the rounds, and leaves the chain at or after the last. Prices stay inside the feed's bounds. */
  async push(start: PricePoint, steps: readonly Step[]): Promise<PricePoint[]> {
    const rounds: PricePoint[] = [];
    let last = start;
    for (const { elapsed, move } of steps) {
      const price = Math.min(Math.max(last.price * Math.exp(move), 2 * MIN_PRICE), MAX_PRICE / 2);
      last = { price: Number(onChain(price)) / UNIT, time: last.time + elapsed };
      rounds.push(last);
    }
    for (const { price, time } of rounds) await this.#aggregator["push(int256,uint256)"](onChain(price), time);
    if (last.time > (await this.now())) await this.#moveTo(last.time);
    return rounds;
  }

  /** Walks until `rounds` are walked, counted from the listing. */
  async walk(rounds: number): Promise<void> {
    const { roundId } = await this.#oracle.cursor(UNDERLYING);
    const first = (1n << 64n) + 1n;
    let left = rounds - Number(roundId - first);
    for (; left > 0; left -= ROUNDS_A_WALK) await this.#oracle.walk(UNDERLYING, Math.min(left, ROUNDS_A_WALK));
  }

  volatility(): ReturnType<VolatilityOracle["marginVolatility"]> {
    return this.#oracle.marginVolatility(UNDERLYING);
  }

  async wait(seconds: number): Promise<void> {
    await this.#moveTo((await this.now()) + seconds);
  }

  now(): Promise<number> {
    return this.#connection.networkHelpers.time.latest();
  }

  /** Has a flat surface accepted. */
  async report(level: number): Promise<{ reportedAt: number; acceptedAt: number }> {
    const reportedAt = await this.now();
    const report = {
      underlying: UNDERLYING,
      timestamp: reportedAt,
      totalVariance: variancesOf(level),
      rho: wad(-0.2),
      eta: wad(0.8),
      rate: 0n,
    };
    const { chainId } = await this.#connection.ethers.provider.getNetwork();
    const venue = { chainId, volatilityOracle: await this.#oracle.getAddress() };
    const { signature } = await signSurfaceReport(report, this.#publisher, venue);
    await this.#oracle.report([report], [signature]);
    return { reportedAt, acceptedAt: await this.now() };
  }

  async #moveTo(time: number): Promise<void> {
    const { provider } = this.#connection;
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [time] });
    await provider.request({ method: "evm_mine", params: [] });
  }
}

interface Parts {
  readonly aggregator: MockAggregator;
  readonly oracle: VolatilityOracle;
}

async function deployParts({ ethers }: NetworkConnection, manager: AccessManager): Promise<Parts> {
  const authority = await manager.getAddress();
  const aggregator: MockAggregator = await ethers.deployContract("MockAggregator", [DECIMALS, "ETH / USD"]);
  await aggregator["push(int256)"](onChain(START_PRICE));
  const proxy: AggregatorProxy = await ethers.deployContract("AggregatorProxy", [await aggregator.getAddress()]);
  const prices: PriceOracle = await ethers.deployContract("PriceOracle", [authority, ethers.ZeroAddress, 0]);
  await prices.setFeed(UNDERLYING, {
    aggregator: await proxy.getAddress(),
    decimals: DECIMALS,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    maxAgeSeconds: MAX_AGE_SECONDS,
    minAnswer: onChain(MIN_PRICE),
    maxAnswer: onChain(MAX_PRICE),
  });
  const oracle: VolatilityOracle = await ethers.deployContract("VolatilityOracle", [
    authority,
    await prices.getAddress(),
  ]);
  return { aggregator, oracle };
}
