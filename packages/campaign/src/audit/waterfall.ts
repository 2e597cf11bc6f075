import { type Account, CASH, type Instrument, Kind, fieldsOf } from "@plimsoll/client";
import type { LogDescription } from "ethers";
import type { Risk } from "../chain/reads.ts";
import type { Outcome, Stage } from "../chain/stage.ts";
import { SCALE } from "../model/cash.ts";
import type { Violation } from "../model/conservation.ts";
import type { Deed } from "./step.ts";

interface Liquidation {
  readonly deed: Deed;
  readonly outcome: Outcome;
  readonly risks: ReadonlyMap<Account, Risk>;
}

type Scene = Liquidation & { readonly stage: Stage };
type Check = (event: LogDescription, scene: Scene) => Violation[];

const integer = (event: LogDescription, name: string) => event.args.getValue(name) as bigint;
/** Deleveraging may charge this share more than the deficit: it pays for the call. */
const OVERCHARGE_DIVISOR = 100n;
/** USD WAD that rounding may leave to the reserve after it has paid all: less than one unit for each of the few accounts that are written. */
const RESERVE_DUST = 8n;

/** What must hold of each event of the liquidator that moves value. */
const CHECKS: Readonly<Record<string, Check>> = {
  AuctionStarted(event, scene) {
    const account = integer(event, "account");
    const violations = requireBelow(account, scene);
    if (integer(event, "equity") < integer(event, "maintenance")) return violations;
    const message = `the auction of ${scene.stage.nameOf(account)} started above maintenance`;
    return [...violations, { invariant: "INV-4", message }];
  },
  Liquidated(event, scene) {
    const account = integer(event, "account");
    const [before, after] = [scene.deed.before.get(account), scene.risks.get(account)];
    const violations = requireBelow(account, scene);
    if (before === undefined || after === undefined) return violations;
    if (after.equity * before.maintenance >= before.equity * after.maintenance) return violations;
    const detail = `${ratio(before)} before, ${ratio(after)} after`;
    return [
      ...violations,
      { invariant: "INV-4", message: `a liquidation of ${scene.stage.nameOf(account)} lowered E/R: ${detail}` },
    ];
  },
  AccountTaken(event, scene) {
    const account = integer(event, "account");
    const violations = [...requireBelow(account, scene), ...requirePaid(event, scene)];
    const book = scene.stage.model.accounts.get(account);
    if (book !== undefined && (book.positions.size > 0 || book.cash !== rewardedSince(account, scene))) {
      violations.push({
        invariant: "INV-4",
        message: `${scene.stage.nameOf(account)} was taken, and something is left`,
      });
    }
    return violations;
  },
  AccountDeleveraged(event, scene) {
    const account = integer(event, "account");
    const [equity, charged] = [integer(event, "equity"), integer(event, "charged")];
    const paid = integer(event, "fromReserve") + integer(event, "fromBackstop");
    const violations = [...requireBelow(account, scene), ...requireReserveFirst(charged, scene)];
    const deficit = equity < 0n ? -equity : 0n;
    const missing = deficit > paid ? deficit - paid : 0n;
    if (charged > missing + deficit / OVERCHARGE_DIVISOR) {
      violations.push({
        invariant: "INV-5",
        message: `${charged.toString()} charged where ${missing.toString()} was missing`,
      });
    }
    return [...violations, ...requireClosed(account, scene)];
  },
};

/** INV-4, INV-5 and INV-11 of one transaction. */
export function checkWaterfall(stage: Stage, liquidation: Liquidation): Violation[] {
  return liquidation.outcome.liquidator.flatMap(
    (event) => CHECKS[event.name]?.(event, { ...liquidation, stage }) ?? [],
  );
}

/** Nobody is liquidated who is not below maintenance, nor on dead feeds. */
function requireBelow(account: Account, { stage, deed, outcome }: Scene): Violation[] {
  const before = deed.before.get(account);
  const violations = outcome.ledger
    .filter(({ name }) => name === "Transferred")
    .flatMap(({ args }) => checkFeed(stage, args.getValue("asset") as bigint));
  for (const instrument of stage.model.accounts.get(account)?.positions.keys() ?? []) {
    violations.push(...checkFeed(stage, instrument));
  }
  if (before !== undefined && before.equity >= before.maintenance) {
    violations.push({ invariant: "INV-4", message: `${stage.nameOf(account)} was liquidated above maintenance` });
  }
  return violations;
}

function checkFeed(stage: Stage, instrument: Instrument): Violation[] {
  if (instrument === CASH) return [];
  const { underlying } = fieldsOf(instrument);
  if (!stage.isInvalid(underlying)) return [];
  const { symbol } = stage.world.underlying(underlying);
  return [{ invariant: "INV-4", message: `somebody was liquidated on the invalid feed of ${symbol}` }];
}

/** Rewards to an account after it was taken over: who starts the auction of his own account or ends it is paid for it like anybody else. */
function rewardedSince(account: Account, { outcome }: Scene): bigint {
  const taken = outcome.ledger.findIndex(({ name, args }) => name === "TakenOver" && args.getValue("from") === account);
  return outcome.ledger
    .slice(taken)
    .filter((one) => one.name === "Rewarded" && integer(one, "to") === account)
    .reduce((sum, one) => sum + integer(one, "size"), 0n);
}

/** INV-5: what exceeded the equity is what reserve and backstop paid. */
function requirePaid(event: LogDescription, scene: Scene): Violation[] {
  const [badDebt, fromReserve] = [integer(event, "badDebt"), integer(event, "fromReserve")];
  const fromBackstop = integer(event, "fromBackstop");
  const violations = requireReserveFirst(fromBackstop, scene);
  if (badDebt === fromReserve + fromBackstop) return violations;
  const message = `bad debt ${badDebt.toString()}, absorbed ${(fromReserve + fromBackstop).toString()}`;
  return [...violations, { invariant: "INV-5", message }];
}

function requireReserveFirst(paidByOthers: bigint, { stage, outcome }: Scene): Violation[] {
  const { cash, reserve } = stage.model;
  // A loss that all positive cash shares lowers its index by whole digits, and what the last digit takes too much is the reserve's.
  const isShared = outcome.ledger.some(({ name }) => name === "LossShared");
  const dust = RESERVE_DUST + (isShared ? cash.totals.supply / SCALE : 0n);
  if (paidByOthers === 0n || reserve <= dust) return [];
  return [
    {
      invariant: "INV-5",
      message: `others paid ${paidByOthers.toString()} while the reserve had ${reserve.toString()}`,
    },
  ];
}

/** INV-11: no negative equity with open derivatives. */
function requireClosed(
  account: Account,
  { stage, risks }: { stage: Stage; risks: ReadonlyMap<Account, Risk> },
): Violation[] {
  const risk = risks.get(account);
  const positions = [...(stage.model.accounts.get(account)?.positions.keys() ?? [])];
  const isOpen = positions.some((instrument) => fieldsOf(instrument).kind !== Kind.Spot);
  if (!isOpen || risk === undefined || risk.equity >= 0n) return [];
  return [
    {
      invariant: "INV-11",
      message: `${stage.nameOf(account)} has negative equity and open positions after the waterfall`,
    },
  ];
}

function ratio({ equity, maintenance }: Risk): string {
  return maintenance === 0n ? "flat" : (Number((equity * 10_000n) / maintenance) / 10_000).toFixed(4);
}
