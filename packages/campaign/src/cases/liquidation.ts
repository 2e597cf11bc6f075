import { type Account, CASH, WAD, batchOf, fromWad, ownerOf, toAccount, toPosition } from "@plimsoll/client";
import type { Person } from "../chain/people.ts";
import type { Estimate } from "../chain/estimates.ts";
import type { Risk } from "../chain/reads.ts";
import type { Stage } from "../chain/stage.ts";
import type { Dice } from "../dice.ts";
import { type Case, type Plan, anybody, pickAccount, sharesOf, usd, wad } from "./case.ts";

/** Of a liquidation, at a gas price of 1 gwei. */
const GAS_USD = 0.001 * 2_000;
/** More than initial margin, so that a taken account stands a while. */
const CUSHION = 11n;
const FOREVER = 2n ** 40n - 1n;

/** Of `AuctionState`, what a keeper needs. */
interface Auction {
  readonly rate: bigint;
  readonly isWhole: boolean;
  readonly isBankrupt: boolean;
  readonly payment: bigint;
  readonly auction: { readonly startedAt: bigint };
}

/** One of those who are in distress by the estimate, with what the chain says of him; it must agree. */
async function findDistressed(
  stage: Stage,
  dice: Dice,
  isDistressed: (estimate: Estimate) => boolean,
): Promise<{ account: Account; risk: Risk } | undefined> {
  await stage.estimates.refresh();
  const liable = [...stage.model.accounts.keys()].filter((account) => stage.model.isLiable(account));
  const below = liable.filter((account) => isDistressed(stage.estimates.of(account)));
  if (below.length === 0) return undefined;
  const account = dice.pick(below);
  const risk = (await stage.risksOf([account])).get(account);
  return risk === undefined ? undefined : { account, risk };
}

interface Business {
  readonly stage: Stage;
  readonly dice: Dice;
  readonly keeper: Person;
  readonly account: Account;
  readonly risk: Risk;
}

/** A keeper does the next thing that an account below maintenance needs. */
const keeper: Case = {
  ...{ name: "keeper", weight: 16 },
  covers: [
    "Liquidator.startAuction",
    "Liquidator.startAuctionByWitness",
    "Liquidator.liquidate",
    "Liquidator.takeOver",
    "Liquidator.absorb",
    "Liquidator.confirmAuction",
  ],
  async plan(stage, dice) {
    if (stage.world.areKeepersAway) return undefined;
    const person = dice.pick(stage.of("keeper"));
    // Some try before their time.
    const isEager = dice.chance(0.15);
    const isDue = ({ equity, initial, maintenance }: Estimate) => equity < (isEager ? initial : maintenance);
    const found = await findDistressed(stage, dice, isDue);
    if (found === undefined) return undefined;
    const business = { stage, dice, keeper: person, ...found };
    const [answer] = await stage.reads.view("Liquidator", "auctionState", [found.account]);
    const auction = answer as Auction;
    const plan = nextThing(business, auction);
    return plan === undefined ? undefined : { ...plan, watched: [found.account] };
  },
};

function nextThing(business: Business, auction: Auction): Plan | undefined {
  const { stage, dice, account, keeper: person } = business;
  const name = stage.nameOf(account);
  if (auction.auction.startedAt === 0n) return dice.chance(0.4) ? startByWitness(business) : start(business);
  if (dice.chance(0.1)) {
    const call = stage.call("Liquidator.confirmAuction", [account], person.address);
    return { told: `${person.label} confirms the auction of ${name}`, call };
  }
  if (auction.isBankrupt && dice.chance(0.6)) {
    const call = stage.call("Liquidator.absorb", [account], person.address);
    return { told: `${person.label} calls the backstop for ${name}`, call };
  }
  if (auction.isWhole) return takeWhole(business, auction);
  return takeLegs(business, auction);
}

function start({ stage, account, keeper: person }: Business): Plan {
  const call = stage.call("Liquidator.startAuction", [account], person.address);
  return { told: `${person.label} starts the auction of ${stage.nameOf(account)}`, call };
}

/** One scenario is enough where the account is far below: the worst by the model. */
function startByWitness({ stage, account, keeper: person }: Business): Plan {
  const { node, volatility } = stage.estimates.worstScenario(account);
  const call = stage.call("Liquidator.startAuctionByWitness", [account, node, volatility], person.address);
  return {
    told: `${person.label} starts the auction of ${stage.nameOf(account)} by scenario ${node}/${volatility}`,
    call,
  };
}

/** All legs in the same share, or part of one leg. */
function takeLegs(business: Business, { rate }: Auction): Plan | undefined {
  const { stage, dice, keeper: person, account } = business;
  const held = [...(stage.model.accounts.get(account)?.positions ?? [])];
  if (held.length === 0) return undefined;
  const isOne = dice.chance(0.4);
  const share = dice.chance(0.3) ? 1 : dice.between(0.05, 1);
  const legs = sharesOf(isOne ? [dice.pick(held)] : held, share);
  if (legs.length === 0 || !isWorthTheGas(business, rate, share)) return undefined;
  const order = { account, taker: person.accounts[0], minRate: -WAD, deadline: FOREVER, legs };
  const call = stage.call("Liquidator.liquidate", [order], person.address);
  const what = isOne ? "of one leg" : `of ${legs.length} legs`;
  return { told: `${person.label} takes ${Math.round(share * 100)} % ${what} of ${stage.nameOf(account)}`, call };
}

