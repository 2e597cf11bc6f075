import { type Instrument, call, perpetual, put } from "@plimsoll/client";
import {
  type Configuration,
  type UnderlyingConfiguration,
  loadConfiguration,
} from "../../../../deploy/configuration.ts";
import { priceAt } from "../path.ts";
import { ASSETS, type Asset, UNDERLYINGS, perAsset } from "../prices/arguments.ts";
import { toAnswer } from "../prices/series.ts";
import type { Scenario } from "../scenario.ts";
import type { WantedLeg } from "./population.ts";
import { toWad } from "./wad.ts";

/** Which options the market of a scenario lists. */
export interface Terms {
  /** USD. */
  readonly strikeSteps: Readonly<Record<Asset, number>>;
  /** Of the options that are traded, the nearer first, Unix seconds. */
  readonly expiries: readonly [number, number];
  /** The last expiry that leaves time to trade before it and to settle after it, if the replay has one. */
  readonly expiryInside: number | undefined;
}

const DAY = 86_400;
const HOUR = 3600;
const EIGHT_O_CLOCK = 8 * HOUR;
/** So far away that none expires during a replay of days: the model of `npm run designs` settles nothing. */
const EXPIRY_DAYS = [21, 56] as const;
/** Strikes are about this share of the price apart. */
const STRIKE_SPACING = 0.02;
/** Far above what a replay needs: it is about margin, not about caps. */
const UNLIMITED = 10n ** 30n;

/** Least time from the start to an expiry inside, and from there to the end. */
const HOURS_BEFORE = 6;
const HOURS_AFTER = 2;

export function termsOf({ feeds, start, end }: Scenario): Terms {
  return {
    strikeSteps: perAsset((asset) => strikeStep(priceAt(feeds[asset].path, start))),
    expiries: [expiryAfter(start, EXPIRY_DAYS[0]), expiryAfter(start, EXPIRY_DAYS[1])],
    expiryInside: expiryInside(start, end),
  };
}

/** What the model of `npm run designs` does. */
const NO_FEES = { makerLinear: 0n, takerLinear: 0n, makerOption: 0n, takerOption: 0n, premiumShare: 0n };

/**
 * The parameters of the local network with the scenario's prices and, where it knows them, volatilities.
 * @param hasFees Fees as deployed, else none.
 */
export async function configurationFor(
  scenario: Scenario,
  { strikeSteps }: Terms,
  hasFees = false,
): Promise<Configuration> {
  const local = await loadConfiguration("local");
  const underlyings = local.underlyings.map((one) => adapt(one, scenario, strikeSteps));
  return { ...local, fees: hasFees ? local.fees : NO_FEES, underlyings };
}

/** The listed instrument that comes closest to what is wanted. @param price USD. */
export function listedInstrument(leg: WantedLeg, price: number, { strikeSteps, expiries }: Terms): Instrument {
  const underlying = UNDERLYINGS[leg.asset];
  if (leg.kind === "perpetual") return perpetual(underlying);
  const step = strikeSteps[leg.asset];
  const terms = { expiry: expiries[leg.expiry], strike: strikeNear(price * leg.moneyness, step) };
  return leg.kind === "call" ? call(underlying, terms) : put(underlying, terms);
}

/** The strike of the grid that is nearest to a price, WAD. @param step USD. */
export function strikeNear(price: number, step: number): bigint {
  return toWad(Math.max(1, Math.round(price / step)) * step);
}

function adapt(
  underlying: UnderlyingConfiguration,
  scenario: Scenario,
  strikeSteps: Terms["strikeSteps"],
): UnderlyingConfiguration {
  const asset = ASSETS.find((name) => UNDERLYINGS[name] === underlying.id);
  if (asset === undefined) return underlying;
  const { path, history: historyFor } = scenario.feeds[asset];
  const history = historyFor(underlying.controller.realisedHalfLifeSeconds);
  return {
    ...underlying,
    strikeStep: toAnswer(strikeSteps[asset]),
    openInterestCap: UNLIMITED,
    feed: { ...underlying.feed, startAnswer: toAnswer(priceAt(path, scenario.start)) },
    realised: history === undefined ? underlying.realised : toWad(history.realised),
    stressed: history === undefined ? underlying.stressed : toWad(history.stressed),
    collateral: { ...underlying.collateral, cap: UNLIMITED },
  };
}

/** 1, 2 or 5 times a power of ten, near a fiftieth of the price. */
function strikeStep(price: number): number {
  const wanted = price * STRIKE_SPACING;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const digit = [5, 2, 1].find((candidate) => candidate * power <= wanted * 1.0001) ?? 1;
  return digit * power;
}

/** The last 08:00 UTC that has time before and after it. */
function expiryInside(start: number, end: number): number | undefined {
  const last = Math.floor((end - HOURS_AFTER * HOUR - EIGHT_O_CLOCK) / DAY) * DAY + EIGHT_O_CLOCK;
  return last >= start + HOURS_BEFORE * HOUR ? last : undefined;
}

/** The first 08:00 UTC at least this many days away. */
function expiryAfter(time: number, days: number): number {
  return Math.ceil((time + days * DAY - EIGHT_O_CLOCK) / DAY) * DAY + EIGHT_O_CLOCK;
}
