import type { Risk } from "@plimsoll/risk";
import type { UnderlyingConfiguration } from "../../../../deploy/configuration.ts";
import type { MarginRule } from "../market/deployment.ts";
import { countLiquidated, tally } from "../market/events.ts";
import { Life } from "../market/life.ts";
import { type OpenMarket, type People, BACKSTOP_SHARE, RESERVE_SHARE, openMarket } from "../market/opening.ts";
import { Rhythm } from "../market/rhythm.ts";
import { configurationFor, termsOf } from "../market/terms.ts";
import type { Holder } from "../market/venue.ts";
import { toWad } from "../market/wad.ts";
import { nameOf } from "../outcome.ts";
import { MINUTE } from "../path.ts";
import type { Random } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import { type BackstopLimits, ModelBackstop, isBackstops } from "./backstop.ts";
import { Books } from "./books.ts";
import { MARGIN_SHARE } from "./budgets.ts";
import { type Design, exposureOf, nameOfDesign } from "./design.ts";
import { ModelExchange } from "./exchange.ts";
import { Inventory } from "./inventory.ts";
import { ModelKeeper } from "./keeper.ts";
import { type Clearing, LAPSE_SECONDS, ModelLiquidator } from "./liquidator.ts";
import { ModelMarket } from "./market.ts";
import { type Outside, RecordedPrices } from "./outside.ts";
import type { ModelResult } from "./result.ts";

/** How a scenario is run in the model. */
export interface ModelOptions {
  readonly seed: string;
  readonly accounts: number;
  readonly margin: MarginRule;
  readonly design: Design;
  readonly latencyMinutes: number;
  readonly gasPriceGwei: number;
  /** As the contracts have them, unless somebody wants to see what is needed. */
  readonly limits?: Partial<Limits>;
  readonly premises?: Premises;
}

/** What is not as on any day of a replay. */
export interface Premises {
  readonly people?: People;
  /** Open interest of each underlying that has been there for a day, units. */
  readonly interest: ReadonlyMap<number, number>;
  /** Other parameters, from when the margin rule holds. */
  readonly amend?: (underlying: UnderlyingConfiguration) => UnderlyingConfiguration;
  /** Whether the margin rule holds before anybody has opened. */
  readonly isOwn: boolean;
  /** Whether reserve and backstop are shares of what is open in the end, and not of what was wanted. */
  readonly isFundedByOpened: boolean;
}

export interface Limits extends BackstopLimits {
  /** Of the notional that was wanted at the start. */
  readonly backstopShare: number;
  /** How long an auction lives after it was last confirmed. */
  readonly lapseSeconds: number;
}

/** The backstop's number of accounts on chain. */
const SLOTS = 16;
/** As the contracts have them. */
export const DEPLOYED: Limits = {
  ...{ backstopShare: BACKSTOP_SHARE, slots: SLOTS, marginShare: MARGIN_SHARE },
  lapseSeconds: LAPSE_SECONDS,
};
/** How often the backstop is valued. */
const GLANCE_SECONDS = 10 * MINUTE;
const GWEI = 1e9;

const NOTHING_UNUSUAL: Premises = { interest: new Map(), isOwn: false, isFundedByOpened: false };
const nothing = () => Promise.resolve();

/** One run of the model, while it runs. */
interface Stage {
  readonly scenario: Scenario;
  readonly clearing: Clearing;
  readonly liquidator: ModelLiquidator;
  readonly market: OpenMarket<Holder>;
  readonly keeper: ModelKeeper;
  readonly inventory: Inventory;
  readonly openInterest: number;
  readonly atStart: ModelResult["atStart"];
}

/** Prices outside are those of the scenario unless something else moves them too. */
export interface World {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly outside?: Outside;
}

/** Runs a scenario in the model: the same people, prices, rounds and keeper as a replay, without a chain. */
export async function simulate(world: World, options: ModelOptions): Promise<ModelResult> {
  const stage = await open(world, options);
  const { scenario, random } = world;
  const { clearing, liquidator, market, keeper, inventory } = stage;
  const life = new Life(market, scenario, random.fork("life"));
  const rhythm = new Rhythm();
  let heard = 0;
  for (let time = scenario.start + MINUTE; time <= scenario.end; time += MINUTE) {
    const rounds = clearing.market.playUntil(time);
    inventory.keep(keeper.release());
    await life.pass(time);
    if (rhythm.isDue(time, rounds)) rhythm.rest(time, await keeper.tick());
    life.hear(liquidator.events.slice(heard));
    heard = liquidator.events.length;
    if ((time - scenario.start) % GLANCE_SECONDS === 0) clearing.backstop.look();
  }
  clearing.market.playLast();
  clearing.backstop.look();
  return conclude(stage, options);
}

