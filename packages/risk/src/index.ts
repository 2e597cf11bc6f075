export { AccountTable } from "./accountTable.ts";
export {
  bankruptcyPayment,
  BANKRUPTCY_SECONDS,
  compensationRate,
  isBankrupt,
  LAST_SECONDS,
  SECOND_PERIOD_SECONDS,
} from "./auctionCurve.ts";
export {
  bufferedMargin,
  ewmaMargin,
  historicalEs,
  historicalVar,
  limitedMargin,
  RISK_METRICS_HALF_LIFE_SECONDS,
  scaledToCoverage,
  staticMargin,
  type Closes,
  type FittingSpan,
  type HistoricalTail,
} from "./backtest/alternatives.ts";
export {
  COVERAGE_GOALS,
  coverageOf,
  windowMisses,
  type Coverage,
  type CoverageGoals,
  type Exceedances,
  type QuintileMisses,
} from "./backtest/coverage.ts";
export { BacktestError } from "./backtest/errors.ts";
export {
  deltaOneLosses,
  sliceSeries,
  slidingExtreme,
  type HorizonLosses,
  type MarginSeries,
  type StepPrices,
} from "./backtest/marginSeries.ts";
export {
  independenceStatistic,
  kupiecStatistic,
  missTests,
  powersAt,
  transitionsOf,
  type MissTest,
  type MissTests,
  type Powers,
  type Transitions,
} from "./backtest/missTests.ts";
export {
  impulseResponseOf,
  peakToTrough,
  procyclicalityOf,
  type ImpulseResponse,
  type Procyclicality,
  type Rise,
} from "./backtest/procyclicality.ts";
export { clopperPearson, proportion, type Proportion, type Sample } from "./backtest/proportion.ts";
export { quantileIndex } from "./backtest/quantile.ts";
export { scoreOf, type Score } from "./backtest/score.ts";
export { optionPrice, type OptionTerms } from "./black76.ts";
export { deltaOneRequirement, SIDES, stressRequirement, type Side } from "./deltaOne.ts";
export {
  CollateralNotListedError,
  FrozenPriceError,
  HistoryGapError,
  HistoryTooShortError,
  InvalidNumberError,
  LimitExceededError,
  UnknownUnderlyingError,
} from "./errors.ts";
export {
  accountFromChain,
  parametersFromChain,
  portfolioFromChain,
  surfaceFromChain,
  toNumber,
  underlyingFromChain,
  type ChainRiskParameters,
  type ChainStress,
  type ChainSurface,
  type ChainTier,
  type ChainUnderlying,
} from "./fromChain.ts";
export {
  auctionState,
  isBackstopsTurn,
  isFloorBound,
  LIQUIDATION_RULES,
  seize,
  type AuctionState,
  type Package,
  type Refusal,
  type Seizure,
} from "./liquidation.ts";
export { marginCallOf, type MarginCall, type VolatilitySpeed, type VolatilitySpeeds } from "./marginCall.ts";
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
export { MarginVolatilityModel, type Implied, type Listing } from "./marginVolatility.ts";
export { normalCdf } from "./normalDistribution.ts";
export { Impact, RECOVERY_SECONDS, type Depth } from "./priceImpact.ts";
export type { Quote } from "./quote.ts";
export { RealisedVolatility, type PricePoint } from "./realisedVolatility.ts";
export { scanAccounts, type RiskColumns } from "./scanAccounts.ts";
export { scanRanges, VOLATILITY_NODES, type PriceNode, type Ranges } from "./scenarioGrid.ts";
export { scenariosOf, type Scenarios } from "./scenarios.ts";
export { Episodes, spiralGainOf, type SpiralGain } from "./spiralGain.ts";
export {
  targetOf,
  VolatilityController,
  type ControllerParameters,
  type ControllerState,
  type MarginVolatility,
} from "./volatilityController.ts";
export { atTheMoneyVariance, discount, totalVolatility, YEAR_SECONDS, type Surface } from "./volatilitySurface.ts";
export { decayOfHalfLife, ewma } from "./forecast/ewma.ts";
export { fitGarch, garch, type GarchFit } from "./forecast/garch.ts";
export { fitHar, har, type HarFit } from "./forecast/har.ts";
export type { Forecaster, VolatilityModel } from "./forecast/model.ts";
export { dieboldMariano, forecastQuality, qlike, type ForecastQuality, type Trial } from "./forecast/quality.ts";
export { annualVolatility, realisedDays, type Day, type PriceObservation } from "./forecast/realisedVariance.ts";
export { blend } from "./forecast/blend.ts";
export { forecastSurface, type Smile } from "./forecast/termStructure.ts";
export { impliedTotalVolatility } from "./impliedVolatility.ts";
export type { OptionChain, OptionQuote } from "./optionChain.ts";
export { calibrateSurface, ChainTooThinError, type SurfaceFit } from "./surfaceCalibration.ts";
export {
  InadmissibleSurfaceError,
  levelsOf,
  requireAdmissible,
  TENOR_SECONDS,
  toAdmissible,
  totalVarianceOf,
} from "./surfaceReports.ts";
