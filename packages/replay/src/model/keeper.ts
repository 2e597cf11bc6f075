import { type Account, ownerOf } from "@plimsoll/client";
import {
  type PlannedAction,
  Backoff,
  GasTable,
  type KeeperConfig,
  type Portfolio as ExactPortfolio,
  chooseLegs,
  configSchema,
  fundingFor,
  keyOf,
  plan,
} from "@plimsoll/keeper";
import type { MarginRule } from "../market/deployment.ts";
import { keeperOptions } from "../market/keeperSettings.ts";
import { fromWad, toWad } from "../market/wad.ts";
import { inFloat } from "./books.ts";
import { type Design, FixedBonus } from "./design.ts";
import { type Clearing, type Effect, type ModelLiquidator } from "./liquidator.ts";
import { RefusedError } from "./refused.ts";
import { ModelWatch, inWad } from "./watch.ts";

/** Share of the expected payment that a take-over must still bring. As the keeper's. */
const PAYMENT_TOLERANCE = 0.98;

/**
 * Gas of the keeper's transactions by margin engine: means of replays of May 2021 with 60 accounts on chain (`absorb` under a static
 * margin: of March 2020). Whoever has losses to take his share of pays more.
 */
const GAS: Readonly<Record<MarginRule["kind"], Readonly<Record<PlannedAction["kind"], bigint>>>> = {
  dynamic: {
    walkRounds: 135_000n,
    startAuction: 198_000n,
    confirmAuction: 186_000n,
    endAuction: 169_000n,
    callMargin: 196_000n,
    clearMarginCall: 171_000n,
    liquidateLegs: 431_000n,
    takeOver: 470_000n,
    absorb: 488_000n,
    topUp: 196_000n,
  },
  static: {
    walkRounds: 135_000n,
    startAuction: 259_000n,
    confirmAuction: 249_000n,
    endAuction: 231_000n,
    callMargin: 277_000n,
    clearMarginCall: 256_000n,
    liquidateLegs: 628_000n,
    takeOver: 757_000n,
    absorb: 753_000n,
    topUp: 277_000n,
  },
};
/** What a keeper adds for the block's builder, wei. */
const PRIORITY_FEE_WEI = 10n ** 9n;

interface Transaction {
  readonly key: string;
  readonly kind: PlannedAction["kind"];
  readonly due: number;
  readonly call: () => Effect;
  /** Once it is in a block. */
  success: boolean | undefined;
}

/** What a keeper works with. */
export interface KeeperTools {
  readonly clearing: Clearing;
  readonly liquidator: ModelLiquidator;
  readonly design: Design;
  /** Where its capital is. */
  readonly capital: Account;
  readonly latencySeconds: number;
  /** Of gas, without what goes to the builder. */
  readonly baseFeeWei: bigint;
}

/** The bot of `packages/keeper` on the model: its plan, its choice of legs and its patience, without transactions to sign. */
export class ModelKeeper {
  transactions = 0;
  failed = 0;
  /** USD. */
  gasCosts = 0;
  readonly watch: ModelWatch;
  #underWay: Transaction[] = [];
  readonly #config: KeeperConfig;
  readonly #backoff: Backoff;
  readonly #gas: GasTable;
  readonly #fixedBonus: FixedBonus | undefined;

