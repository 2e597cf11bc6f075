import type { ContractRunner } from "ethers";
import {
  AccessManager__factory,
  AutoTopUp__factory,
  BackstopVault__factory,
  Clearinghouse__factory,
  IClearinghouseBooks__factory,
  Lens__factory,
  LiquidityPool__factory,
  Liquidator__factory,
  MarginEngine__factory,
  MarginScenarios__factory,
  Markets__factory,
  OrderSettlement__factory,
  PoolQuoter__factory,
  PriceOracle__factory,
  TradeRouter__factory,
  VolatilityOracle__factory,
} from "../../../typechain-types/index.js";
import type { Addresses } from "./addresses.ts";

/** Typed handles to the contracts of one deployment. @param runner - A provider to read, a signer to write. */
export function connect(addresses: Addresses, runner: ContractRunner) {
  return {
    accessManager: AccessManager__factory.connect(addresses.accessManager, runner),
    priceOracle: PriceOracle__factory.connect(addresses.priceOracle, runner),
    volatilityOracle: VolatilityOracle__factory.connect(addresses.volatilityOracle, runner),
    markets: Markets__factory.connect(addresses.markets, runner),
    marginEngine: MarginEngine__factory.connect(addresses.marginEngine, runner),
    marginScenarios: MarginScenarios__factory.connect(addresses.marginScenarios, runner),
    clearinghouse: Clearinghouse__factory.connect(addresses.clearinghouse, runner),
    /** At the address of the clearinghouse: what it passes on. */
    clearinghouseBooks: IClearinghouseBooks__factory.connect(addresses.clearinghouse, runner),
    liquidator: Liquidator__factory.connect(addresses.liquidator, runner),
    backstopVault: BackstopVault__factory.connect(addresses.backstopVault, runner),
    orderSettlement: OrderSettlement__factory.connect(addresses.orderSettlement, runner),
    tradeRouter: TradeRouter__factory.connect(addresses.tradeRouter, runner),
    autoTopUp: AutoTopUp__factory.connect(addresses.autoTopUp, runner),
    lens: Lens__factory.connect(addresses.lens, runner),
    poolQuoter: PoolQuoter__factory.connect(addresses.poolQuoter, runner),
    liquidityPool: LiquidityPool__factory.connect(addresses.liquidityPool, runner),
  };
}

export type Contracts = ReturnType<typeof connect>;
