import { fieldsOf } from "@plimsoll/client";
import type { Logger } from "pino";
import type { Prepared } from "./actions.js";
import type { CallRequest, Chain } from "./chain.js";
import type { KeeperConfig } from "./config.js";
import { booksInterface, settlementPricesInterface, simulate } from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { Validity } from "./domain.js";
import type { MarketView } from "./domain.js";
import { CallReverted } from "./errors.js";
import type { Holdings } from "./holdings.js";
import type { AccountIndex } from "./indexer.js";
import type { KeeperMetrics } from "./metrics.js";
import { dueIfKnown } from "./patience.js";
import { firstRound } from "./proof.js";
import { SettlementReads } from "./settlementReads.js";
import { hasExpired, isAccrualDue, planSettlements, settlementKey } from "./settlements.js";
import type { ExpiryView, FundingView, LossesAction, SettlementAction } from "./settlements.js";

/** As `PriceOracle.MAX_ROUNDS_PER_WALK`. */
const MAX_ROUNDS_PER_WALK = 128;
/** Shares of losses that an account takes in one call: twice what it takes at once whenever it is touched, `MAX_UNSETTLED`. */
const LOSSES_PER_CALL = 256;

/** What settling needs of a keeper. */
export interface Settler {
  readonly chain: Chain;
  readonly address: string;
  readonly config: Pick<KeeperConfig, "settlements">;
  readonly contracts: Pick<Contracts, "deployment">;
  readonly index: Pick<AccountIndex, "takeExpired">;
  readonly holdings: Holdings;
  readonly logger: Logger;
  readonly metrics: KeeperMetrics;
}

/** What a tick knows before it looks at expiries. `changed`: accounts that events named. */
export interface UpkeepOccasion {
  readonly now: number;
  readonly changed: ReadonlySet<bigint>;
  readonly markets: readonly MarketView[];
  readonly blocked: ReadonlySet<string>;
}

/** What is due of expiries and funding. */
export async function planUpkeep(settler: Settler, occasion: UpkeepOccasion): Promise<SettlementAction[]> {
  const { config, holdings, index, metrics } = settler;
  const { now, blocked } = occasion;
  holdings.mark(occasion.changed);
  holdings.passed(index.takeExpired());
  return await dueIfKnown(settler, "expiries and funding", async () => {
    const [expiries, funding] = await Promise.all([expiryViews(settler, occasion), fundingViews(settler, occasion)]);
    const holders = config.settlements.expiries ? holdings.holders() : [];
    const unsettled = holders.filter(({ instruments }) => instruments.some((one) => hasExpired(one, now)));
    metrics.unsettled.set(unsettled.length);
    return planSettlements({ now, holders, expiries, funding, blocked, config: config.settlements });
  });
}

/** Of every expiry of which somebody holds an option. */
async function expiryViews(settler: Settler, { now, markets }: UpkeepOccasion): Promise<ExpiryView[]> {
  const { config, holdings } = settler;
  if (!config.settlements.expiries) return [];
  const reads = readsOf(settler);
  await holdings.refresh(reads, { now, most: config.settlements.readsPerPass });
  const held = new Map<string, Pick<ExpiryView, "underlying" | "expiry">>();
  for (const instrument of holdings.holders().flatMap(({ instruments }) => instruments)) {
    const { underlying, expiry } = fieldsOf(instrument);
    if (hasExpired(instrument, now)) held.set(`${underlying}:${expiry}`, { underlying, expiry });
  }
  const newest = new Map(markets.map(({ underlying, updatedAt }) => [underlying, updatedAt]));
  return Promise.all(
    [...held.values()].map(async ({ underlying, expiry }) => {
      const isFinal = await reads.isFinal(underlying, expiry);
      return { underlying, expiry, isFinal, newestAt: newest.get(underlying) ?? 0 };
    }),
  );
}

/** Where accruing does something and somebody pays or receives it. */
async function fundingViews(settler: Settler, { now, markets }: UpkeepOccasion): Promise<FundingView[]> {
  const config = settler.config.settlements;
  if (!config.funding) return [];
  const reads = readsOf(settler);
  const priced = markets.filter(({ validity }) => validity !== Validity.Invalid);
  const views = await Promise.all(
    priced.map(async ({ underlying }) => ({ underlying, accruedAt: await reads.accruedAt(underlying) })),
  );
  const due = views.filter(({ accruedAt }) => isAccrualDue(accruedAt, { now, config }));
  if (due.length === 0 || !(await reads.canAccrue())) return [];
  const isHeld = await Promise.all(due.map(({ underlying }) => reads.hasPerpetual(underlying)));
  return due.filter((_, i) => isHeld[i]);
}

function readsOf({ chain, contracts }: Pick<Settler, "chain" | "contracts">): SettlementReads {
  return new SettlementReads(chain, contracts.deployment);
}

/** From what is due to a call that can be sent. @returns The reason where it would do nothing. */
export async function prepareSettlement(settler: Settler, action: SettlementAction): Promise<Prepared | string> {
  const { clearinghouse } = settler.contracts.deployment;
  const common = { key: settlementKey(action), kind: action.kind, expectedProfit: 0n };
  switch (action.kind) {
    case "accrueFunding": {
      const data = booksInterface.encodeFunctionData("accrueFunding", [action.underlying]);
      return { ...common, to: clearinghouse, data, subject: {} };
    }
    case "settleExpired": {
      const { series, accounts } = action;
      const data = booksInterface.encodeFunctionData("settleExpired", [[...series], [...accounts]]);
      return { ...common, to: clearinghouse, data, subject: { accounts } };
    }
    case "settleLosses": {
      const data = booksInterface.encodeFunctionData("settle", [action.account, LOSSES_PER_CALL]);
      return { ...common, to: clearinghouse, data, subject: {} };
    }
    case "proveSettlement": {
      const data = await proofOf(settler, action);
      if (data === undefined) return "no round to walk yet";
      return { ...common, to: settler.contracts.deployment.priceOracle, data, subject: {} };
    }
  }
}

/** What has to be done first where an action was refused because an account has more losses to share than it takes at once; else throws the refusal. */
export function lossesFirst(refusal: unknown): LossesAction {
  const [account] = refusal instanceof CallReverted && refusal.errorName === "Unsettled" ? refusal.args : [];
  if (typeof account !== "bigint") throw refusal;
  return { kind: "settleLosses", account };
}

/** From the last round before the window, which also moves a proof forward that somebody began too early. */
async function proofOf(
  settler: Settler,
  { underlying, expiry }: Extract<SettlementAction, { kind: "proveSettlement" }>,
): Promise<string | undefined> {
  const { chain, address, contracts } = settler;
  const encode = (round: bigint) =>
    settlementPricesInterface.encodeFunctionData("proveSettlement", [underlying, expiry, round, MAX_ROUNDS_PER_WALK]);
  const request = (round: bigint) => ({ from: address, to: contracts.deployment.priceOracle, data: encode(round) });
  const attempt = (round: bigint) => roundsWalked(chain, request(round));
  const round = await firstRound(readsOf(settler), { underlying, expiry, attempt });
  return round === undefined ? undefined : encode(round);
}

async function roundsWalked(chain: Chain, request: CallRequest): Promise<bigint> {
  const [walked] = settlementPricesInterface.decodeFunctionResult("proveSettlement", await simulate(chain, request));
  return walked as bigint;
}