  constructor(private readonly tools: KeeperTools) {
    const { design, clearing, liquidator, latencySeconds } = tools;
    const legs = design.kind === "pro-rata" ? design.kind : "legs";
    this.#config = configSchema.parse(keeperOptions({ latencySeconds, design: legs }));
    this.#backoff = new Backoff(this.#config.backoff);
    this.#gas = new GasTable(this.#config.gas);
    this.watch = new ModelWatch({ clearing, liquidator, config: this.#config, own: tools.capital });
    if (design.kind === "fixed-bonus") this.#fixedBonus = new FixedBonus(clearing, liquidator, design.bonus);
  }

  /** Lets what is due into a block. @returns how many. */
  release(): number {
    const due = this.#underWay.filter(({ due, success }) => success === undefined && due <= this.#now);
    for (const transaction of due) transaction.success = succeeds(transaction);
    return due.length;
  }

  /** One look. @returns how many things it has sent, or wants to but not yet. */
  async tick(): Promise<number> {
    this.#settle();
    const { market, books } = this.tools.clearing;
    const views = this.watch.look();
    const actions = plan({
      now: this.#now,
      owner: ownerOf(this.tools.capital),
      accounts: views,
      markets: market.views(),
      authorisations: new Map(),
      reserve: books.reserve,
      leastProfit: {
        liquidateLegs: this.#leastProfit("liquidateLegs"),
        takeOver: this.#leastProfit("takeOver"),
        topUp: this.#leastProfit("topUp"),
      },
      blocked: new Set([...this.#underWay.map(({ key }) => key), ...this.#backoff.waiting(this.#now)]),
      config: this.#config,
    });
    let open = 0;
    for (const action of actions) {
      if (this.#underWay.length >= this.#config.maxInFlight) break;
      await this.#attempt(action);
      open++;
    }
    return open;
  }

  get #now(): number {
    return this.tools.clearing.market.now;
  }

  /** What an action has to bring so that gas takes no more than its share of it, USD WAD. */
  #leastProfit(kind: PlannedAction["kind"]): bigint {
    const cost = this.#costOf(this.#gas.expected(kind)) / this.#config.fees.profitShare;
    return toWad(Math.max(cost, this.#config.minProfitUsd));
  }

  /** Whether gas leaves enough of a profit on legs, USD WAD. */
  #isWorthIt(profit: bigint): boolean {
    return profit >= this.#leastProfit("liquidateLegs");
  }

  #gasOf(kind: PlannedAction["kind"]): bigint {
    return GAS[this.tools.clearing.market.margin.kind][kind];
  }

  /** USD. */
  #costOf(gas: bigint): number {
    const { market } = this.tools.clearing;
    return fromWad(gas * (this.tools.baseFeeWei + PRIORITY_FEE_WEI)) * market.truePrice("ETH");
  }

  /** Learns what came of what is mined. */
  #settle(): void {
    for (const { key, kind, success } of this.#underWay) {
      if (success === undefined) continue;
      this.transactions++;
      this.gasCosts += this.#costOf(this.#gasOf(kind));
      if (success) {
        this.#backoff.succeed(key);
        this.#gas.record(kind, this.#gasOf(kind));
      } else {
        this.failed++;
        this.#backoff.fail(key, this.#now);
      }
    }
    this.#underWay = this.#underWay.filter(({ success }) => success === undefined);
  }

  /** Sends what would not be refused now; what would be is tried again later. */
  async #attempt(action: PlannedAction): Promise<void> {
    const call = await this.#prepare(action);
    if (call === undefined) return;
    const key = keyOf(action);
    try {
      call();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#backoff.fail(key, this.#now);
      return;
    }
    this.#underWay.push({
      key,
      kind: action.kind,
      due: this.#now + this.tools.latencySeconds,
      call,
      success: undefined,
    });
  }

  /** @returns what to call; undefined where there is nothing worth sending yet. */
  async #prepare(action: PlannedAction): Promise<(() => Effect) | undefined> {
    if (action.kind === "liquidateLegs") return await this.#prepareLegs(action);
    if (action.kind === "takeOver") return this.#prepareWhole(action);
    return this.#prepareOther(action);
  }

  #prepareOther(action: Exclude<PlannedAction, { kind: "liquidateLegs" | "takeOver" }>): (() => Effect) | undefined {
    const { liquidator, clearing, capital } = this.tools;
    switch (action.kind) {
      case "walkRounds":
        return () => () => {
          clearing.market.walk(action.underlying);
        };
      case "startAuction":
        return () =>
          this.#fixedBonus?.close(action.account, capital) ?? liquidator.startAuction(action.account, capital);
      case "absorb":
        return () => liquidator.absorb(action.account, capital);
      case "topUp":
        // Nobody in a replay lets a wallet be drawn on.
        return undefined;
      case "confirmAuction":
      case "endAuction":
      case "callMargin":
      case "clearMarginCall": {
        const kind = action.kind;
        return () => liquidator[kind](action.account);
      }
    }
  }

  async #prepareLegs({
    account,
    view,
    isFloorBound,
  }: Extract<PlannedAction, { kind: "liquidateLegs" }>): Promise<(() => Effect) | undefined> {
    const { liquidator, clearing, capital } = this.tools;
    const evaluate = (portfolios: readonly ExactPortfolio[]) =>
      Promise.resolve(portfolios.map((one) => inWad(clearing.market.evaluate(inFloat(one)))));
    const { portfolio, risk, auction } = view;
    const { riskCharge, hedge: rates, legs: rules } = this.#config;
    const request = {
      portfolio,
      risk,
      rate: auction.rate,
      isFloorBound,
      taker: this.watch.view(capital),
      riskCharge,
      hedge: { prices: new Map(clearing.market.views().map(({ underlying, price }) => [underlying, price])), rates },
      rules,
    };
    const choice = await chooseLegs(request, evaluate);
    if (choice === undefined || !this.#isWorthIt(choice.profit)) return undefined;
    return () => liquidator.liquidate({ account, taker: capital, legs: choice.legs, minRate: auction.rate });
  }

  #prepareWhole({
    account,
    view,
    canBeAbsorbed,
  }: Extract<PlannedAction, { kind: "takeOver" }>): (() => Effect) | undefined {
    const { liquidator, capital } = this.tools;
    if (fundingFor(view, this.watch.view(capital), this.#config.legs.takerBuffer) === undefined)
      return canBeAbsorbed ? () => liquidator.absorb(account, capital) : undefined;
    const minPayment = fromWad(view.auction.payment) * PAYMENT_TOLERANCE;
    return () => liquidator.takeOver({ account, taker: capital, minPayment });
  }
}

function succeeds({ call }: Transaction): boolean {
  try {
    call()();
    return true;
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}
