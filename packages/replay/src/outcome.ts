import { type Account, ownerOf } from "@plimsoll/client";
import { checkConservation } from "./conservation.ts";
import { readLedger } from "./market/books.ts";
import type { Deployment, MarginRule } from "./market/deployment.ts";
import {
  type EventReader,
  type LiquidationEvent,
  countLiquidated,
  countOf,
  isLiquidation,
  tally,
  toRecords,
} from "./market/events.ts";
import type { Member } from "./market/exchange.ts";
import { type KeeperDesk, addAccounts } from "./market/keepers.ts";
import type { Life } from "./market/life.ts";
import type { Observer } from "./market/observer.ts";
import type { OpenMarket } from "./market/opening.ts";
import type { PoolSide } from "./market/poolSide.ts";
import { priceAt } from "./path.ts";
import { ASSETS, perAsset } from "./prices/arguments.ts";
import type { KeeperAccounts, PricePoint, ReplayResult, ReplaySummary, Summary, TraderOutcome } from "./result.ts";
import type { Scenario } from "./scenario.ts";

/** What was replayed. */
export interface Played {
  readonly deployment: Deployment;
  readonly scenario: Scenario;
  readonly market: OpenMarket<Member>;
  /** Where people trade with it. */
  readonly pool: PoolSide | undefined;
}

/** Who took down what happened. */
export interface Witnesses {
  readonly desks: readonly KeeperDesk[];
  readonly life: Life<Member>;
  readonly reader: EventReader;
  readonly observer: Observer;
}

const PRICE_SECONDS = 900;

/** Turns what was taken down, and the state of the chain at the end, into the result. */
export async function conclude(
  { deployment, scenario, market, pool }: Played,
  { desks, life, reader, observer }: Witnesses,
  options: { readonly seed: string; readonly margin: MarginRule },
): Promise<ReplayResult> {
  const conservation = checkConservation(await readLedger(deployment, reader.accounts));
  const keepers = addAccounts(await Promise.all(desks.map((desk) => desk.account())));
  const members = [...market.traders, ...market.makers.values()];
  const owners = new Map([...members, ...market.keepers].map(({ wallet, label }) => [wallet.address, label]));
  owners.set(deployment.addresses.backstopVault, "backstop");
  owners.set(deployment.addresses.liquidityPool, "liquidity pool");
  const labelOf = (account: Account) => owners.get(ownerOf(account)) ?? ownerOf(account);
  const traded = poolOutcome(pool, liquidationsOf(reader.events, deployment.addresses.liquidityPool));
  return {
    ...{ title: scenario.title, seed: options.seed, margin: nameOf(options.margin) },
    ...{ start: scenario.start, end: scenario.end },
    prices: pricePoints(scenario),
    rounds: perAsset((asset) => scenario.feeds[asset].rounds.length),
    volatility: observer.volatility,
    equity: observer.equity,
    distress: observer.distress,
    sample: describeSample(observer),
    liquidations: toRecords(reader.events, { labelOf, vault: deployment.addresses.backstopVault }),
    liquidatedAccounts: countLiquidated(reader.events),
    causes: observer.causes?.causes ?? [],
    marginCalls: reader.events.filter(({ name }) => name === "MarginCalled").map(({ time }) => time),
    traders: market.traders.map((trader) => outcomeOf(trader, { life, observer, events: reader.events })),
    keepers,
    activity: { done: life.done, refused: life.refused },
    ...traded.records,
    conservation,
    summary: {
      accounts: members.length,
      ...tally(reader.events),
      keeperProfit: profitOf(keepers),
      conservationError: conservation.total.toString(),
      ...traded.summary,
    },
  };
}

/** What signed orders alone do not have. @param liquidations Of the pool's buckets. */
function poolOutcome(
  pool: PoolSide | undefined,
  liquidations: number,
): {
  readonly records: Pick<ReplayResult, "expired" | "pool">;
  readonly summary: Pick<ReplaySummary, "fees" | "pool">;
} {
  if (pool === undefined) return { records: { expired: 0, pool: null }, summary: { fees: 0, pool: null } };
  const { expired, fees } = pool.ledger.sums;
  return {
    records: { expired, pool: pool.record(liquidations) },
    summary: { fees, pool: pool.summary() },
  };
}

/** @param owner Whose accounts were liquidated. */
function liquidationsOf(events: readonly LiquidationEvent[], owner: string): number {
  return events.filter((event) => isLiquidation(event) && ownerOf(event.account) === owner).length;
}

/** Change of equity and what the hedges made, less what hedging and gas cost. */
export function profitOf({ equityChange, hedgeProfit, hedgeCosts, gas }: KeeperAccounts): Summary["keeperProfit"] {
  return equityChange + hedgeProfit - hedgeCosts - gas;
}

export function nameOf(margin: MarginRule): string {
  return margin.kind === "dynamic" ? "dynamic" : `static ${Math.round(margin.share * 100)} %`;
}

function pricePoints({ start, end, feeds }: Scenario): PricePoint[] {
  return ASSETS.filter((asset) => feeds[asset].isTraded).flatMap((asset) => {
    const points: PricePoint[] = [];
    for (let time = start; time <= end; time += PRICE_SECONDS)
      points.push({ time, asset, price: priceAt(feeds[asset].path, time) });
    return points;
  });
}

function describeSample({ sample, samplePoints }: Observer): ReplayResult["sample"] {
  const first = samplePoints[0];
  if (sample === undefined || first === undefined)
    return { label: "none", description: "No account fits.", points: [] };
  const leverage = (first.notional / first.equity).toFixed(1);
  const asset = sample.legs[0]?.asset ?? "";
  const description = `The position of ${sample.label}, long ${asset} perpetuals ${leverage} times its equity, followed as if nobody had touched it.`;
  return { label: sample.label, description, points: samplePoints };
}

interface Notes extends Pick<Witnesses, "life" | "observer"> {
  readonly events: readonly LiquidationEvent[];
}

function outcomeOf({ account, label, strategy }: Member, { life, observer, events }: Notes): TraderOutcome {
  const own = events.filter((event) => event.account === account);
  return {
    label,
    strategy,
    equityAtStart: observer.first.get(account) ?? 0,
    equityAtEnd: observer.latest.get(account) ?? 0,
    netDeposits: life.netDeposits.get(account) ?? 0,
    marginCalls: countOf(own, "MarginCalled"),
    liquidations: own.filter(isLiquidation).length,
  };
}
