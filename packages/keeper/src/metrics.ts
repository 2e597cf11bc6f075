import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the keeper measures, in a registry of its own. */
export interface KeeperMetrics {
  readonly registry: Registry;
  readonly ticks: Counter<"status">;
  readonly tickSeconds: Histogram;
  readonly headAgeSeconds: Gauge;
  readonly watched: Gauge;
  readonly endangered: Gauge;
  readonly inFlight: Gauge;
  readonly unsettled: Gauge;
  readonly uncoveredUsd: Gauge<"underlying">;
  readonly poolMissingUsd: Gauge;
  readonly actions: Counter<"kind" | "result">;
  readonly errors: Counter<"code">;
  readonly profitUsd: Counter;
  readonly gasEther: Counter;
}

export function createMetrics(): KeeperMetrics {
  const registry = new Registry();
  const registers = [registry];
  const name = (suffix: string) => `plimsoll_keeper_${suffix}`;
  return {
    registry,
    ticks: new Counter({
      name: name("ticks_total"),
      help: "Passes, by how they ended",
      labelNames: ["status"],
      registers,
    }),
    tickSeconds: new Histogram({ name: name("tick_seconds"), help: "Duration of a pass", registers }),
    headAgeSeconds: new Gauge({ name: name("head_age_seconds"), help: "Age of the newest block", registers }),
    watched: new Gauge({ name: name("watched_accounts"), help: "Accounts that may owe", registers }),
    endangered: new Gauge({ name: name("endangered_accounts"), help: "Accounts looked at in full", registers }),
    inFlight: new Gauge({ name: name("in_flight"), help: "Transactions not yet mined", registers }),
    unsettled: new Gauge({
      name: name("unsettled_accounts"),
      help: "Accounts with expired options that have not become cash",
      registers,
    }),
    uncoveredUsd: new Gauge({
      name: name("uncovered_usd"),
      help: "Open interest that the backstop does not answer for, at spot",
      labelNames: ["underlying"],
      registers,
    }),
    poolMissingUsd: new Gauge({
      name: name("pool_missing_usd"),
      help: "Equity that buckets of the liquidity pool lack of their targets, as of the last look",
      registers,
    }),
    actions: new Counter({
      name: name("actions_total"),
      help: "Transactions sent, mined, reverted, replaced, cancelled, lost",
      labelNames: ["kind", "result"],
      registers,
    }),
    errors: new Counter({ name: name("errors_total"), help: "Errors by code", labelNames: ["code"], registers }),
    profitUsd: new Counter({
      name: name("expected_profit_usd_total"),
      help: "Of mined actions, before gas",
      registers,
    }),
    gasEther: new Counter({ name: name("gas_ether_total"), help: "Paid for gas", registers }),
  };
}
