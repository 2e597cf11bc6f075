import type { Account } from "@plimsoll/client";
import type { Call } from "@plimsoll/replay";
import type { LogDescription } from "ethers";
import { SURFACE } from "../chain/contracts.ts";
import type { Outcome, Stage } from "../chain/stage.ts";
import { type Facts, applyEvent, noFacts } from "../model/events.ts";

/** What events of the liquidator change in what the campaign knows. */
const LIQUIDATOR_EVENTS: Readonly<Record<string, (stage: Stage, account: Account, event: LogDescription) => void>> = {
  AuctionStarted: ({ auctions }, account) => auctions.add(account),
  AuctionEnded: ({ auctions }, account) => auctions.delete(account),
  MarginCalled: ({ called }, account) => called.add(account),
  MarginCallCleared: ({ called }, account) => called.delete(account),
  AccountDeleveraged: ({ model }, account, { args }) => {
    model.drawReserve(account, args.getValue("fromReserve") as bigint);
  },
};

const SETTLE = SURFACE.ClearinghouseBooks.getFunction("settle").selector;
/** Of a call that settles; interest is written when time has passed. */
const SETTLING_EVENTS: ReadonlySet<string> = new Set(["CashIndexed", "LossTaken", "Expired", "SeriesClosed"]);

/** Applies the events of a transaction to the books. In the order of the log: a loss in cash is shared by the cash of that moment. */
export function keepBooks(stage: Stage, { to, data }: Call, { ledger, liquidator }: Outcome): Facts {
  const facts = noFacts();
  const sharesLoss = ledger.some(({ name }) => name === "LossShared");
  for (const event of ledger) {
    applyEvent(event, { model: stage.model, facts, sharesLoss });
    if (event.name === "OperatorSet") noteOperator(stage, event);
    if (event.name === "LiquidatorSet") noteLiquidator(stage, event);
  }
  for (const event of liquidator) {
    LIQUIDATOR_EVENTS[event.name]?.(stage, event.args.getValue("account") as bigint, event);
  }
  noteSettling(stage, { to, data }, { ledger, facts });
  return facts;
}

/** Losses may be settled in part, and funding is written with them. */
function noteSettling(
  stage: Stage,
  { to, data }: Pick<Call, "to" | "data">,
  { ledger, facts }: { readonly ledger: Outcome["ledger"]; readonly facts: Facts },
): void {
  if (to !== stage.theatre.addresses.Clearinghouse) return;
  // Whoever settles some losses only may leave others open, and views show all of them.
  if (ledger.every(({ name }) => SETTLING_EVENTS.has(name))) {
    for (const account of facts.touched) facts.partial.add(account);
  }
  if (!data.startsWith(SETTLE)) return;
  // Changes no view, and so there is no event; but what is rounded afterwards begins from there.
  const [account] = SURFACE.ClearinghouseBooks.decodeFunctionData("settle", data);
  stage.model.writeFunding(account as bigint);
}

/** Another one knows of no auctions and no margin calls. */
function noteLiquidator({ addresses, auctions, called }: Stage, { args }: LogDescription): void {
  addresses.Liquidator = args.getValue("liquidator") as string;
  auctions.clear();
  called.clear();
}

function noteOperator({ authority }: Stage, { args }: LogDescription): void {
  const [account, operator, permissions, expiry] = args as unknown as [bigint, string, bigint, bigint];
  authority.set({ account, operator, permissions: Number(permissions), expiry: Number(expiry) });
}
