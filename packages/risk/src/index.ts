export { AccountTable } from "./accountTable.ts";
export { optionPrice, type OptionTerms } from "./black76.ts";
export { CollateralNotListedError, InvalidNumberError, LimitExceededError, UnknownUnderlyingError } from "./errors.ts";
export {
  accountFromChain,
  portfolioFromChain,
  toNumber,
  underlyingFromChain,
  type ChainRiskParameters,
  type ChainStress,
  type ChainSurface,
  type ChainTier,
  type ChainUnderlying,
} from "./fromChain.ts";
export { MarginModel, riskOf, type Assessment, type ModelOptions } from "./marginModel.ts";
export type {
  AccountParameters,
  Leg,
  Market,
  Portfolio,
  Risk,
  RiskParameters,
  Stress,
  Tier,
  Tiers,
  UnderlyingMarket,
} from "./market.ts";
export { normalCdf } from "./normalDistribution.ts";
export type { Quote } from "./quote.ts";
export { scanAccounts, type RiskColumns } from "./scanAccounts.ts";
export { scanRanges, VOLATILITY_NODES, type PriceNode, type Ranges } from "./scenarioGrid.ts";
export { scenariosOf, type Scenarios } from "./scenarios.ts";
export { atTheMoneyVariance, discount, totalVolatility, YEAR_SECONDS, type Surface } from "./volatilitySurface.ts";
