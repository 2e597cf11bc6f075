import { Resvg } from "@resvg/resvg-js";
import type { ReplayResult } from "../result.ts";
import { CHART_HEIGHT, CHART_WIDTH, type Chart, drawCharts } from "./charts.ts";
import { describe } from "./text.ts";

const TITLES = ["Price", "Volatility of ETH", "Margin of a sample account", "Liquidations an hour"];
const PADDING = 24;
const TITLE_HEIGHT = 30;
const HEADER_HEIGHT = 84;
const SCALE = 1.5;
const FONT = "Helvetica, Arial, DejaVu Sans, sans-serif";

/** The charts that tell the story at a glance, one below the other, as PNG. */
export function renderImage(result: ReplayResult): Uint8Array {
  const charts = drawCharts(result).filter(({ title }) => TITLES.includes(title));
  const width = CHART_WIDTH + 2 * PADDING;
  const height = HEADER_HEIGHT + charts.length * (CHART_HEIGHT + TITLE_HEIGHT) + PADDING;
  const figures = describe(result)
    .slice(0, 5)
    .map(({ label, value }) => `${value} ${label.split(",")[0] ?? ""}`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}" fill="#2b2f36">
<rect width="100%" height="100%" fill="white"/>
<text x="${PADDING}" y="38" font-size="20" font-weight="700">${result.title}</text>
<text x="${PADDING}" y="62" font-size="14" fill="#5b616b">${figures.join(" · ")}</text>
${charts.map(place).join("\n")}</svg>`;
  return new Resvg(svg, { fitTo: { mode: "zoom", value: SCALE }, font: { loadSystemFonts: true } }).render().asPng();
}

function place({ title, svg }: Chart, index: number): string {
  const y = HEADER_HEIGHT + index * (CHART_HEIGHT + TITLE_HEIGHT);
  const positioned = svg.replace("<svg ", `<svg x="${PADDING}" y="${y + 16}" `);
  return `<text x="${PADDING}" y="${y + 8}" font-size="15" font-weight="700">${title}</text>${positioned}`;
}
