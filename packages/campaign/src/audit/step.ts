import {
  type Account,
  type Instrument,
  MAY_MOVE,
  MAY_TRADE,
  MAY_WITHDRAW,
  WAD,
  fieldsOf,
  ownerOf,
  perpetual,
} from "@plimsoll/client";
import type { Call } from "@plimsoll/replay";
import { agrees } from "../chain/estimates.ts";
import type { Risk, Shown } from "../chain/reads.ts";
import type { Outcome, Stage } from "../chain/stage.ts";
import { mulDivDown } from "../model/cash.ts";
import { type Violation, checkModel, checkTotals } from "../model/conservation.ts";
import type { Facts } from "../model/events.ts";
import { keepBooks } from "./books.ts";
import { auditPool } from "./pool.ts";
import { checkWaterfall } from "./waterfall.ts";

/** What was asked for, and what was known before. */
export interface Deed {
  readonly call: Call;
  /** Accounts named as reducing. */
  readonly reducing: readonly Account[];
  /** Risks before, of those for whom they matter. */
  readonly before: ReadonlyMap<Account, Risk>;
}

/** Refusals that no input should bring about: the arithmetic of Solidity itself. */
const INNER_FAILURES: ReadonlySet<string> = new Set(["Panic"]);
const PERMISSION_NAMES = new Map([
  [MAY_TRADE, "trade"],
  [MAY_MOVE, "move"],
  [MAY_WITHDRAW, "withdraw from"],
]);

/** Everything that is checked after one transaction: the books by its events, totals on chain, the touched accounts in full. */
export async function auditStep(stage: Stage, asked: Deed, outcome: Outcome): Promise<Violation[]> {
  const { refusal } = outcome;
  if (refusal !== undefined) return INNER_FAILURES.has(refusal.errorName) ? [panicked(refusal.message)] : [];
  const deed = { ...asked, before: afterFunding(stage, asked.before, outcome) };
  const facts = keepBooks(stage, deed.call, outcome);
  const orders = outcome.orders.flatMap((event) => stage.orders.note(event));
  const charged = [...facts.charged].filter((account) => stage.model.isLiable(account));
  // These change what others are worth, touched or not.
  if (facts.ordersLoss || facts.accruesFunding) stage.stir();
  else stage.forget(facts.touched);
  const risky = [...new Set([...(await needExact(stage, deed, charged)), ...deed.before.keys()])];
  const shown = facts.ordersLoss ? [] : [...facts.touched].filter((account) => !facts.partial.has(account));
  const state = await stage.reads.state(shown, risky);
  stage.note(state.risks);
  if (state.risks.size > 0) await stage.estimates.refresh();
  return [
    ...checkModel(stage.model),
    ...checkTotals(stage.model, state.totals),
    ...checkShown(stage, state.accounts),
    ...checkAuthority(stage, deed.call, facts),
    ...checkMargins(stage, { charged, deed, risks: state.risks }),
    ...checkWaterfall(stage, { deed, outcome, risks: state.risks }),
    ...(await auditPool(stage, outcome)),
    ...stage.outflow.note(stage, outcome),
    ...orders,
    ...[...state.risks].flatMap(([account, risk]) => checkRisk(stage, account, risk)),
  ];
}

/** What was known before with the funding that the transaction accrues itself, as the contracts compare it. Rounded down. */
function afterFunding(stage: Stage, before: Deed["before"], { ledger }: Outcome): Deed["before"] {
  const accruals = ledger
    .filter(({ name }) => name === "FundingAccrued")
    .map(({ args }) => {
      const instrument = perpetual(Number(args.getValue("underlying")));
      const step = (args.getValue("index") as bigint) - stage.model.funding.indexOf(instrument);
      return { instrument, step };
    });
  const received = (account: Account) =>
    accruals.reduce(
      (sum, { instrument, step }) => sum + mulDivDown(-stage.model.positionOf(account, instrument), step, WAD),
      0n,
    );
  return new Map(
    [...before].map(([account, { equity, initial, maintenance, validity }]) => [
      account,
      { equity: equity + received(account), initial, maintenance, validity },
    ]),
  );
}

/** One in so many steps is checked by the chain however far accounts are from their line. */
const STEPS_PER_SAMPLE = 4;

/** Those whose margin only the chain can judge: who reduces, and who is not above initial margin beyond doubt by the model of packages/risk. */
async function needExact(stage: Stage, { reducing }: Deed, charged: readonly Account[]): Promise<readonly Account[]> {
  if (charged.length === 0) return charged;
  await stage.estimates.refresh();
  if (stage.countAudit() % STEPS_PER_SAMPLE === 0 || stage.model.hasOpenShares) return charged;
  return charged.filter((account) => {
    const { equity, initial, tolerance } = stage.estimates.of(account);
    return reducing.includes(account) || equity - initial <= tolerance;
  });
}

