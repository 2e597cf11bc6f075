import * as Plot from "@observablehq/plot";
import { JSDOM } from "jsdom";
import type { Asset } from "../prices/arguments.ts";
import type { Group, LiquidationRecord, ReplayResult } from "../result.ts";

/** A picture with its explanation. `svg` stands alone: it refers to nothing outside. */
export interface Chart {
  readonly title: string;
  readonly explanation: string;
  readonly svg: string;
}

export const CHART_WIDTH = 880;
export const CHART_HEIGHT = 250;

const ASSET_COLOURS: Readonly<Record<Asset, string>> = { ETH: "#4f6bd8", BTC: "#e08a1e" };
const TIER_COLOURS = { observed: "#8a8f98", initial: "#e08a1e", maintenance: "#c0392b" };
const STATIC_COLOUR = "#8e5bbf";
const GROUP_COLOURS: Readonly<Record<Group, string>> = {
  traders: "#4f6bd8",
  "market makers": "#8a8f98",
  keepers: "#1f9d76",
  backstop: "#8e5bbf",
  reserve: "#c0392b",
};
const KIND_NAMES: Readonly<Record<LiquidationRecord["kind"], string>> = {
  legs: "some legs",
  whole: "whole account",
  backstop: "by the backstop",
};
const KIND_COLOURS = { "some legs": "#e08a1e", "whole account": "#c0392b", "by the backstop": "#8e5bbf" };
const STATIC_SHARES = [0.1, 0.2];
/** Far below zero an equity is drawn at the lower edge. */
const LOWEST_SHARE = -0.1;

const { document } = new JSDOM("").window;
const asPercent = (value: number) => `${(value * 100).toFixed(0)} %`;
const asDollars = (value: number) => `$${(value / 1e6).toFixed(1)}m`;

/** All charts of a replay, in reading order. */
export function drawCharts(result: ReplayResult): Chart[] {
  return [
    priceChart(result),
    ...volatilityCharts(result),
    sampleChart(result),
    distressChart(result),
    liquidationChart(result),
    equityChart(result),
  ];
}

function draw(marks: Plot.Markish[], options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    document,
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    marginLeft: 60,
    marginRight: 150,
    style: {
      fontFamily: "Helvetica, Arial, DejaVu Sans, sans-serif",
      fontSize: "12px",
      background: "white",
      color: "#2b2f36",
    },
    x: { type: "utc", label: null },
    ...options,
    marks,
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return svg.outerHTML;
}

interface Point {
  readonly time: number;
  readonly value: number;
  readonly name: string;
}

const toDate = ({ time }: { readonly time: number }) => new Date(time * 1000);

/** Lines with their names at their ends instead of a legend. */
function namedLines(points: readonly Point[], colours: Readonly<Record<string, string>>): Plot.Markish[] {
  const stroke = ({ name }: Point) => colours[name] ?? STATIC_COLOUR;
  return [
    Plot.lineY(points, { x: toDate, y: "value", z: "name", stroke, strokeWidth: 1.7 }),
    Plot.text(endsOf(points), {
      x: toDate,
      y: "value",
      text: "name",
      fill: stroke,
      textAnchor: "start",
      dx: 8,
      fontWeight: 600,
    }),
  ];
}

/** The last point of each line, moved apart where names would cover each other. */
function endsOf(points: readonly Point[]): Point[] {
  const ends = [...new Map(points.map((point) => [point.name, point])).values()].sort((a, b) => a.value - b.value);
  const values = points.map(({ value }) => value);
  const gap = (extreme(values, Math.max) - extreme(values, Math.min)) / 9;
  let lowest = -Infinity;
  return ends.map((end) => {
    lowest = Math.max(end.value, lowest + gap);
    return { ...end, value: lowest };
  });
}

function extreme(values: readonly number[], choose: (a: number, b: number) => number): number {
  return values.reduce((best, value) => choose(best, value), values[0] ?? 0);
}

function priceChart({ prices, rounds }: ReplayResult): Chart {
  const starts = new Map<Asset, number>();
  const points = prices.map(({ time, asset, price }) => {
    const start = starts.get(asset) ?? price;
    starts.set(asset, start);
    return { time, name: asset, value: price / start - 1 };
  });
  const counts = [...starts.keys()].map((asset) => `${rounds[asset]} rounds for ${asset}`).join(" and ");
  return {
    title: "Price",
    explanation: `Change since the start. The contracts see it through Chainlink-shaped feeds, in ${counts}.`,
    svg: draw([Plot.ruleY([0], { stroke: "#ccc" }), ...namedLines(points, ASSET_COLOURS)], {
      y: { tickFormat: asPercent, label: null, grid: true },
    }),
  };
}

