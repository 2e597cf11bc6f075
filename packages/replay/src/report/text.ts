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
export function describe({ summary, keepers, conservation, liquidatedAccounts, causes }: ReplayResult): Figure[] {
  const { waterfall } = summary;
  const isConserved = conservation.total === 0n;
  const plain = (label: string, value: string): Figure => ({ label, value, mood: "plain" });
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
    {
      label: "conservation error, 1e-18 USD",
      value: summary.conservationError,
      mood: isConserved ? "good" : "bad",
    },
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
