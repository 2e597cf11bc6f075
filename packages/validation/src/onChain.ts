import type { Position } from "@plimsoll/client";
import { type Asset, type Round, SimulatedChain, UNDERLYINGS } from "@plimsoll/replay";
import { type MarginVolatility, type Risk, toNumber } from "@plimsoll/risk";
import { Wallet, keccak256, toUtf8Bytes } from "ethers";
import type { Configuration } from "../../../deploy/configuration.ts";
import { type LocalDeployment, deployLocal } from "../../../deploy/local.ts";
import {
  BatchCaller__factory,
  MarginEngine__factory,
  MockAggregator__factory,
  PriceOracle__factory,
  VolatilityOracle__factory,
} from "../../../typechain-types/index.ts";
import { signFlatReport } from "./flatReport.ts";

/** What the margin engine says of a portfolio without cash, USD. */
export type Assessment = Pick<Risk, "equity" | "initial" | "maintenance">;

const aggregator = MockAggregator__factory.createInterface();
const caller = BatchCaller__factory.createInterface();
const engine = MarginEngine__factory.createInterface();
const prices = PriceOracle__factory.createInterface();
const oracle = VolatilityOracle__factory.createInterface();

const MAX_ROUNDS_PER_WALK = 128n;
const GAS_PRICE_GWEI = 1;
/** Anyone may push into a mock and walk. */
const ANYONE = "0x00000000000000000000000000000000000f33d5";
/** Signs implied volatility on a chain of its own; known to everybody. */
const PUBLISHER = new Wallet(keccak256(toUtf8Bytes("the publisher of a validation")));

/** What the contracts answer at one moment. */
export interface Reading {
  /** Mark price, USD. */
  readonly mark: number;
  readonly volatilities: MarginVolatility;
}

interface Call {
  readonly to: string;
  readonly data: string;
}

interface Venue {
  readonly asset: Asset;
  readonly aggregator: string;
  readonly caller: string;
}

/** The deployed contracts with one underlying, on a chain of their own whose clock the validation turns. */
export class MarketOnChain {
  readonly #chain: SimulatedChain;
  readonly #market: LocalDeployment;
  readonly #underlying: number;
  readonly #venue: Venue;

  private constructor(chain: SimulatedChain, market: LocalDeployment, venue: Venue) {
    this.#chain = chain;
    this.#market = market;
    this.#underlying = UNDERLYINGS[venue.asset];
    this.#venue = venue;
  }

  /** Deploys at Unix second `start`. The configuration lists the asset alone, with its first price. */
  static async deploy(asset: Asset, configuration: Configuration, start: number): Promise<MarketOnChain> {
    const chain = await SimulatedChain.create({ start, gasPriceGwei: GAS_PRICE_GWEI });
    const publishers = { signers: [PUBLISHER.address], threshold: 1 };
    const market = await deployLocal(chain.connection, {
      configuration: { ...configuration, publishers },
      handOver: false,
    });
    const feed = market.aggregators[asset];
    if (feed === undefined) throw new RangeError(`the configuration does not list ${asset}`);
    const caller = await new BatchCaller__factory(market.deployer).deploy();
    const venue = { asset, aggregator: await feed.getAddress(), caller: await caller.getAddress() };
    return new MarketOnChain(chain, market, venue);
  }

  /** At `time` the feed has these rounds, each dated by its own second, and the oracle walks them. */
  async advance(time: number, rounds: readonly Round[]): Promise<void> {
    this.#chain.now = Math.max(this.#chain.now, time);
    const { volatilityOracle } = this.#market.addresses;
    const pushes = rounds.map((round) => ({
      to: this.#venue.aggregator,
      data: aggregator.encodeFunctionData("push(int256,uint256)", [round.answer, Math.ceil(round.time)]),
    }));
    const walk = {
      to: volatilityOracle,
      data: oracle.encodeFunctionData("walk", [this.#underlying, MAX_ROUNDS_PER_WALK]),
    };
    const walks = Array.from({ length: 1 + Math.floor(rounds.length / Number(MAX_ROUNDS_PER_WALK)) }, () => walk);
    await this.#chain.send({ from: ANYONE, ...this.#inOne([...pushes, ...walks]) });
  }

  /** A signed surface without smile at this level of implied volatility, dated now. */
  async publish(level: number): Promise<void> {
    const { chainId } = this.#market.venue;
    const { volatilityOracle } = this.#market.addresses;
    const { report, signature } = await signFlatReport(
      PUBLISHER,
      { chainId, volatilityOracle },
      { underlying: this.#underlying, timestamp: this.#chain.now, level },
    );
    const data = oracle.encodeFunctionData("report", [
      [{ ...report, totalVariance: [...report.totalVariance] }],
      [signature],
    ]);
    await this.#chain.send({ from: ANYONE, to: volatilityOracle, data });
  }

  /** What the oracles say now. */
  async read(): Promise<Reading> {
    const { priceOracle, volatilityOracle } = this.#market.addresses;
    const [price, volatility] = await this.#ask([
      { to: priceOracle, data: prices.encodeFunctionData("price", [this.#underlying]) },
      { to: volatilityOracle, data: oracle.encodeFunctionData("marginVolatility", [this.#underlying]) },
    ]);
    const [{ value }] = prices.decodeFunctionResult("price", price ?? "0x") as unknown as [{ value: bigint }];
    const [values] = oracle.decodeFunctionResult("marginVolatility", volatility ?? "0x") as unknown as [
      Record<keyof MarginVolatility, bigint>,
    ];
    return {
      mark: toNumber(value),
      volatilities: {
        observed: toNumber(values.observed),
        stressed: toNumber(values.stressed),
        target: toNumber(values.target),
        initial: toNumber(values.initial),
        maintenance: toNumber(values.maintenance),
      },
    };
  }

  /** Evaluates portfolios by the margin engine, as of now. */
  async evaluate(portfolios: readonly (readonly Position[])[]): Promise<Assessment[]> {
    const argument = portfolios.map((positions) => ({ cash: 0n, positions: [...positions] }));
    const data = engine.encodeFunctionData("evaluate", [argument]);
    const answer = await this.#chain.request("eth_call", { to: this.#market.addresses.marginEngine, data }, "latest");
    const [risks] = engine.decodeFunctionResult("evaluate", String(answer)) as unknown as [
      { equity: bigint; initial: bigint; maintenance: bigint }[],
    ];
    return risks.map(({ equity, initial, maintenance }) => ({
      equity: toNumber(equity),
      initial: toNumber(initial),
      maintenance: toNumber(maintenance),
    }));
  }

  async close(): Promise<void> {
    await this.#chain.close();
  }

  /** The answers to several questions for one request. */
  async #ask(calls: readonly Call[]): Promise<string[]> {
    const answer = String(await this.#chain.request("eth_call", this.#inOne(calls), "latest"));
    const [outputs] = caller.decodeFunctionResult("batch", answer) as unknown as [string[]];
    return [...outputs];
  }

  #inOne(calls: readonly Call[]): Call {
    const [targets, inputs] = [calls.map(({ to }) => to), calls.map(({ data }) => data)];
    return { to: this.#venue.caller, data: caller.encodeFunctionData("batch", [targets, inputs]) };
  }
}
