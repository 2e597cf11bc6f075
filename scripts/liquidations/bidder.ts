// A keeper in the float64 model: the choice of legs of packages/keeper, on the evaluation of packages/risk.
import { nearestWad } from "@plimsoll/client";
import { chooseLegs, configSchema, hedgeCost, type Evaluate, type HedgeTerms, type LegsChoice } from "@plimsoll/keeper";
import {
  auctionState,
  compensationRate,
  isFloorBound,
  LIQUIDATION_RULES,
  type Leg,
  type MarginModel,
  type Portfolio,
  type Risk,
} from "@plimsoll/risk";

const WAD = 1e18;
const DEFAULTS = configSchema.parse({});

/** What a keeper holds and wants. */
export interface Bidder {
  readonly portfolio: Portfolio;
  /** USD per USD of requirement added to its book. */
  readonly riskCharge: number;
  /** Of the published costs of hedging, times this. */
  readonly hedgeFactor: number;
  /** USD for each call: gas and the least that is worth the trouble. */
  readonly callCost: number;
  /** How it looks for legs. */
  readonly choice: "legs" | "slice";
}

export const PLAIN_BIDDER: Omit<Bidder, "portfolio"> = {
  riskCharge: DEFAULTS.riskCharge,
  hedgeFactor: 1,
  callCost: 5,
  choice: "legs",
};

/** A package that a bidder would take, USD; `profit` after all costs. */
export interface Bid {
  readonly legs: readonly Leg[];
  readonly profit: number;
}

/** The best package at this rate, whether it pays or not; undefined where none passes. */
export async function bidFor(bidder: Bidder, account: Account, elapsedSeconds: number): Promise<Bid | undefined> {
  const { model, portfolio, risk } = account;
  const { rate } = auctionState(risk, elapsedSeconds);
  const evaluate = evaluateWith(model);
  const taker = { portfolio: toWads(bidder.portfolio), risk: riskToWads(model.evaluate(bidder.portfolio)) };
  const { legs: rules } = DEFAULTS;
  const choice = await chooseLegs(
    {
      ...{ portfolio: toWads(portfolio), risk: riskToWads(risk), rate: nearestWad(rate), taker },
      ...{ isFloorBound: isFloorBound(risk), riskCharge: bidder.riskCharge, hedge: hedgeTerms(bidder, model) },
      rules: bidder.choice === "slice" ? { ...rules, maxGroups: 1 } : rules,
    },
    evaluate,
  );
  return choice && toBid(choice, bidder);
}

/** Nothing pays before, seconds into an auction, concentration apart; 0 for who holds what a package could hedge. */
export function leastSeconds({ portfolio, riskCharge }: Bidder): number {
  const least = portfolio.legs.length === 0 ? riskCharge / (1 - LIQUIDATION_RULES.feeShare) : 0;
  return (least - compensationRate(0)) / (compensationRate(1) - compensationRate(0));
}

/** An account and what it requires. */
export interface Account {
  readonly model: MarginModel;
  readonly portfolio: Portfolio;
  readonly risk: Risk;
}

/** What taking all of an account with so much equity brings, USD: in a new sub-account, so nothing is netted. */
export function wholeProfit(bidder: Bidder, { model, portfolio, risk }: Account, payment: number): number {
  return payment - bidder.riskCharge * risk.maintenance - hedgeCostOf(bidder, model, portfolio.legs) - bidder.callCost;
}

/** Of trading the legs away, USD. */
export function hedgeCostOf(bidder: Bidder, model: MarginModel, legs: readonly Leg[]): number {
  const terms = hedgeTerms(bidder, model);
  return legs.reduce((sum, leg) => {
    const value = nearestWad(leg.size * model.mark(leg.instrument));
    return sum + Number(hedgeCost({ ...leg, size: nearestWad(leg.size) }, value, terms)) / WAD;
  }, 0);
}

function toBid({ legs, profit }: LegsChoice, { callCost }: Bidder): Bid {
  return {
    legs: legs.map(({ instrument, size }) => ({ instrument, size: Number(size) / WAD })),
    profit: Number(profit) / WAD - callCost,
  };
}

function hedgeTerms({ hedgeFactor }: Bidder, model: MarginModel): HedgeTerms {
  const { linearShare, optionShare, spreadShare, optionCap } = DEFAULTS.hedge;
  const prices = model.market.underlyings.map(({ underlying, spot }) => [underlying, nearestWad(spot)] as const);
  const rates = {
    linearShare: linearShare * hedgeFactor,
    optionShare: optionShare * hedgeFactor,
    spreadShare: spreadShare * hedgeFactor,
    optionCap,
  };
  return { prices: new Map(prices), rates };
}

function evaluateWith(model: MarginModel): Evaluate {
  return (portfolios) =>
    Promise.resolve(
      portfolios.map(({ cash, legs }) =>
        riskToWads(
          model.evaluate({
            cash: Number(cash) / WAD,
            legs: legs.map(({ instrument, size }) => ({ instrument, size: Number(size) / WAD })),
          }),
        ),
      ),
    );
}

function toWads({ cash, legs }: Portfolio): { cash: bigint; legs: { instrument: bigint; size: bigint }[] } {
  return {
    cash: quickWad(cash),
    legs: legs.map(({ instrument, size }) => ({ instrument, size: quickWad(size) })),
  };
}

function riskToWads(risk: Risk) {
  return {
    equity: quickWad(risk.equity),
    initial: quickWad(risk.initial),
    maintenance: quickWad(risk.maintenance),
    maintenanceBeforeFloor: quickWad(risk.maintenanceBeforeFloor),
    stressLoss: quickWad(risk.stressLoss),
    ...{ validity: 0 as const, validSince: 0 },
  };
}

/** Quicker than by way of decimal text. */
function quickWad(value: number): bigint {
  const micros = Math.round(value * 1e6);
  return BigInt(micros) * 10n ** 12n + BigInt(Math.round((value * 1e6 - micros) * 1e12));
}
