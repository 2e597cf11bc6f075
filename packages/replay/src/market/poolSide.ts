import type { Instrument } from "@plimsoll/client";
import type { Random } from "../random.ts";
import type { PoolRecord, PoolSummary } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { Depositors, type PoolPlace } from "./depositors.ts";
import type { Member } from "./exchange.ts";
import type { Society } from "./life.ts";
import { PoolLedger } from "./poolLedger.ts";
import type { PoolRoute } from "./poolRoute.ts";
import { ShortDated } from "./shortDated.ts";

/** All of a replay that signed orders alone do not have: the pool, who lends to it, and options that expire. */
export class PoolSide {
  readonly ledger: PoolLedger;
  readonly depositors: Depositors;
  #shortDated: ShortDated<Member> | undefined;

  constructor(
    private readonly place: PoolPlace,
    private readonly route: PoolRoute,
  ) {
    this.ledger = new PoolLedger(place.chain, place.deployment);
    this.depositors = new Depositors(place);
  }

  /** The market is open: says what will be done in it. */
  begin(society: Society<Member>, scenario: Scenario, random: Random): void {
    this.depositors.plan(scenario, random.fork("depositors"));
    const { terms } = this.place.deployment;
    this.#shortDated = new ShortDated(society, { scenario, terms }, random.fork("short-dated"));
  }

  /** Does everything that is due by now. */
  async pass(now: number): Promise<void> {
    await this.depositors.pass(now);
    await this.#shortDated?.pass(now);
  }

  /** Options that were traded and expire during the replay. */
  get series(): ReadonlySet<Instrument> {
    return this.#shortDated?.instruments ?? new Set();
  }

  /** @param liquidations Of its buckets. */
  record(liquidations: number): PoolRecord {
    const { points, sums } = this.ledger;
    const { trades, traded, deposited, redeemed, requests, refreshes } = sums;
    return {
      ...{ points, trades, traded, deposited, redeemed, requests, refreshes, liquidations },
      refusals: Object.fromEntries(this.route.refusals),
      requestsRefused: this.depositors.refused,
    };
  }

  summary(): PoolSummary {
    const { points, sums } = this.ledger;
    const { spread, charges, funding, deposited, redeemed } = sums;
    const last = points.at(-1);
    const profit = (last?.equity ?? 0) + redeemed - deposited;
    return {
      ...{ profit, spread, charges, funding },
      inventory: profit - spread - charges - funding,
      sharePrice: last?.sharePrice ?? 1,
      peakUtilisation: Math.max(...points.map(({ utilisation }) => utilisation)),
    };
  }
}
