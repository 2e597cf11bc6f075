import { renderChart, renderDocument, renderSection, renderTable } from "@plimsoll/replay";
import type { AssetResult, ValidationResult } from "../result.ts";
import { drawCharts } from "./charts.ts";
import { headline, tablesOf } from "./text.ts";

/** The report as one HTML page that refers to nothing outside. */
export function renderPage(result: ValidationResult): string {
  return renderDocument({
    name: "Plimsoll validation",
    title: result.title,
    lead: `Parameters: ${result.parameters} · seed ${result.seed}. What the deployed contracts asked for, against what books then lost.`,
    body: result.assets.map(renderAsset).join("\n"),
    footer: "Real contracts on a simulated chain; prices become Chainlink-shaped rounds. The past is one path.",
  });
}

function renderAsset(asset: AssetResult): string {
  const tables = tablesOf(asset).map(({ title, explanation, columns, rows }) =>
    renderSection(`${asset.asset}: ${title}`, explanation, renderTable(columns, rows)),
  );
  const charts = drawCharts(asset).map((chart) => renderChart({ ...chart, title: `${asset.asset}: ${chart.title}` }));
  return [renderSection(headline(asset), "", ""), ...charts, ...tables].join("\n");
}
