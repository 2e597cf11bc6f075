import { formatTime } from "../prices/read.ts";
import type { ReplayResult, TraderOutcome } from "../result.ts";
import { drawCharts } from "./charts.ts";
import { describe, formatUsd } from "./text.ts";

const STYLE = `
  body { font: 16px/1.55 Helvetica, Arial, sans-serif; color: #2b2f36; background: #f4f5f7; margin: 0; }
  main { max-width: 940px; margin: 0 auto; padding: 32px 16px 64px; }
  h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 4px; }
  .lead { color: #5b616b; margin: 0 0 24px; }
  section { background: white; border: 1px solid #e3e5e9; border-radius: 10px; padding: 20px 24px; margin: 0 0 20px; }
  section p { color: #5b616b; margin: 0 0 12px; max-width: 76ch; }
  .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 0 0 20px; }
  .card { background: white; border: 1px solid #e3e5e9; border-radius: 10px; padding: 14px 18px; }
  .card b { display: block; font-size: 22px; } .card span { color: #5b616b; font-size: 14px; }
  .bad b { color: #c0392b; } .good b { color: #1f9d76; }
  svg { max-width: 100%; height: auto; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: 5px 8px; border-bottom: 1px solid #eceef1; } th:first-child, td:first-child { text-align: left; }
  footer { color: #5b616b; font-size: 14px; }
`;

/** The report as one HTML page that refers to nothing outside. */
export function renderPage(result: ReplayResult): string {
  const charts = drawCharts(result).map(
    ({ title, explanation, svg }) =>
      `<section><h2>${escape(title)}</h2>${explanation === "" ? "" : `<p>${escape(explanation)}</p>`}${svg}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Plimsoll replay</title><style>${STYLE}</style></head>
<body><main>
<h1>${escape(result.title)}</h1>
<p class="lead">${escape(subtitle(result))}</p>
<div class="cards">${describe(result).map(card).join("")}</div>
${charts.join("\n")}
<section><h2>By strategy</h2><p>Equity in USD; what was paid in or taken out during the replay is counted apart.</p>${strategyTable(result.traders)}</section>
<footer>Real contracts on an in-process chain, real keeper, simulated traders and prices. Figures are of this one path; another seed gives others.</footer>
</main></body></html>
`;
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
    const cells = [
      escape(strategy),
      String(own.length),
      String(sum(({ marginCalls }) => Math.min(1, marginCalls))),
      String(sum(({ liquidations }) => Math.min(1, liquidations))),
      formatUsd(sum(({ equityAtStart }) => equityAtStart)),
      formatUsd(sum(({ netDeposits }) => netDeposits)),
      formatUsd(sum(({ equityAtEnd }) => equityAtEnd)),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const names = ["Strategy", "Accounts", "Called", "Liquidated", "Equity at start", "Paid in since", "Equity at end"];
  return `<table><tr>${names.map((name) => `<th>${name}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
