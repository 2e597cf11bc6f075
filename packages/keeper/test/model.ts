// A margin engine small enough to reason about: linear legs, requirement = |net size × mark| · rate per underlying, with a floor.
import { perpetual } from "@plimsoll/client";
import { WAD, abs, max } from "../src/domain.ts";
import type { AccountView, AuctionState, Leg, MarketView, Portfolio, Risk } from "../src/domain.ts";
import type { Evaluate } from "../src/legs.ts";

export const usd = (value: number): bigint => BigInt(Math.round(value * 1e6)) * 10n ** 12n;

/** Mark of every instrument of the model, USD. */
export const MARK = 100;
const RATE_PERCENT = 10n;

export const perp = (underlying: number, size: number): Leg => ({ instrument: perpetual(underlying), size: usd(size) });

export interface Model {
  readonly floor: bigint;
  readonly evaluate: Evaluate;
  calls: number;
}

/** Legs of one underlying net; underlyings add. So a leg that is hedged on its underlying carries no requirement. */
export function marginModel(floor = 0n): Model {
  const model: Model = {
    floor,
    calls: 0,
    evaluate: (portfolios) => {
      model.calls++;
      return Promise.resolve(portfolios.map((portfolio) => evaluateOne(portfolio, floor)));
    },
  };
  return model;
}

export function evaluateOne({ cash, legs }: Portfolio, floor = 0n): Risk {
  const net = new Map<bigint, bigint>();
  let equity = cash;
  for (const { instrument, size } of legs) {
    const value = size * BigInt(MARK);
    const underlying = instrument >> 108n;
    equity += value;
    net.set(underlying, (net.get(underlying) ?? 0n) + value);
  }
  const maintenanceBeforeFloor = [...net.values()].reduce((sum, value) => sum + (abs(value) * RATE_PERCENT) / 100n, 0n);
  const owes = cash < 0n || legs.length > 0;
  const maintenance = owes ? max(maintenanceBeforeFloor, floor) : 0n;
  const stressLoss = maintenanceBeforeFloor * 5n;
  return {
    equity,
    initial: maintenance * 2n,
    maintenance,
    maintenanceBeforeFloor,
    stressLoss,
    validity: 0,
    validSince: 0,
  };
}

export const noAuction: AuctionState = {
  startedAt: 0,
  confirmedAt: 0,
  elapsedSeconds: 0,
  rate: 0n,
  isWhole: false,
  isBankrupt: false,
  payment: 0n,
};

/** An account as it would look with this equity and maintenance requirement, USD. */
export function viewOf(account: bigint, numbers: { equity: number; maintenance: number }): AccountView {
  const maintenance = usd(numbers.maintenance);
  const risk: Risk = {
    ...{ equity: usd(numbers.equity), maintenance, initial: maintenance * 2n, maintenanceBeforeFloor: maintenance },
    ...{ stressLoss: 0n, validity: 0, validSince: 0 },
  };
  return { account, portfolio: { cash: 0n, legs: [perp(1, 1)] }, risk, auction: noAuction, marginCalledAt: 0 };
}

export function market(underlying: number, price = 2_000): MarketView {
  return {
    ...{ underlying, price: usd(price), updatedAt: 1_000, validity: 0, walkedTo: 1_000 },
    ...{ initialVolatility: WAD, maintenanceVolatility: WAD },
  };
}
