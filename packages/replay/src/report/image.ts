import { Resvg } from "@resvg/resvg-js";
import { escape } from "./document.ts";
import { CHART_HEIGHT, CHART_WIDTH, type Chart } from "./drawing.ts";

/** Charts one below the other under a headline. */
export interface Picture {
  readonly title: string;
  readonly subtitle: string;
  readonly charts: readonly Chart[];
}

const PADDING = 24;
const TITLE_HEIGHT = 30;
const HEADER_HEIGHT = 84;
const SCALE = 1.5;
const FONT = "Helvetica, Arial, DejaVu Sans, sans-serif";
/** Of a letter, in sizes of the font. */
const BOLD_WIDTH = 0.7;
const WIDTH = 0.62;

/** As PNG. */
export function renderImage({ title, subtitle, charts }: Picture): Uint8Array {
  const width = CHART_WIDTH + 2 * PADDING;
  const height = HEADER_HEIGHT + charts.length * (CHART_HEIGHT + TITLE_HEIGHT) + PADDING;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}" fill="#2b2f36">
<rect width="100%" height="100%" fill="white"/>
<text x="${PADDING}" y="38" font-size="${sizeOf(title, 20, BOLD_WIDTH)}" font-weight="700">${escape(title)}</text>
<text x="${PADDING}" y="62" font-size="${sizeOf(subtitle, 14, WIDTH)}" fill="#5b616b">${escape(subtitle)}</text>
${charts.map(place).join("\n")}</svg>`;
  return new Resvg(svg, { fitTo: { mode: "zoom", value: SCALE }, font: { loadSystemFonts: true } }).render().asPng();
}

/** Of a font, such that a text that names files fits as well. */
function sizeOf(text: string, most: number, letterWidth: number): number {
  return Math.min(most, CHART_WIDTH / (letterWidth * text.length));
}

function place({ title, svg }: Chart, index: number): string {
  const y = HEADER_HEIGHT + index * (CHART_HEIGHT + TITLE_HEIGHT);
  const positioned = svg.replace("<svg ", `<svg x="${PADDING}" y="${y + 16}" `);
  return `<text x="${PADDING}" y="${y + 8}" font-size="15" font-weight="700">${escape(title)}</text>${positioned}`;
}
