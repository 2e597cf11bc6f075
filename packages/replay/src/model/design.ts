import { type Account, Kind, fieldsOf } from "@plimsoll/client";
import type { Portfolio } from "@plimsoll/risk";
import { toWad } from "../market/wad.ts";
import { isBelow } from "./auctions.ts";
import type { Clearing, Effect, ModelLiquidator } from "./liquidator.ts";
import { plus } from "./books.ts";
import { RefusedError } from "./refused.ts";

/**
 * How accounts below maintenance are liquidated. `legs`: as deployed, whichever legs the keeper likes best. `pro-rata`: the same
 * auction, but the same share of every leg. `fixed-bonus`: everything at once at mark, for a share of its notional.
 */
export type Design =
  { readonly kind: "legs" } | { readonly kind: "pro-rata" } | { readonly kind: "fixed-bonus"; readonly bonus: number };

export function nameOfDesign(design: Design): string {
  return design.kind === "fixed-bonus" ? `fixed bonus ${+(design.bonus * 100).toFixed(2)} %` : design.kind;
}

/**
 * What an account has at stake: the notional of its derivatives, of options what they are on, and the debt that its spot
 * secures. Cash holds the entry values of perpetuals, so with a perpetual it shows no debt, and none is counted. USD.
 */
export function exposureOf({ cash, legs }: Portfolio, notionalOf: (part: Pick<Portfolio, "legs">) => number): number {
  const kindOf = ({ instrument }: Portfolio["legs"][number]) => fieldsOf(instrument).kind;
  const derivatives = legs.filter((leg) => kindOf(leg) !== Kind.Spot);
  const spot = legs.filter((leg) => kindOf(leg) === Kind.Spot);
  const debt = legs.some((leg) => kindOf(leg) === Kind.Perpetual) ? 0 : Math.max(-cash, 0);
  return notionalOf({ legs: derivatives }) + Math.min(notionalOf({ legs: spot }), debt);
}

/**
 * A keeper takes the whole account at mark for a bonus; the account keeps what is left of its equity, and reserve and backstop
 * pay what its equity lacks.
 */
export class FixedBonus {
  constructor(
    private readonly clearing: Clearing,
    private readonly liquidator: ModelLiquidator,
    private readonly share: number,
  ) {}

  close(account: Account, taker: Account): Effect {
    const risk = this.liquidator.risk(account);
    if (account === taker) throw new RefusedError("SelfLiquidation");
    if (!isBelow(risk)) throw new RefusedError("AboveMaintenance");
    const { books, market, backstop } = this.clearing;
    const bonus = this.share * exposureOf(books.portfolio(account), (part) => market.notionalOf(part));
    const left = toWad(Math.max(risk.equity - bonus, 0));
    const badDebt = toWad(Math.max(bonus - risk.equity, 0));
    const fromReserve = badDebt < books.reserve ? badDebt : books.reserve;
    const fromBackstop = badDebt - fromReserve;
    if (fromBackstop > books.cash(backstop.treasury)) throw new RefusedError("InsufficientBackstop");
    const [whole, own] = [books.exact(account), books.exact(taker)];
    this.liquidator.requireInitial({
      cash: own.cash + whole.cash - left + badDebt,
      legs: plus(own.legs, whole.legs),
    });
    return () => {
      this.liquidator.taken(
        { account, taker, equity: risk.equity, payment: bonus },
        { badDebt, fromReserve, fromBackstop },
      );
      books.moveAll(account, taker);
      books.moveCash(taker, account, left);
      books.drawReserve(taker, fromReserve);
      backstop.pay(taker, fromBackstop);
    };
  }
}
