import { formatTime } from "../prices/read.ts";
import type { ReplayResult, TraderOutcome } from "../result.ts";
import { drawCharts } from "./charts.ts";
import { escape, renderChart, renderDocument, renderSection, renderTable } from "./document.ts";
import { describe, formatUsd } from "./text.ts";

const STRATEGY_EXPLANATION = "Equity in USD; what was paid in or taken out during the replay is counted apart.";

/** The report as one HTML page that refers to nothing outside. */
export function renderPage(result: ReplayResult): string {
  const cards = describe(result).map(card).join("");
  const charts = drawCharts(result).map(renderChart).join("\n");
  const strategies = renderSection("By strategy", STRATEGY_EXPLANATION, strategyTable(result.traders));
  return renderDocument({
    name: "Plimsoll replay",
    title: result.title,
    lead: subtitle(result),
    body: `<div class="cards">${cards}</div>\n${charts}\n${strategies}`,
    footer:
      "Real contracts on a simulated chain, real keeper, simulated traders and prices. Figures are of this one path; another seed gives others.",
  });
}

function subtitle({ start, end, margin, seed }: ReplayResult): string {
  return `${formatTime(start)} to ${formatTime(end)} · margin: ${margin} · seed ${seed}`;
}

function card({ label, value, mood }: { label: string; value: string; mood: string }): string {
  return `<div class="card ${mood}"><b>${escape(value)}</b><span>${escape(label)}</span></div>`;
}

function strategyTable(traders: readonly TraderOutcome[]): string {
  const strategies = [...new Set(traders.map(({ strategy }) => strategy))];
  const rows = strategies.map((strategy) => {
    const own = traders.filter((trader) => trader.strategy === strategy);
    const sum = (pick: (trader: TraderOutcome) => number) => own.reduce((total, trader) => total + pick(trader), 0);
    return [
      strategy,
      String(own.length),
      String(sum(({ marginCalls }) => Math.min(1, marginCalls))),
      String(sum(({ liquidations }) => Math.min(1, liquidations))),
      formatUsd(sum(({ equityAtStart }) => equityAtStart)),
      formatUsd(sum(({ netDeposits }) => netDeposits)),
      formatUsd(sum(({ equityAtEnd }) => equityAtEnd)),
    ];
  });
  const names = ["Strategy", "Accounts", "Called", "Liquidated", "Equity at start", "Paid in since", "Equity at end"];
  return renderTable(names, rows);
}
