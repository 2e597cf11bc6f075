import type { Account } from "@plimsoll/client";
import {
  type AccountView,
  type Checked,
  type KeeperConfig,
  type Risk as ExactRisk,
  isDue,
  needsView,
} from "@plimsoll/keeper";
import type { Portfolio, Risk } from "@plimsoll/risk";
import { toWad } from "../market/wad.ts";
import { isBackstops } from "./backstop.ts";
import type { ModelAuction } from "./auctions.ts";
import type { Clearing, ModelLiquidator } from "./liquidator.ts";

/** What is looked at, and by whom. */
export interface Watched {
  readonly clearing: Clearing;
  readonly liquidator: ModelLiquidator;
  readonly config: Pick<KeeperConfig, "recheck" | "marginCalls">;
  /** The keeper's account. */
  readonly own: Account;
}

/** The last evaluation, and what the liquidator knew of the account then: its events have a keeper on chain look at the account again. */
interface Seen extends Checked {
  readonly calledAt: number | undefined;
  readonly isLive: boolean;
}

/** What the keeper sees where no auction is under way. */
const NO_AUCTION: ModelAuction = {
  ...{ startedAt: 0, confirmedAt: 0, starter: undefined, dueInCents: 0n },
  ...{ elapsedSeconds: 0, rate: 0n, isBankrupt: false, reward: 0n, due: 0n, available: 0n, payment: 0 },
};

/** Evaluates accounts as seldom as the keeper does, and knows who needs something done. */
export class ModelWatch {
  /** Of traders, summed over time: account-seconds that they were seen below maintenance. */
  secondsBelow = 0;
  #below = 0;
  #lookedAt: number | undefined;
  /** An account that changes has another portfolio, and counts as never seen. */
  readonly #seen = new WeakMap<Portfolio, Seen>();

  constructor(private readonly watched: Watched) {}

  /** Evaluates who is due, and returns in full those for whom something may have to be done. */
  look(): AccountView[] {
    const { market, books } = this.watched.clearing;
    const markets = market.views();
    const views: AccountView[] = [];
    for (const [account, portfolio] of books.portfolios()) {
      const risk = this.#riskOf(account, portfolio, markets);
      if (!this.#isEndangered(account, risk)) continue;
      const view = this.view(account);
      this.#seen.set(portfolio, { risk: view.risk, markets, at: market.now, ...this.#toldOf(account) });
      views.push(view);
    }
    this.#countBelow(views);
    return views;
  }

  view(account: Account): AccountView {
    const { clearing, liquidator } = this.watched;
    const auction = liquidator.auction(account) ?? NO_AUCTION;
    return {
      account,
      portfolio: clearing.books.exact(account),
      risk: inWad(liquidator.risk(account)),
      // The plan judges by rate and equity whether it is offered whole.
      auction: { ...auction, payment: toWad(auction.payment), isWhole: false },
      marginCalledAt: liquidator.marginCalledAt.get(account) ?? 0,
    };
  }

  /** As last seen, unless that is too long ago. */
  #riskOf(account: Account, portfolio: Portfolio, markets: Checked["markets"]): ExactRisk {
    const { market } = this.watched.clearing;
    const seen = this.#seen.get(portfolio);
    const occasion = { now: market.now, markets };
    if (seen !== undefined && this.#isSilent(account, seen)) {
      const isKnown = this.#isEndangered(account, seen.risk) || !isDue(seen, occasion, this.watched.config.recheck);
      if (isKnown) return seen.risk;
    }
    const risk = inWad(market.evaluate(portfolio));
    this.#seen.set(portfolio, { risk, markets, at: market.now, ...this.#toldOf(account) });
    return risk;
  }

  #isSilent(account: Account, { calledAt, isLive }: Seen): boolean {
    const told = this.#toldOf(account);
    return told.calledAt === calledAt && told.isLive === isLive;
  }

  #toldOf(account: Account): Pick<Seen, "calledAt" | "isLive"> {
    const { liquidator } = this.watched;
    return { calledAt: liquidator.marginCalledAt.get(account), isLive: liquidator.isLive(account) };
  }

  #isEndangered(account: Account, risk: ExactRisk): boolean {
    const { liquidator, config } = this.watched;
    const inAuction = liquidator.isLive(account);
    const isCalled = liquidator.marginCalledAt.has(account);
    const entry = { firstBlock: 0, changedBlock: 0, mayOwe: true, isAuthorised: false, inAuction, isCalled };
    return needsView(risk, entry, config.marginCalls);
  }

  #countBelow(views: readonly AccountView[]): void {
    const { now } = this.watched.clearing.market;
    if (this.#lookedAt !== undefined) this.secondsBelow += this.#below * (now - this.#lookedAt);
    this.#lookedAt = now;
    const isTraders = (account: Account) => account !== this.watched.own && !isBackstops(account);
    this.#below = views.filter(({ account, risk }) => risk.equity < risk.maintenance && isTraders(account)).length;
  }
}

/** As the keeper counts. */
export function inWad({ equity, initial, maintenance, maintenanceBeforeFloor, stressLoss }: Risk): ExactRisk {
  return {
    equity: toWad(equity),
    initial: toWad(initial),
    maintenance: toWad(maintenance),
    maintenanceBeforeFloor: toWad(maintenanceBeforeFloor),
    stressLoss: toWad(stressLoss),
    validity: 0,
    validSince: 0,
  };
}