/** INV-9: what views show of accounts is what events said. */
export function checkShown(stage: Stage, accounts: ReadonlyMap<Account, Shown>): Violation[] {
  return [...accounts].flatMap(([account, { cash, free, positions }]) => {
    const { model } = stage;
    const book = model.accounts.get(account);
    const told = book?.positions ?? new Map<Instrument, bigint>();
    const pairs: (readonly [string, bigint, bigint])[] = [
      ["cash with entry values", cash, model.cashOf(account)],
      ["cash", free, book?.cash ?? 0n],
    ];
    for (const instrument of new Set([...told.keys(), ...positions.keys()])) {
      pairs.push([instrument.toString(16), positions.get(instrument) ?? 0n, told.get(instrument) ?? 0n]);
    }
    return pairs
      .filter(([, shown, expected]) => shown !== expected)
      .map(([what, shown, expected]) => ({
        invariant: "INV-9",
        message: `${stage.nameOf(account)}: ${what} ${shown.toString()}, by events ${expected.toString()}`,
      }));
  });
}

/** INV-6; and that the engine says what its twin says, where a price holds and nobody has shares of losses to take. */
export function checkRisk(stage: Stage, account: Account, risk: Risk): Violation[] {
  const violations: Violation[] = [];
  const { equity, initial, maintenance } = risk;
  const detail = `equity ${equity.toString()}, initial ${initial.toString()}, maintenance ${maintenance.toString()}`;
  if (initial < maintenance) violations.push({ invariant: "INV-6", message: `${stage.nameOf(account)}: ${detail}` });
  if (stage.model.hasOpenShares || stage.world.underlyings.some(({ id }) => stage.isInvalid(id))) return violations;
  const estimate = stage.estimates.of(account);
  if (agrees(risk, estimate)) return violations;
  const other = `${estimate.equity}, ${estimate.initial}, ${estimate.maintenance}`;
  return [
    ...violations,
    { invariant: "parity", message: `${stage.nameOf(account)}: ${detail}; by the model ${other}` },
  ];
}

function panicked(message: string): Violation {
  return { invariant: "no panic", message: `a call ended in ${message}` };
}

/** INV-10: value leaves accounts by their owners' authority, or through the liquidator. */
function checkAuthority(stage: Stage, call: Call, { acts }: Facts): Violation[] {
  const { addresses } = stage;
  if (call.to === addresses.Liquidator) return [];
  // The router calls them in its caller's name.
  const behind = call.to === addresses.TradeRouter ? [addresses.LiquidityPool, addresses.OrderSettlement] : [];
  const by = { callers: [call.from, call.to, ...behind], now: stage.world.now };
  const backstop = addresses.BackstopVault.toLowerCase();
  return acts
    .filter(({ account }) => !(call.to === addresses.BackstopVault && ownerOf(account).toLowerCase() === backstop))
    .filter(({ account, permission }) => !stage.authority.allows(account, permission, by))
    .map(({ account, permission }) => {
      const verb = PERMISSION_NAMES.get(permission) ?? "use";
      return { invariant: "INV-10", message: `${call.from} could ${verb} ${stage.nameOf(account)} without authority` };
    });
}

interface Margins {
  readonly charged: readonly Account[];
  readonly deed: Deed;
  readonly risks: ReadonlyMap<Account, Risk>;
}

/** INV-3: initial margin on valid feeds, or the E/R test for who is named as reducing. */
function checkMargins(stage: Stage, { charged, deed, risks }: Margins): Violation[] {
  return charged.flatMap((account): Violation[] => {
    const risk = risks.get(account);
    const isReducing = deed.reducing.includes(account);
    const before = deed.before.get(account);
    const violations = isReducing ? [] : checkFeeds(stage, account);
    if (risk === undefined || risk.equity >= risk.initial) return violations;
    if (isReducing && before !== undefined && isReduced(before, risk)) return violations;
    const detail = `equity ${risk.equity.toString()}, initial ${risk.initial.toString()}`;
    return [
      ...violations,
      { invariant: "INV-3", message: `${stage.nameOf(account)} is below initial margin: ${detail}` },
    ];
  });
}

/** R' ≤ R and E' ≥ min(E, E·R'/R); where R is 0, E' ≥ E. */
function isReduced(before: Risk, after: Risk): boolean {
  if (after.initial > before.initial) return false;
  if (before.equity <= 0n || before.initial === 0n) return after.equity >= before.equity;
  return after.equity * before.initial >= before.equity * after.initial;
}

/** Nothing is opened or taken out on a feed that is dead by the campaign's own clock. */
function checkFeeds(stage: Stage, account: Account): Violation[] {
  const positions = stage.model.accounts.get(account)?.positions.keys() ?? [];
  const dead = new Set([...positions].map((one) => fieldsOf(one).underlying).filter((id) => stage.isInvalid(id)));
  return [...dead].map((id) => ({
    invariant: "INV-3",
    message: `${stage.nameOf(account)} was let through on the invalid feed of ${stage.world.underlying(id).symbol}`,
  }));
}
