import type { Account } from "@plimsoll/client";
import { CauseFinder } from "./market/causes.ts";
import { SimulatedChain } from "./market/chain.ts";
import { type MarginRule, type VenueKind, deployExchange, setStaticMargin } from "./market/deployment.ts";
import { EventReader, type LiquidationEvent } from "./market/events.ts";
import { Exchange, type Member } from "./market/exchange.ts";
import { fundBackstop } from "./market/funding.ts";
import { FeedPlayer } from "./market/feeds.ts";
import { KeeperDesk } from "./market/keepers.ts";
import type { LegDesign } from "./market/keeperSettings.ts";
import { Life } from "./market/life.ts";
import { Observer, chooseSample } from "./market/observer.ts";
import { openMarket } from "./market/opening.ts";
import { PoolRoute } from "./market/poolRoute.ts";
import { PoolSide } from "./market/poolSide.ts";
import { Rhythm } from "./market/rhythm.ts";
import { settleExpiries, settleLosses } from "./market/settling.ts";
import { type Played, conclude } from "./outcome.ts";
import { MINUTE, priceAt } from "./path.ts";
import { ASSETS, perAsset } from "./prices/arguments.ts";
import type { Random } from "./random.ts";
import type { ReplayResult } from "./result.ts";
import type { Scenario } from "./scenario.ts";

/** How a scenario is to be replayed. */
export interface ReplayOptions {
  readonly seed: string;
  readonly accounts: number;
  readonly margin: MarginRule;
  readonly keepers: number;
  /** From a keeper's look at the chain to its transaction in a block. */
  readonly latencyMinutes: number;
  readonly gasPriceGwei: number;
  /** Which legs the keeper takes: those that it likes best, as it does unless told otherwise, or the same share of all. */
  readonly design?: LegDesign;
  /** Everything that is deployed, unless told otherwise. */
  readonly venue?: VenueKind;
}

/** Told what is being done, and how far it is, 0 to 1. */
export type Progress = (activity: string, share: number) => void;

/** How often everybody is looked at, and how often what is quickly read. */
const LOOK_SECONDS = 120 * MINUTE;
const GLANCE_SECONDS = 30 * MINUTE;

/** Replays a scenario on the real contracts, with the real keeper, and reports what came of it. */
export async function replay(
  { scenario, random }: { readonly scenario: Scenario; readonly random: Random },
  options: ReplayOptions,
  onProgress: Progress,
): Promise<ReplayResult> {
  onProgress("deploying the contracts", 0);
  const chain = await SimulatedChain.create({ start: scenario.start, gasPriceGwei: options.gasPriceGwei });
  try {
    const { seed, venue = "full" } = options;
    const deployment = await deployExchange(chain, scenario, venue);
    const route = venue === "full" ? new PoolRoute(chain, deployment, random.fork("routes")) : undefined;
    const exchange = new Exchange(chain, deployment, { seed, pool: route });
    const place = { chain, deployment, exchange };
    const pool = route && new PoolSide(place, route);
    const fund = async (notional: number) => {
      await fundBackstop(place, notional);
      await pool?.depositors.open(notional);
    };
    const market = await openMarket(
      { venue: exchange, fund },
      {
        ...{ scenario, random: random.fork("market"), accounts: options.accounts, keepers: options.keepers },
        onProgress: (done, total) => {
          onProgress("opening accounts", done / total);
        },
      },
    );
    if (options.margin.kind === "static") await setStaticMargin(deployment, options.margin.share);
    pool?.begin(market, scenario, random);
    return await play({ chain, deployment, scenario, market, pool, random }, options, onProgress);
  } finally {
    await chain.close();
  }
}

interface Stage extends Played {
  readonly chain: SimulatedChain;
  readonly random: Random;
}

async function play(stage: Stage, options: ReplayOptions, onProgress: Progress): Promise<ReplayResult> {
  const { chain, deployment, scenario, market, random } = stage;
  const { start, end } = scenario;
  const desks: KeeperDesk[] = [];
  const settings = {
    ...{ latencySeconds: options.latencyMinutes * MINUTE, design: options.design ?? "legs" },
    hasUpkeep: stage.pool !== undefined,
  };
  for (const member of market.keepers) desks.push(await KeeperDesk.open(stage, member, settings));
  const feeds = new FeedPlayer(chain, deployment, scenario);
  const life = new Life(market, scenario, random.fork("life"));
  const reader = new EventReader(chain, deployment);
  const observer = observe(stage, desks, options.margin);
  await reader.read();
  await watch(observer, start, 0);
  const rhythm = new Rhythm();
  for (let time = start + MINUTE; time <= end; time += MINUTE) {
    const rounds = await feeds.playUntil(time);
    await chain.advanceTo(time);
    for (const desk of desks) await desk.settle();
    await act(stage, life, time);
    if (rhythm.isDue(time, rounds)) rhythm.rest(time, await tickAll(desks));
    const news = await reader.read();
    life.hear(news);
    await explain(news, observer);
    await watch(observer, time, time - start);
    onProgress("replaying", (time - start) / (end - start));
  }
  await feeds.playLast();
  await watch(observer, chain.now, 0);
  await settleAll(stage, reader.accounts);
  return await conclude(stage, { desks, life, reader, observer }, options);
}

/** What people do by now. */
async function act({ pool, scenario }: Stage, life: Life<Member>, time: number): Promise<void> {
  await life.pass(time);
  await pool?.pass(time);
  if ((time - scenario.start) % GLANCE_SECONDS === 0) await pool?.depositors.claim();
}

/** So that the sums of the views are exact. */
async function settleAll({ chain, deployment, pool }: Stage, accounts: Iterable<Account>): Promise<void> {
  await settleLosses(chain, deployment, accounts);
  await settleExpiries(chain, deployment, { series: pool?.series ?? [], accounts });
}

/** Why auctions started, of those who are looked at. */
async function explain(news: readonly LiquidationEvent[], { causes }: Observer): Promise<void> {
  for (const { name, account, time } of news) if (name === "AuctionStarted") await causes?.explain(account, time);
}

async function watch(observer: Observer, time: number, elapsedSeconds: number): Promise<void> {
  if (elapsedSeconds % LOOK_SECONDS === 0) await observer.look(time);
  if (elapsedSeconds % GLANCE_SECONDS === 0) await observer.glance(time);
}

/** @returns how much the keepers left unfinished. */
async function tickAll(desks: readonly KeeperDesk[]): Promise<number> {
  let open = 0;
  for (const desk of desks) open += await desk.tick();
  return open;
}

function observe(
  { deployment, scenario, market, pool }: Stage,
  desks: readonly KeeperDesk[],
  margin: MarginRule,
): Observer {
  const prices = perAsset((asset) => priceAt(scenario.feeds[asset].path, scenario.start));
  return new Observer(deployment, {
    traders: market.traders,
    makers: [...market.makers.values()],
    keepers: () => desks.flatMap(({ accounts }) => accounts),
    assets: ASSETS.filter((asset) => scenario.feeds[asset].isTraded),
    sample: chooseSample(market.traders, prices),
    pool: pool?.ledger,
    causes: margin.kind === "dynamic" ? new CauseFinder(deployment) : undefined,
  });
}
