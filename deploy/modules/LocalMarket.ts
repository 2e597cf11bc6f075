// A market for a chain of one's own: tokens that anyone may mint, and Chainlink-shaped feeds that anyone may move.
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { NamedArtifactContractDeploymentFuture } from "@nomicfoundation/ignition-core";
import type { Configuration, UnderlyingConfiguration } from "../configuration.ts";
import { testTokens } from "./TestTokens.ts";

type Named = readonly [name: string, contract: NamedArtifactContractDeploymentFuture<string>];

/** Thrown where a feed is to be deployed without a first answer. */
export class StartPriceMissingError extends Error {
  readonly symbol: string;

  constructor(symbol: string) {
    super(`${symbol}: a local feed needs a startPrice`);
    this.name = "StartPriceMissingError";
    this.symbol = symbol;
  }
}

function startAnswerOf({ symbol, feed }: UnderlyingConfiguration): bigint {
  if (feed.startAnswer === undefined) throw new StartPriceMissingError(symbol);
  return feed.startAnswer;
}

/** Tokens by symbol; for each underlying its `<symbol>Aggregator` and the `<symbol>Feed` in front of it. */
export function localMarket(configuration: Configuration) {
  const tokens = testTokens(configuration);
  return buildModule("LocalMarket", (m) => {
    const feeds = configuration.underlyings.flatMap((underlying): Named[] => {
      const { symbol, feed } = underlying;
      const aggregator = m.contract("MockAggregator", [feed.decimals, feed.description], { id: `${symbol}Aggregator` });
      const firstRound = m.call(aggregator, "push(int256)", [startAnswerOf(underlying)], { id: `${symbol}FirstRound` });
      const proxy = m.contract("AggregatorProxy", [aggregator], { id: `${symbol}Feed`, after: [firstRound] });
      m.call(aggregator, "addAccess", [proxy], { id: `${symbol}Access` });
      return [
        [`${symbol}Aggregator`, aggregator],
        [`${symbol}Feed`, proxy],
      ];
    });
    return { ...m.useModule(tokens), ...Object.fromEntries(feeds) };
  });
}
