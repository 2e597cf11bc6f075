import {
  type Keeper,
  type KeeperOptions,
  type KeeperStore,
  createKeeper,
  eip1193Chain,
  runTick,
} from "@plimsoll/keeper";
import { Wallet } from "ethers";
import type { TestMarket } from "./deploy.ts";

const wallet = new Wallet(`0x${"5".repeat(64)}`);

/** A keeper on the contracts, with gas to spend, whose clock is the chain's. */
export interface RunningKeeper {
  readonly keeper: Keeper;
  /** Unix seconds of the last pass. */
  now(): number;
  /** One pass. @returns the kinds of what it sent, and the reasons why it did not send. */
  tick(): Promise<{ readonly sent: readonly string[]; readonly skipped: readonly string[] }>;
}

export interface StartOptions {
  readonly config: KeeperOptions;
  readonly underlyings?: number[];
  /** Of a keeper before. */
  readonly store?: KeeperStore;
}

export async function startKeeper(market: TestMarket, options: StartOptions): Promise<RunningKeeper> {
  const { underlyings = [1, 2], ...rest } = options;
  const { networkHelpers, addresses, provider, venue } = market;
  let now = 0;
  await networkHelpers.setBalance(wallet.address, 10n ** 20n);
  const keeper = await createKeeper({
    chain: eip1193Chain(provider),
    signer: wallet,
    deployment: { ...addresses, chainId: Number(venue.chainId), underlyings },
    clock: () => now,
    ...rest,
  });
  return {
    keeper,
    now: () => now,
    async tick() {
      now = await networkHelpers.time.latest();
      const { sent, skipped } = await runTick(keeper);
      return { sent: sent.map(({ kind }) => kind), skipped: skipped.map(({ reason }) => reason) };
    },
  };
}
