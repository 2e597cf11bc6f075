import { CAUSES, type Cause, type ReplayResult } from "../result.ts";

export function formatUsd(amount: number): string {
  const sign = amount < -0.5 ? "−" : "";
  return `${sign}$${Math.round(Math.abs(amount)).toLocaleString("en-US")}`;
}

/** One figure of the summary. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly mood: "good" | "bad" | "plain";
}

/** The summary as figures for people, most important first. */
export function describe(result: ReplayResult): Figure[] {
  const { summary, keepers, conservation, liquidatedAccounts, causes } = result;
  const { waterfall } = summary;
  const isConserved = conservation.total === 0n;
  return [
    plain("accounts", String(summary.accounts)),
    plain("margin calls", String(summary.marginCalls)),
    plain(`liquidations, of ${liquidatedAccounts} accounts`, String(summary.liquidations)),
    ...CAUSES.map((cause) => causeFigure(cause, causes)),
    { label: "bad debt", value: formatUsd(summary.badDebt), mood: summary.badDebt > 0 ? "bad" : "good" },
    plain("keeper profit, hedged, after costs and gas", formatUsd(summary.keeperProfit)),
    plain("of which gas", formatUsd(-keepers.gas)),
    plain("paid by liquidated accounts", formatUsd(waterfall.account)),
    plain("paid by the reserve", formatUsd(waterfall.reserve)),
    plain("paid by the backstop", formatUsd(waterfall.backstop)),
    plain("deleveraged", formatUsd(waterfall.deleveraged)),
    plain("shared loss", formatUsd(waterfall.shared)),
    ...poolFigures(result),
    {
      label: "conservation error, 1e-18 USD",
      value: summary.conservationError,
      mood: isConserved ? "good" : "bad",
    },
  ];
}

function plain(label: string, value: string): Figure {
  return { label, value, mood: "plain" };
}

/** Of what signed orders alone do not have. */
function poolFigures({ expired, pool, summary: { fees, pool: earned } }: ReplayResult): Figure[] {
  if (pool === null || earned === null) return [];
  const { trades, traded, refusals, liquidations } = pool;
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0);
  return [
    plain("liquidity pool's profit", formatUsd(earned.profit)),
    plain("of which spread", formatUsd(earned.spread)),
    plain("of which for inventory and margin", formatUsd(earned.charges)),
    plain("of which funding", formatUsd(earned.funding)),
    plain("of which inventory at mark", formatUsd(earned.inventory)),
    plain("share of the pool, from 1", earned.sharePrice.toFixed(4)),
    plain("pool's highest margin utilisation", `${(earned.peakUtilisation * 100).toFixed(0)} %`),
    plain(`trades with the pool, ${refused} refused`, String(trades)),
    plain("value of what it traded", formatUsd(traded)),
    plain("liquidations of its buckets", String(liquidations)),
    plain("fees of orders, to the reserve", formatUsd(fees)),
    plain("expired positions settled", String(expired)),
  ];
}

/** Margin volatility alone should put nobody from above initial margin below maintenance: that is the notice it gives. */
function causeFigure(cause: Cause, causes: readonly Cause[]): Figure {
  const count = causes.filter((one) => one === cause).length;
  const label = cause === "volatility" ? "auctions by margin volatility alone" : `auctions by ${cause}`;
  const mood = cause === "volatility" ? (count > 0 ? "bad" : "good") : "plain";
  return { label, value: String(count), mood };
}

/** The summary for a terminal. */
export function renderText(result: ReplayResult): string {
  const figures = describe(result);
  const width = Math.max(...figures.map(({ label }) => label.length)) + 2;
  const lines = figures.map(({ label, value }) => `  ${label.padEnd(width)}${value.padStart(14)}`);
  return [`${result.title} (margin: ${result.margin}, seed ${result.seed})`, ...lines].join("\n");
}
