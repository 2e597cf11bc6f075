import { priceAt } from "../path.ts";
import { ASSETS, perAsset } from "../prices/arguments.ts";
import type { Random } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import type { Society } from "./life.ts";
import { type MakerKey, type Opening, type Participant, makeMakers, makeTraders, makerKey } from "./population.ts";
import type { Holder, Refusal, Venue } from "./venue.ts";
import { toWad } from "./wad.ts";

/** What stands behind the market, per USD of notional open: the backstop as the cap on open interest implies, 1 in 20. */
export const BACKSTOP_SHARE = 0.05;
export const RESERVE_SHARE = 0.005;
/** Enough of a keeper's capital that it never has to pass for lack of it. */
const KEEPER_SHARE = 0.5;
/** How often a trader who was refused tries again with less. */
const ATTEMPTS = 6;
const RETRY_SHARE = 0.75;

/** A market with everybody in it. */
export interface OpenMarket<H extends Holder> extends Society<H> {
  readonly keepers: readonly H[];
  /** Of all that was wanted at the start, USD: what reserve, backstop and keepers' capital are shares of. */
  readonly notional: number;
}

/** Where the market opens, and who stands behind it. */
export interface Premises<H extends Holder> {
  readonly venue: Venue<H>;
  /** Funds reserve and backstop as shares of this notional, USD. */
  readonly fund: (notional: number) => Promise<void>;
}

/** Who comes instead of the usual traders. */
export type People = (traders: readonly Participant[], opening: Opening) => readonly Participant[];

export interface OpeningPlan {
  readonly scenario: Scenario;
  /** Traders and market makers together. */
  readonly accounts: number;
  readonly keepers: number;
  readonly random: Random;
  /** Makes others of the usual traders. */
  readonly people?: People | undefined;
  /** Told after each participant who is ready. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Lets everybody pay in, then opens all positions by signed orders. */
export async function openMarket<H extends Holder>(
  { venue, fund }: Premises<H>,
  plan: OpeningPlan,
): Promise<OpenMarket<H>> {
  const { scenario, random, onProgress } = plan;
  const assets = ASSETS.filter((asset) => scenario.feeds[asset].isTraded);
  const prices = perAsset((asset) => priceAt(scenario.feeds[asset].path, scenario.start));
  const opening = { assets, prices };
  const makersNeeded = 2 * assets.length;
  const made = makeTraders(Math.max(1, plan.accounts - makersNeeded), opening, random);
  const planned = plan.people?.(made, opening) ?? made;
  const makers = new Map<MakerKey, H>();
  for (const [key, maker] of makeMakers(planned, opening)) makers.set(key, await venue.join(maker));
  const notional = notionalOf(planned, opening);
  await fund(notional);
  const keepers: H[] = [];
  for (let i = 0; i < plan.keepers; i++) keepers.push(await venue.join(keeperPlan(i, notional)));
  const traders: H[] = [];
  for (const participant of planned) {
    const member = await venue.join(participant);
    traders.push(member);
    await takePositions({ venue, makers, prices }, member);
    onProgress(traders.length, planned.length);
  }
  return { traders, makers, keepers, venue, notional };
}

function keeperPlan(index: number, notional: number): Participant {
  const funds = { usd: Math.ceil(notional * KEEPER_SHARE), ETH: 0, BTC: 0 };
  return {
    ...{ label: `keeper ${index + 1}`, strategy: "market maker", funds, borrowed: 0, legs: [] },
    ...{ topUp: undefined, spare: 0 },
  };
}

function notionalOf(participants: readonly Participant[], { prices }: Opening): number {
  const ofLegs = participants
    .flatMap(({ legs }) => legs)
    .reduce((sum, leg) => sum + Math.abs(leg.size) * prices[leg.asset], 0);
  return ofLegs + participants.reduce((sum, { borrowed }) => sum + borrowed, 0);
}

interface Counterparties<H extends Holder> extends Pick<Opening, "prices"> {
  readonly venue: Venue<H>;
  readonly makers: ReadonlyMap<MakerKey, H>;
}

/** Opens what the plan says, or the part of it that margin allows: whoever is refused tries again with less. */
async function takePositions<H extends Holder>({ venue, makers, prices }: Counterparties<H>, member: H): Promise<void> {
  for (const leg of member.legs) {
    const maker = makers.get(makerKey(leg));
    if (maker === undefined) continue;
    const instrument = venue.instrumentOf(leg, prices[leg.asset]);
    await insist((share) => venue.trade({ maker, taker: member, instrument, size: toWad(leg.size * share) }));
  }
  if (member.borrowed > 0) await insist((share) => venue.withdraw(member, member.borrowed * share));
}

async function insist(attempt: (share: number) => Promise<Refusal | undefined>): Promise<void> {
  let refusal: Refusal | undefined;
  for (let i = 0; i < ATTEMPTS; i++) {
    refusal = await attempt(RETRY_SHARE ** i);
    if (refusal === undefined) return;
    if (refusal.errorName !== "BelowInitialMargin") throw refusal;
  }
}
