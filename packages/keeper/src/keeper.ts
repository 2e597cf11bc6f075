import { pino } from "pino";
import type { Logger } from "pino";
import { Backoff } from "./backoff.js";
import { Book } from "./book.js";
import type { Chain } from "./chain.js";
import { configSchema, deploymentSchema } from "./config.js";
import type { Deployment, KeeperOptions } from "./config.js";
import { Contracts } from "./contracts.js";
import { WrongChain } from "./errors.js";
import { GasTable } from "./gas.js";
import { Holdings } from "./holdings.js";
import { AccountIndex } from "./indexer.js";
import { createMetrics } from "./metrics.js";
import type { KeeperMetrics } from "./metrics.js";
import { SigningPolicy } from "./policy.js";
import type { Signer } from "./policy.js";
import { Sender } from "./sender.js";
import { memoryStore } from "./store.js";
import type { KeeperStore } from "./store.js";
import type { Keeper } from "./tick.js";
import { Watch } from "./watch.js";

/** What a keeper is made of; only the first three are required. */
export interface KeeperParts {
  readonly chain: Chain;
  readonly signer: Signer;
  readonly deployment: Pick<Deployment, "chainId" | "underlyings"> & Partial<Deployment> & Addresses;
  readonly config?: KeeperOptions;
  readonly witness?: Chain;
  /** Unix seconds. */
  readonly clock?: () => number;
  readonly store?: KeeperStore;
  readonly logger?: Logger;
  readonly metrics?: KeeperMetrics;
}

type Addresses = Pick<
  Deployment,
  "clearinghouse" | "liquidator" | "lens" | "marginEngine" | "priceOracle" | "volatilityOracle"
>;

/** Checks the chain, loads what an earlier process left, and makes a keeper ready for `runTick`. @throws WrongChain */
export async function createKeeper(parts: KeeperParts): Promise<Keeper> {
  const { chain, signer, witness } = parts;
  const deployment = deploymentSchema.parse(parts.deployment);
  const config = configSchema.parse(parts.config ?? {});
  const actual = await chain.chainId();
  if (actual !== deployment.chainId) throw new WrongChain(deployment.chainId, actual);
  const store = parts.store ?? memoryStore();
  const logger = parts.logger ?? pino({ enabled: false });
  const metrics = parts.metrics ?? createMetrics();
  const index = new AccountIndex(deployment, config.index);
  const book = new Book(signer.address, config.book);
  const holdings = new Holdings();
  const saved = await store.loadState();
  if (saved) {
    index.restore(saved.index);
    book.restore(saved.nextFresh);
    holdings.restore(saved.holders);
    holdings.mark(index.accounts.keys());
  }
  const policy = new SigningPolicy(signer, deployment, config.policy);
  const sender = new Sender({ chain, policy, store, config, logger, metrics });
  await sender.load();
  return {
    ...{ chain, witness, address: signer.address, config, index, holdings, sender, book, store, logger, metrics },
    clock: parts.clock ?? (() => Math.floor(Date.now() / 1000)),
    contracts: new Contracts(chain, deployment, config.lensChunk),
    watch: new Watch(index, config),
    backoff: new Backoff(config.backoff),
    gas: new GasTable(config.gas),
    savedAt: -Infinity,
    vaultLook: undefined,
    lossesSettled: 0,
  };
}
