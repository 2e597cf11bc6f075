import { ownerOf } from "@plimsoll/client";
import { isBackstopsTurn, toNumber } from "@plimsoll/risk";
import { keyOf, topUpKey } from "./actions.js";
import type { PlannedAction } from "./actions.js";
import type { KeeperConfig } from "./config.js";
import { WAD, accountKey, min, mulWadDown, Validity, wad } from "./domain.js";
import type { AccountView, Authorisation, MarketView, Risk } from "./domain.js";
import { removableRequirement } from "./guards.js";
import { topUpOf } from "./topUp.js";

/** Everything that a decision depends on. `accounts` were confirmed with the Lens; `reserve` in USD WAD. */
export interface PlanState {
  readonly now: number;
  /** The keeper's address, checksummed. */
  readonly owner: string;
  readonly accounts: readonly AccountView[];
  readonly markets: readonly MarketView[];
  /** Of accounts under a margin call. */
  readonly authorisations: ReadonlyMap<bigint, Authorisation>;
  readonly reserve: bigint;
  /** What a paid action has to bring before gas, USD WAD, by kind: the gas that it costs is part of it. */
  readonly leastProfit: Readonly<Record<PaidKind, bigint>>;
  /** Keys with a transaction in flight, or waiting after a failure. */
  readonly blocked: ReadonlySet<string>;
  readonly config: PlanConfig;
}

/** Actions that are done for what they bring. */
export type PaidKind = "liquidateLegs" | "takeOver" | "topUp";

export type PlanConfig = Pick<
  KeeperConfig,
  "riskCharge" | "legs" | "walkLagSeconds" | "marginCalls" | "absorbAtShare" | "confirmAfterSeconds"
>;

const order: Readonly<Record<PlannedAction["kind"], number>> = {
  // Rounds first: until they are walked, a gap in them keeps resetting the clocks of the auctions.
  walkRounds: 0,
  startAuction: 1,
  confirmAuction: 1,
  topUp: 2,
  takeOver: 3,
  liquidateLegs: 4,
  absorb: 5,
  endAuction: 6,
  clearMarginCall: 7,
  callMargin: 8,
};

/** What to do now, most urgent first, at most one action per account. */
export function plan(state: PlanState): PlannedAction[] {
  const actions = [...planWalks(state), ...state.accounts.flatMap((view) => planAccount(view, state))];
  const urgency = new Map(state.accounts.map((view) => [accountKey(view.account), view.risk.maintenance]));
  return actions
    .filter((action) => !state.blocked.has(keyOf(action)))
    .sort((a, b) => order[a.kind] - order[b.kind] || compare(urgency.get(keyOf(b)), urgency.get(keyOf(a))));
}

function compare(a = 0n, b = 0n): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function planWalks({ markets, config }: PlanState): PlannedAction[] {
  return markets
    .filter(({ updatedAt, walkedTo }) => updatedAt > walkedTo && updatedAt - walkedTo >= config.walkLagSeconds)
    .map(({ underlying }) => ({ kind: "walkRounds", underlying }));
}

function planAccount(view: AccountView, state: PlanState): PlannedAction[] {
  const { account, risk, auction } = view;
  if (risk.validity === Validity.Invalid) return [];
  // Instead of anything else: what it cures needs no auction, and what it cannot cure is back with the next pass.
  const topUps = planTopUp(view, state);
  if (topUps.length > 0) return topUps;
  if (auction.startedAt !== 0)
    return risk.equity < risk.maintenance ? planAuction(view, state) : [{ kind: "endAuction", account }];
  if (risk.equity < risk.maintenance) return [{ kind: "startAuction", account }];
  return planMarginCall(view, state);
}

function planTopUp({ account, risk, marginCalledAt }: AccountView, state: PlanState): PlannedAction[] {
  // Nobody could have seen a call of this second.
  if (marginCalledAt === 0 || marginCalledAt >= state.now || state.blocked.has(topUpKey(account))) return [];
  const authorisation = state.authorisations.get(account);
  if (authorisation === undefined || state.now > authorisation.expiry) return [];
  const fee = topUpOf(risk, authorisation)?.fee;
  return fee === undefined || fee < state.leastProfit.topUp ? [] : [{ kind: "topUp", account, expectedProfit: fee }];
}

function planMarginCall({ account, risk, marginCalledAt }: AccountView, { config }: PlanState): PlannedAction[] {
  if (!config.marginCalls) return [];
  const isBelow = risk.equity < risk.initial;
  if (isBelow && marginCalledAt === 0) return [{ kind: "callMargin", account }];
  if (!isBelow && marginCalledAt !== 0) return [{ kind: "clearMarginCall", account }];
  return [];
}

function planAuction(view: AccountView, state: PlanState): PlannedAction[] {
  const { account, risk, auction } = view;
  if (state.now - auction.confirmedAt >= state.config.confirmAfterSeconds) return [{ kind: "confirmAuction", account }];
  // A keeper cannot liquidate himself; the backstop can.
  const isOwn = ownerOf(account) === state.owner;
  if (auction.isBankrupt || isTakenWhole(risk, auction.rate)) return planWhole(view, state, isOwn);
  if (isOwn || mostLegsProfit(view, state.config) < state.leastProfit.liquidateLegs) return [];
  return [{ kind: "liquidateLegs", account, view, isFloorBound: risk.maintenance > risk.maintenanceBeforeFloor }];
}

function planWhole(view: AccountView, state: PlanState, isOwn: boolean): PlannedAction[] {
  const { account, auction } = view;
  const expectedProfit = wholeProfit(view, state.config);
  const canBeAbsorbed = auction.isBankrupt && isAbsorbable(view, state);
  if (!isOwn && expectedProfit >= state.leastProfit.takeOver)
    return [{ kind: "takeOver", account, view, expectedProfit, canBeAbsorbed }];
  return canBeAbsorbed ? [{ kind: "absorb", account }] : [];
}

/** Whether the compensation rate has reached equity / requirement, so that the whole is offered with all its equity. */
export function isTakenWhole({ equity, maintenance }: Risk, rate: bigint): boolean {
  return equity > 0n && rate * maintenance >= equity * WAD;
}

/** More than this no package can bring, USD WAD, even one that costs the taker nothing to carry. So the search can be spared. */
export function mostLegsProfit({ auction, risk }: AccountView, { legs }: PlanConfig): bigint {
  const isFloorBound = risk.maintenance > risk.maintenanceBeforeFloor;
  const removable = isFloorBound
    ? risk.maintenance
    : min(removableRequirement(risk, auction.rate, legs), risk.maintenance);
  return mulWadDown(mulWadDown(auction.rate, removable), WAD - wad(legs.feeShare));
}

/** What taking the whole is worth after the charge for the risk that comes with it, USD WAD. */
export function wholeProfit({ auction, risk }: AccountView, { riskCharge }: PlanConfig): bigint {
  return auction.payment - mulWadDown(wad(riskCharge), risk.maintenance);
}

/**
 * The backstop takes over once the payment has reached its limit, or the reserve cannot pay a keeper any more. What is offered
 * does not show the second: of a reserve that is short it has less by what is due to the starter.
 */
function isAbsorbable({ auction, risk }: AccountView, { config, reserve }: PlanState): boolean {
  const isAtLimit = auction.payment >= mulWadDown(wad(config.absorbAtShare), risk.maintenance);
  const exact = { equity: toNumber(risk.equity), maintenance: toNumber(risk.maintenance) };
  return isAtLimit || isBackstopsTurn(exact, auction.elapsedSeconds, toNumber(reserve));
}
