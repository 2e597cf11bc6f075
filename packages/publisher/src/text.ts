import type { ForecastQuality, SurfaceFit } from "@plimsoll/risk";
import { levelsOf, type Surface } from "@plimsoll/risk";
import type { SurfaceView } from "./reports.ts";

/** Rows as lines of text: the first column to the left, numbers to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
  );
  return lines.map((cells) => `  ${cells.join("  ")}`.trimEnd()).join("\n");
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

export function renderSurface({ surface, source }: SurfaceView): string {
  const levels = levelsOf(surface).map((level, i) => `${daysAt(surface, i)} d ${percent(level)}`);
  const { rho, eta, rate } = surface;
  return `  ${levels.join("   ")}\n  ρ ${rho.toFixed(3)}   η ${eta.toFixed(3)}   rate ${percent(rate)}   (source: ${source})`;
}

export function renderQuality(qualities: readonly ForecastQuality[]): string {
  const header = ["days ahead, model", "forecasts", "QLIKE", "MSE", "p against the first"];
  const rows = qualities.map(({ horizon, model, forecasts, qlike, mse, pValue }) => [
    `${String(horizon).padStart(3)}  ${model}`,
    String(forecasts),
    qlike.toFixed(4),
    mse.toFixed(4),
    pValue === undefined ? "–" : pValue.toFixed(3),
  ]);
  return renderTable([header, ...rows]);
}

export function renderFit(fit: SurfaceFit): string {
  const { worst, unusable, quotes, outliers, shareInsideSpread } = fit;
  const left = Object.entries(unusable).filter(([, count]) => count > 0);
  const { quote } = worst;
  const name = `${quote.isCall ? "call" : "put"} ${quote.strike} of ${new Date(quote.expiry * 1000).toISOString().slice(0, 10)}`;
  const rows = [
    ["quotes used", String(quotes)],
    ["  of which outliers, disregarded", String(outliers)],
    ["left out", left.map(([reason, count]) => `${count} ${reason}`).join(", ") || "none"],
    ["rate", fit.isRateImplied ? "from put–call parity" : "given"],
    ["root mean square error", `${fit.rmsePoints.toFixed(2)} points`],
    ["worst quote", `${name}: ${percent(worst.quotedVolatility)} quoted, ${percent(worst.fittedVolatility)} fitted`],
    [
      "fitted price inside bid and ask",
      shareInsideSpread === undefined ? "no quote has both" : percent(shareInsideSpread),
    ],
  ];
  const width = Math.max(...rows.map(([label = ""]) => label.length));
  return rows.map(([label = "", value = ""]) => `  ${label.padEnd(width)}  ${value}`).join("\n");
}

function daysAt({ tenors }: Surface, i: number): number {
  return (tenors[i]?.seconds ?? 0) / 86_400;
}
