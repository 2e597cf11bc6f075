import { PAYMENT_TOLERANCE } from "./actions.js";
import type { Prepared } from "./actions.js";
import type { KeeperConfig } from "./config.js";
import { vaultInterface } from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { Validity, accountKey, max, mulWadDown, packLeg, wad } from "./domain.js";
import type { AccountView } from "./domain.js";
import type { HedgeTerms } from "./hedgeCost.js";
import { chooseLegs } from "./legs.js";

/** As `BackstopUnwinding.sol`. */
const LIMIT_RATE = wad(0.3);
const LIMIT_SECONDS = 86_400n;

/** An account that the backstop took over, `since` in Unix seconds. */
export interface AbsorbedView {
  readonly view: AccountView;
  readonly since: number;
}

export interface UnwindAction {
  readonly kind: "unwind";
  readonly account: bigint;
  readonly view: AccountView;
  /** What the backstop pays per USD of requirement that it loses, WAD. */
  readonly rate: bigint;
}

/** What the backstop pays per USD of requirement removed, WAD: it rises for a day from when it took the account, or prices were valid again. */
export function unwindingRate({ view, since }: AbsorbedView, now: number): bigint {
  const elapsed = max(BigInt(now - Math.max(since, view.risk.validSince)), 0n);
  return elapsed >= LIMIT_SECONDS ? LIMIT_RATE : (LIMIT_RATE * elapsed) / LIMIT_SECONDS;
}

/** What is on offer and may bring `leastProfit`, USD WAD: on fresh feeds, from accounts above maintenance; below it liquidators take them. */
export function planUnwinding(
  absorbed: readonly AbsorbedView[],
  { now, leastProfit }: { readonly now: number; readonly leastProfit: bigint },
): UnwindAction[] {
  return absorbed.flatMap((one) => {
    const { view } = one;
    const { risk, account, auction } = view;
    const isOffered = risk.validity === Validity.Fresh && risk.equity >= risk.maintenance && auction.startedAt === 0;
    const rate = unwindingRate(one, now);
    // More than this no package can bring, even one that costs nothing to carry.
    if (!isOffered || risk.maintenance === 0n || mulWadDown(rate, risk.maintenance) < leastProfit) return [];
    return [{ kind: "unwind", account, view, rate }];
  });
}

export interface UnwindingTerms {
  readonly taker: AccountView;
  readonly config: Pick<KeeperConfig, "legs" | "riskCharge">;
  readonly hedge: HedgeTerms;
  readonly deadline: number;
}

/** The legs that pay best, whole if they pay whole. @returns The reason where nothing does. */
export async function prepareUnwinding(
  contracts: Contracts,
  { account, view, rate }: UnwindAction,
  { taker, config, hedge, deadline }: UnwindingTerms,
): Promise<Prepared | string> {
  const { backstopVault } = contracts.deployment;
  if (backstopVault === undefined) return "no backstop here";
  const { portfolio, risk } = view;
  const request = {
    ...{ portfolio, risk, rate, taker, hedge, riskCharge: config.riskCharge },
    isFloorBound: risk.maintenance > risk.maintenanceBeforeFloor,
    rules: { ...config.legs, feeShare: 0, hasTarget: false },
  };
  const choice = await chooseLegs(request, contracts.evaluate);
  if (!choice) return "no package pays yet";
  const { legs, payment, profit } = choice;
  const order = {
    ...{ account, taker: taker.account, deadline },
    legs: legs.map(packLeg),
    minPayment: mulWadDown(payment, PAYMENT_TOLERANCE),
  };
  return {
    key: accountKey(account),
    kind: "unwind",
    to: backstopVault,
    data: vaultInterface.encodeFunctionData("unwind", [order]),
    expectedProfit: profit,
    subject: { account, taker: taker.account, legs },
  };
}
