import {
  PAYMENT_TOLERANCE,
  isSettlement,
  isVaultAction,
  prepareAccountAction,
  prepareLiquidation,
  prepareTakeOver,
  prepareTopUp,
  prepareWalk,
} from "./actions.js";
import type { Action, Prepared } from "./actions.js";
import { fundingFor } from "./book.js";
import { prepareCover } from "./coverUpkeep.js";
import { mulWadDown, wad } from "./domain.js";
import type { AccountView } from "./domain.js";
import { chooseLegs } from "./legs.js";
import { prepareSettlement } from "./settling.js";
import type { Keeper, Tick } from "./tick.js";
import { prepareUnwinding } from "./unwinding.js";
import type { UnwindAction } from "./unwinding.js";
import { prepareVault } from "./vaultUpkeep.js";
import { prepareStart } from "./witness.js";

/** From what is wanted to a call that can be sent. @returns The reason where there is nothing worth sending yet. */
export async function prepare(keeper: Keeper, action: Action, tick: Tick): Promise<Prepared | string> {
  const { deployment } = keeper.contracts;
  if (action.kind === "walkRounds") return prepareWalk(deployment, action.underlying);
  if (isSettlement(action)) return prepareSettlement(keeper, action);
  if (action.kind === "refreshCover") return prepareCover(deployment, action);
  if (isVaultAction(action)) return prepareVault(keeper, action);
  if ("view" in action) return prepareTaking(keeper, action, tick);
  if (action.kind === "topUp")
    return deployment.autoTopUp === undefined ? "no top-ups here" : prepareTopUp(deployment.autoTopUp, action);
  if (action.kind === "startAuction") return prepareStart(keeper, action.account);
  return prepareAccountAction(deployment, action.kind, action.account);
}

/** What moves positions into the keeper's book. */
function prepareTaking(
  keeper: Keeper,
  action: Extract<Action, { view: AccountView }>,
  tick: Tick,
): Promise<Prepared | string> {
  switch (action.kind) {
    case "liquidateLegs":
      return prepareLegs(keeper, action, tick);
    case "takeOver":
      return prepareWhole(keeper, action, tick);
    case "unwind":
      return prepareUnwind(keeper, action, tick);
  }
}

async function prepareUnwind(keeper: Keeper, action: UnwindAction, tick: Tick): Promise<Prepared | string> {
  const { config, contracts } = keeper;
  const taker = await capitalOf(keeper, tick);
  if (!taker) return "no capital account";
  const hedge = { prices: tick.prices, rates: config.hedge };
  const deadline = tick.now + config.deadlineSeconds;
  return prepareUnwinding(contracts, action, { taker, config, hedge, deadline });
}

async function capitalOf(keeper: Keeper, tick: Tick): Promise<AccountView | undefined> {
  tick.capital ??= (await keeper.contracts.views([keeper.book.capital]))[0];
  return tick.capital;
}

async function prepareLegs(
  keeper: Keeper,
  { account, view, isFloorBound }: Extract<Action, { kind: "liquidateLegs" }>,
  tick: Tick,
): Promise<Prepared | string> {
  const { config, contracts } = keeper;
  const taker = await capitalOf(keeper, tick);
  if (!taker) return "no capital account";
  const { portfolio, risk, auction } = view;
  const request = {
    portfolio,
    risk,
    rate: auction.rate,
    isFloorBound,
    taker,
    riskCharge: config.riskCharge,
    hedge: { prices: tick.prices, rates: config.hedge },
    rules: config.legs,
  };
  const choice = await chooseLegs(request, contracts.evaluate);
  if (!choice) return "no package pays yet";
  if (choice.profit < wad(config.minProfitUsd)) return "profit too small yet";
  return prepareLiquidation(contracts.deployment, {
    ...{ account, taker: taker.account, legs: choice.legs, minRate: auction.rate, expectedProfit: choice.profit },
    deadline: tick.now + config.deadlineSeconds,
  });
}

async function prepareWhole(
  keeper: Keeper,
  { account, view, expectedProfit, canBeAbsorbed }: Extract<Action, { kind: "takeOver" }>,
  tick: Tick,
): Promise<Prepared | string> {
  const { book, config, contracts } = keeper;
  const funder = await capitalOf(keeper, tick);
  const funding = funder && fundingFor(view, funder, config.legs.takerBuffer);
  if (!funder || funding === undefined)
    return canBeAbsorbed ? prepareAccountAction(contracts.deployment, "absorb", account) : "not enough capital";
  return prepareTakeOver(contracts.deployment, {
    ...{ account, taker: book.fresh(), funder: funder.account, funding, expectedProfit, legs: view.portfolio.legs },
    minPayment: mulWadDown(view.auction.payment, PAYMENT_TOLERANCE),
    deadline: tick.now + config.deadlineSeconds,
  });
}
