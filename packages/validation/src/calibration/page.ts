import { renderChart, renderDocument, renderSection, renderTable } from "@plimsoll/replay";
import type { Calibration } from "./calibration.ts";
import { drawCharts, headline } from "./charts.ts";
import { tablesOf } from "./tables.ts";

/** The report as one HTML page that refers to nothing outside. */
export function renderPage(calibrations: readonly Calibration[], seed: string): string {
  return renderDocument({
    name: "Plimsoll calibration",
    title: "Calibration of margin",
    lead: `Found on the training span alone, measured after it. Seed ${seed}.`,
    body: calibrations.map(renderAsset).join("\n"),
    footer: "In float64, which agrees with the deployed contracts to 1e-9. The past is one path.",
  });
}

function renderAsset(calibration: Calibration): string {
  const named = <T extends { readonly title: string }>(one: T): T => ({
    ...one,
    title: `${calibration.asset}: ${one.title}`,
  });
  const charts = drawCharts(calibration).map((chart) => renderChart(named(chart)));
  const tables = tablesOf(calibration)
    .map(named)
    .map(({ title, explanation, columns, rows }) => renderSection(title, explanation, renderTable(columns, rows)));
  return [renderSection(headline(calibration), "", ""), ...charts, ...tables].join("\n");
}
