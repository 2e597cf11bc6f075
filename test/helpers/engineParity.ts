import { MarginModel, type Risk } from "@plimsoll/risk";
import { encodeBytes32String } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { spot } from "@plimsoll/client";
import type {
  AccessManager,
  Markets,
  MockPriceOracle,
  MockVolatilityOracle,
  TestToken,
} from "../../typechain-types/index.js";
import { grossOf, modelMarket, modelPortfolio, onChain, type ChainPortfolio } from "./bookOnChain.ts";
import type { BookMarket, BookPortfolio } from "./marginBook.ts";

export const COMPARED = ["equity", "initial", "maintenance", "maintenanceBeforeFloor", "stressLoss"] as const;
/** Of gross notional, Σ|size|·(S + K): what the kernel promises. */
export const ENGINE_TOLERANCE = 1e-9;
/** Rounding of float64, as a share of cash, and the kernel's quanta, USD. */
const FLOAT_ROUNDING = 1e-14;
const QUANTA = 1e-11;
const WAD = 1e18;
const MAX_UNDERLYINGS = 4;

/** What an engine answers, USD WAD. */
export type ChainRisk = Readonly<Record<(typeof COMPARED)[number], bigint>>;

/** As much of the engine as is compared. */
interface Evaluating {
  evaluate(portfolios: readonly ChainPortfolio[]): Promise<ChainRisk[]>;
}

interface OpenInterestSetter {
  setAverageOpenInterest(underlying: number, units: bigint): Promise<unknown>;
}

/** Contracts that all engines share. */
interface Shared {
  readonly manager: AccessManager;
  /** One for each underlying. */
  readonly tokens: readonly TestToken[];
  readonly prices: MockPriceOracle;
  readonly volatilities: MockVolatilityOracle;
  readonly openInterest: OpenInterestSetter & { getAddress(): Promise<string> };
  readonly table: string;
}

/** An engine with a market of its own, and the time at which it evaluates. */
export interface DeployedEngine {
  readonly market: BookMarket;
  readonly now: number;
  evaluate(portfolios: readonly BookPortfolio[]): Promise<ChainRisk[]>;
}

/** Deploys the engine from its artifact, once for each market, on oracles that a test sets. */
export class EngineFactory {
  readonly #ethers: NetworkConnection["ethers"];
  readonly #shared: Shared;

  private constructor(ethers: NetworkConnection["ethers"], shared: Shared) {
    this.#ethers = ethers;
    this.#shared = shared;
  }

  static async on({ ethers }: NetworkConnection): Promise<EngineFactory> {
    const [deployer] = await ethers.getSigners();
    if (deployer === undefined) throw new RangeError("no test account");
    const openInterest: unknown = await ethers.deployContract("MockOpenInterest");
    const table = await ethers.deployContract("KernelTable");
    const tokens: TestToken[] = [];
    while (tokens.length < MAX_UNDERLYINGS) tokens.push(await ethers.deployContract("TestToken", ["Token", "TKN", 18]));
    return new EngineFactory(ethers, {
      manager: await ethers.deployContract("AccessManager", [deployer.address]),
      tokens,
      prices: await ethers.deployContract("MockPriceOracle"),
      volatilities: await ethers.deployContract("MockVolatilityOracle"),
      openInterest: openInterest as Shared["openInterest"],
      table: await table.getAddress(),
    });
  }

  async deploy(market: BookMarket): Promise<DeployedEngine> {
    const { manager, prices, volatilities, openInterest, table } = this.#shared;
    const markets = await this.#ethers.deployContract("Markets", [await manager.getAddress(), { ...market.account }]);
    for (let i = 0; i < market.underlyings.length; i++) await this.#list(markets, market, i);
    const parts = [markets, prices, volatilities, openInterest];
    const addresses = await Promise.all(parts.map((part) => part.getAddress()));
    const engine: unknown = await this.#ethers.deployContract("MarginEngine", [...addresses, table]);
    const now = await this.#now();
    return {
      market,
      now,
      evaluate: (portfolios) => (engine as Evaluating).evaluate(portfolios.map((portfolio) => onChain(portfolio, now))),
    };
  }

  async #list(markets: Markets, market: BookMarket, index: number): Promise<void> {
    const { prices, volatilities, openInterest, tokens } = this.#shared;
    const [underlying, token] = [market.underlyings[index], tokens[index]];
    if (underlying === undefined || token === undefined) throw new RangeError(`no underlying number ${index}`);
    const id = index + 1;
    const listing = {
      symbol: encodeBytes32String(`U${id}`),
      strikeStep: 1n,
      maxTenorSeconds: 730n * 86_400n,
      openInterestCap: 0n,
      openingPaused: false,
    };
    // Typed by the contracts' present structs, which know every field by its name.
    type Parameters_ = Parameters<Markets["listUnderlying"]>[2];
    await markets.listUnderlying(id, listing, underlying.parameters as unknown as Parameters_);
    const collateral = { token: await token.getAddress(), decimals: 18, haircut: underlying.haircut, cap: 0n };
    await markets.listCollateral(spot(id), collateral);
    await prices.setPrice(id, underlying.price);
    await prices.setOverdue(id, underlying.overdueSeconds);
    await volatilities.setMarginVolatility(id, underlying.initialVolatility, underlying.maintenanceVolatility);
    type Surface_ = Parameters<MockVolatilityOracle["setSurface"]>[1];
    await volatilities.setSurface(id, { ...underlying.surface, timestamp: 0n } as unknown as Surface_);
    await openInterest.setAverageOpenInterest(id, underlying.averageOpenInterest);
  }

  /** The time that a call sees, told by code that does nothing but return it. */
  async #now(): Promise<number> {
    return Number(await this.#ethers.provider.call({ data: "0x4260005260206000f3" }));
  }
}

/** What the float64 model says of the portfolios in an engine's market. */
export function modelRisks({ market, now }: DeployedEngine, portfolios: readonly BookPortfolio[]): Risk[] {
  const model = new MarginModel(modelMarket(market, now));
  return portfolios.map((portfolio) => model.evaluate(modelPortfolio(portfolio, now)));
}

/** How far two answers about a portfolio are apart. */
export interface EngineDeviation {
  readonly field: (typeof COMPARED)[number];
  /** As a share of what is tolerated: 1 at the bound. */
  readonly ofTolerance: number;
}

/** The largest difference of an engine's answer from what is expected, USD. */
export function engineDeviation(
  found: ChainRisk,
  expected: Readonly<Record<(typeof COMPARED)[number], number>>,
  { market, portfolio }: { readonly market: BookMarket; readonly portfolio: BookPortfolio },
): EngineDeviation {
  const cash = Math.abs(Number(portfolio.cash)) / WAD;
  const tolerated = ENGINE_TOLERANCE * grossOf(portfolio, market) + FLOAT_ROUNDING * cash + QUANTA;
  let worst: EngineDeviation = { field: "equity", ofTolerance: 0 };
  for (const field of COMPARED) {
    const ofTolerance = Math.abs(Number(found[field]) / WAD - expected[field]) / tolerated;
    if (!(ofTolerance <= worst.ofTolerance)) worst = { field, ofTolerance };
  }
  return worst;
}