/** At ordinary gas prices always; at others only for a compensation that pays it. */
function isWorthTheGas({ stage, risk }: Business, rate: bigint, share: number): boolean {
  const { gasFactor } = stage.world;
  if (gasFactor <= 1) return true;
  const usd = Number(fromWad(rate)) * Number(fromWad(risk.maintenance)) * share;
  return usd >= GAS_USD * gasFactor;
}

/** A new account, or one without positions in which cash is left. */
function pickTaker({ stage, dice, keeper: { address } }: Business): Account {
  const used = [...stage.model.accounts]
    .filter(([account, { positions, cash }]) => ownerOf(account) === address && positions.size === 0 && cash > 0n)
    .map(([account]) => account);
  return used.length > 0 && dice.chance(0.4) ? dice.pick(used) : toAccount(address, stage.freshSubId());
}

function takeWhole(business: Business, { payment }: Auction): Plan {
  const { stage, keeper: person, account, risk } = business;
  const needed = (risk.initial * CUSHION) / 10n - payment;
  const order = {
    ...{ account, taker: pickTaker(business), funder: person.accounts[0] },
    ...{ funding: needed > 0n ? needed : 0n, minPayment: -(2n ** 127n), deadline: FOREVER },
  };
  const call = stage.call("Liquidator.takeOver", [order], person.address);
  return { told: `${person.label} takes the whole of ${stage.nameOf(account)}`, call };
}

/** Somebody tells an account below initial margin that it is. */
const marginCall: Case = {
  ...{ name: "margin call", covers: ["Liquidator.callMargin"], weight: 5 },
  async plan(stage, dice) {
    const found = await findDistressed(stage, dice, ({ equity, initial }) => equity < initial);
    if (found === undefined) return undefined;
    const { address, label } = dice.pick(stage.people);
    const call = stage.call("Liquidator.callMargin", [found.account], address);
    return { told: `${label} calls the margin of ${stage.nameOf(found.account)}`, call };
  },
};

/** Anybody proposes any legs of anybody. */
const greedy: Case = {
  ...{ name: "greedy liquidation", covers: ["Liquidator.liquidate"], weight: 1.5 },
  plan(stage, dice) {
    const person = dice.pick(stage.of("adversary", "keeper", "levered"));
    const auctions = [...stage.auctions];
    const account = auctions.length > 0 && dice.chance(0.7) ? dice.pick(auctions) : pickAccount(stage, dice);
    const held = [...(stage.model.accounts.get(account)?.positions ?? [])];
    if (held.length === 0) return undefined;
    const [instrument, size] = dice.pick(held);
    const legs = [toPosition(instrument, (size * wad(dice.between(0.01, 1.2))) / WAD)];
    const order = { account, taker: person.accounts[0], legs, minRate: -WAD, deadline: FOREVER };
    const call = stage.call("Liquidator.liquidate", [order], person.address);
    return { told: `${person.label} grabs a leg of ${stage.nameOf(account)}`, call, watched: [account] };
  },
};

/** Cash for the next take-over, in an account of its own. */
function layReady(stage: Stage, dice: Dice, { accounts: [from], address, label }: Person): Plan {
  const size = wad(dice.scale(10, 10_000));
  const to = toAccount(address, stage.freshSubId());
  const actions = batchOf({ transfers: [{ from, to, asset: CASH, size }] });
  const call = stage.call("Clearinghouse.batch", [actions], address);
  return { told: `${label} lays ${usd(Number(fromWad(size)))} ready for a take-over`, call };
}

/** What a keeper took is brought together: the capital account carries it, and positions net. Without any he lays cash ready. */
const consolidate: Case = {
  ...{ name: "consolidate", covers: ["Clearinghouse.batch"], weight: 2 },
  plan(stage, dice) {
    const person = dice.pick(stage.of("keeper"));
    const own = [...stage.model.accounts].filter(
      ([account, { positions }]) =>
        ownerOf(account) === person.address && positions.size > 0 && account !== person.accounts[0],
    );
    if (own.length === 0) return dice.chance(0.3) ? layReady(stage, dice, person) : undefined;
    const [account, { positions }] = dice.pick(own);
    const transfers = [...positions].map(([asset, size]) => ({
      ...{ from: account, to: person.accounts[0], asset, size: size < 0n ? -size : size },
    }));
    const call = stage.call("Clearinghouse.batch", [batchOf({ transfers })], person.address);
    return { told: `${person.label} brings ${transfers.length} taken legs together`, call };
  },
};

const onAnyAccount = (stage: Stage, dice: Dice) => [pickAccount(stage, dice)];

export const LIQUIDATION: readonly Case[] = [
  ...[keeper, marginCall, greedy, consolidate],
  anybody("Liquidator.callMargin", 0.5, onAnyAccount),
  anybody("Liquidator.confirmAuction", 0.5, onAnyAccount),
  anybody("Liquidator.absorb", 0.5, onAnyAccount),
];
