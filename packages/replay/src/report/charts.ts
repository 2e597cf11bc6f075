import * as Plot from "@observablehq/plot";
import type { Asset } from "../prices/arguments.ts";
import type { Group, LiquidationRecord, ReplayResult } from "../result.ts";
import { type Chart, asPercent, draw, namedLines, toDate } from "./drawing.ts";
import type { Picture } from "./image.ts";
import { describe } from "./text.ts";

const ASSET_COLOURS: Readonly<Record<Asset, string>> = { ETH: "#4f6bd8", BTC: "#e08a1e" };
const TIER_COLOURS = { observed: "#8a8f98", initial: "#e08a1e", maintenance: "#c0392b" };
const STATIC_COLOUR = "#8e5bbf";
const GROUP_COLOURS: Readonly<Record<Group, string>> = {
  traders: "#4f6bd8",
  "market makers": "#8a8f98",
  keepers: "#1f9d76",
  backstop: "#8e5bbf",
  reserve: "#c0392b",
  "liquidity pool": "#2aa5c9",
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

const AT_A_GLANCE = ["Price", "Volatility of ETH", "Margin of a sample account", "Liquidations an hour"];
const asFinePercent = (value: number) => `${(value * 100).toFixed(1)} %`;
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
    ...poolCharts(result),
  ];
}

/** The charts that tell the story at a glance. */
export function drawPicture(result: ReplayResult): Picture {
  const charts = drawCharts(result).filter(({ title }) => AT_A_GLANCE.includes(title));
  const figures = describe(result)
    .slice(0, 5)
    .map(({ label, value }) => `${value} ${label.split(",")[0] ?? ""}`);
  return { title: result.title, subtitle: figures.join(" · "), charts };
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

const POOL_COLOURS = { share: "#2aa5c9", initial: TIER_COLOURS.initial, maintenance: TIER_COLOURS.maintenance };

function poolCharts({ pool }: ReplayResult): Chart[] {
  if (pool === null) return [];
  const shares = pool.points.map(({ time, sharePrice }) => ({ time, name: "share", value: sharePrice - 1 }));
  const margins = pool.points.flatMap(({ time, utilisation, maintenance }) => [
    { time, name: "initial", value: utilisation },
    { time, name: "maintenance", value: maintenance },
  ]);
  return [
    {
      title: "A share of the liquidity pool",
      explanation: "Change of its value since the start. The pool is the other side of those who trade with it.",
      svg: draw([Plot.ruleY([0], { stroke: "#ccc" }), ...namedLines(shares, POOL_COLOURS)], {
        y: { tickFormat: asFinePercent, label: null, grid: true },
      }),
    },
    {
      title: "Margin of the liquidity pool",
      explanation: "What its positions require, in per cent of its equity. Each bucket stands for itself.",
      svg: draw(namedLines(margins, POOL_COLOURS), {
        y: { tickFormat: asPercent, label: null, grid: true, zero: true },
      }),
    },
  ];
}