const VOLATILITY_EXPLANATION =
  "Observed is the raw number that the price rounds show. Initial follows its blend with the stressed peak up at once and " +
  "comes down slowly. Maintenance rises no faster than a published speed: volatility alone liquidates nobody without notice.";

function volatilityCharts({ volatility }: ReplayResult): Chart[] {
  const assets = [...new Set(volatility.map(({ asset }) => asset))];
  return assets.map((asset, i) => {
    const own = volatility.filter((point) => point.asset === asset);
    const names = ["observed", "initial", "maintenance"] as const;
    const points = names.flatMap((name) => own.map((point) => ({ time: point.time, name, value: point[name] })));
    return {
      title: `Volatility of ${asset}`,
      explanation: i === 0 ? VOLATILITY_EXPLANATION : "",
      svg: draw(namedLines(points, TIER_COLOURS), {
        y: { tickFormat: asPercent, label: null, grid: true, zero: true },
      }),
    };
  });
}

function sampleChart({ sample }: ReplayResult): Chart {
  const points = sample.points.flatMap(({ time, equity, initial, maintenance, notional }) => [
    { time, name: "equity", value: equity / notional },
    { time, name: "initial", value: initial / notional },
    { time, name: "maintenance", value: maintenance / notional },
  ]);
  const top = Math.max(0.3, (points[0]?.value ?? 0) * 1.3);
  const visible = points.map((point) => ({ ...point, value: Math.min(top, Math.max(LOWEST_SHARE, point.value)) }));
  const rules = STATIC_SHARES.map((share) => Plot.ruleY([share], { stroke: STATIC_COLOUR, strokeDasharray: "4,4" }));
  const names = STATIC_SHARES.map((share) =>
    Plot.text([sample.points[0]], {
      x: toStart,
      y: () => share,
      text: () => `static ${asPercent(share)}`,
      fill: STATIC_COLOUR,
      dy: -7,
      dx: 4,
      textAnchor: "start",
    }),
  );
  return {
    title: "Margin of a sample account",
    explanation: `${sample.description} In per cent of its notional; dashed what a static percentage would require to open.`,
    svg: draw([...rules, ...names, ...namedLines(visible, { ...TIER_COLOURS, equity: "#1f9d76" })], {
      y: { tickFormat: asPercent, label: null, grid: true, zero: true },
    }),
  };
}

const toStart = (point: { readonly time: number } | undefined) => toDate(point ?? { time: 0 });

function distressChart({ distress }: ReplayResult): Chart {
  const points = distress.flatMap(({ time, belowInitial, belowMaintenance, insolvent }) => [
    { time, name: "below initial", value: belowInitial },
    { time, name: "below maintenance", value: belowMaintenance },
    { time, name: "below zero", value: insolvent },
  ]);
  const colours = { "below initial": "#e08a1e", "below maintenance": "#c0392b", "below zero": "#2b2f36" };
  return {
    title: "Accounts below their lines",
    explanation: "Below initial an account is called and may only reduce; below maintenance its auction starts.",
    svg: draw(namedLines(points, colours), { y: { label: null, grid: true, zero: true } }),
  };
}

function liquidationChart({ liquidations, start, end }: ReplayResult): Chart {
  const records = liquidations.map(({ time, kind }) => ({ time, name: KIND_NAMES[kind] }));
  const bars = Plot.rectY(
    records,
    Plot.binX<Plot.RectYOptions>({ y: "count" }, { x: { value: toDate, interval: "hour" }, fill: "name" }),
  );
  const names = Object.keys(KIND_COLOURS);
  return {
    title: "Liquidations an hour",
    explanation: "Keepers took some legs (orange), or a whole account (red); the backstop absorbed one (purple).",
    svg: draw([bars, Plot.ruleY([0])], {
      x: { type: "utc", label: null, domain: [toDate({ time: start }), toDate({ time: end })] },
      y: { label: null, grid: true },
      color: { domain: names, range: Object.values(KIND_COLOURS) },
    }),
  };
}

function equityChart({ equity }: ReplayResult): Chart {
  const points = equity.map(({ time, group, equity: value }) => ({ time, name: group, value }));
  return {
    title: "Equity",
    explanation: "At mark, by who owns it. Keepers hedge outside, so their accounts here lose what their hedges gain.",
    svg: draw([Plot.ruleY([0], { stroke: "#ccc" }), ...namedLines(points, GROUP_COLOURS)], {
      y: { tickFormat: asDollars, label: null, grid: true },
    }),
  };
}