async function open(
  { scenario, random, outside = new RecordedPrices(scenario) }: World,
  { accounts, margin, design, latencyMinutes, gasPriceGwei, limits, premises = NOTHING_UNUSUAL }: ModelOptions,
): Promise<Stage> {
  const { backstopShare, lapseSeconds, ...held } = { ...DEPLOYED, ...limits };
  const terms = termsOf(scenario);
  const books = new Books();
  const configuration = await configurationFor(scenario, terms);
  const prices = new ModelMarket(outside, configuration, books.openInterest);
  for (const [underlying, units] of premises.interest) books.openInterest.presume(underlying, units);
  const backstop = new ModelBackstop(books, prices, held);
  const clearing = { books, market: prices, backstop };
  const fund = (notional: number) => {
    backstop.fund(toWad(notional * backstopShare));
    books.fundReserve(toWad(notional * RESERVE_SHARE));
    return Promise.resolve();
  };
  const venue = new ModelExchange(books, prices, terms);
  const crowd = { accounts, keepers: 1, people: premises.people };
  const plan = { scenario, random: random.fork("market"), ...crowd, onProgress: () => undefined };
  const { amend, isFundedByOpened, isOwn } = premises;
  const impose = () => {
    prices.margin = margin;
    if (amend !== undefined) prices.relist(configuration.underlyings.map(amend));
  };
  if (isOwn) impose();
  const market = await openMarket({ venue, fund: isFundedByOpened ? nothing : fund }, plan);
  impose();
  const liquidator = new ModelLiquidator(clearing, lapseSeconds);
  const capital = market.keepers[0]?.account ?? 0n;
  const keeper = new ModelKeeper({
    ...{ clearing, liquidator, design, capital },
    latencySeconds: latencyMinutes * MINUTE,
    baseFeeWei: BigInt(Math.round(gasPriceGwei * GWEI)),
  });
  const openInterest = market.traders.reduce(
    (sum, { account }) => sum + exposureOf(books.portfolio(account), (part) => prices.notionalOf(part)),
    0,
  );
  if (isFundedByOpened) await fund(openInterest);
  const inventory = new Inventory(clearing, capital);
  const atStart = totalOf(market.traders.map(({ account }) => liquidator.risk(account)));
  return { scenario, clearing, liquidator, market, keeper, inventory, openInterest, atStart };
}

function conclude(stage: Stage, { design, margin, seed, latencyMinutes }: ModelOptions): ModelResult {
  const { clearing, liquidator, market, keeper, openInterest, atStart } = stage;
  const { events, liquidatedNotional, tornUpNotional, closed } = liquidator;
  const { peakNeed: needed, peakLoss: lost, peakHeld: held } = clearing.backstop;
  return {
    ...{ design: nameOfDesign(design), margin: nameOf(margin), seed, latencyMinutes },
    ...{ notional: market.notional, openInterest, atStart },
    accounts: market.traders.length + market.makers.size,
    ...tally(events),
    liquidatedAccounts: countLiquidated(events.filter(({ account }) => !isBackstops(account))),
    closedAccounts: [...closed].filter((account) => !isBackstops(account)).length,
    liquidatedNotional,
    tornUpNotional,
    keeperProfit: profitOf(stage),
    hoursBelow: keeper.watch.secondsBelow / 3600,
    backstop: { needed, lost, held },
    openDeficit: market.traders.reduce((sum, { account }) => sum + Math.max(-liquidator.risk(account).equity, 0), 0),
    ...{ transactions: keeper.transactions, failed: keeper.failed },
    conservationError: clearing.books.conservation().total.toString(),
  };
}

function totalOf(risks: readonly Risk[]): ModelResult["atStart"] {
  const sum = (pick: (risk: Risk) => number) => risks.reduce((total, risk) => total + pick(risk), 0);
  return {
    equity: sum(({ equity }) => equity),
    initial: sum(({ initial }) => initial),
    maintenance: sum(({ maintenance }) => maintenance),
  };
}

/** Change of equity and what the hedges made, less what hedging and gas cost. */
function profitOf({ liquidator, market, keeper, inventory }: Stage): number {
  const [capital] = market.keepers;
  if (capital === undefined) return 0;
  const { hedge } = inventory;
  return (
    liquidator.risk(capital.account).equity - capital.funds.usd + inventory.profit() - hedge.costs - keeper.gasCosts
  );
}
