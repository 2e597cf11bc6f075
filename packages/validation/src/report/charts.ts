import { type Chart, type Picture, type Point, asPercent, draw, namedLines } from "@plimsoll/replay";
import * as Plot from "@observablehq/plot";
import { type AssetResult, type ValidationResult, riseOver } from "../result.ts";
import { spanOf } from "./text.ts";

const VOLATILITY_COLOURS = { observed: "#8a8f98", target: "#4f6bd8", initial: "#e08a1e", maintenance: "#c0392b" };
const MARGIN_COLOURS = { initial: "#e08a1e", maintenance: "#c0392b" };
const OWN_COLOUR = "#c0392b";
const RIVAL_COLOUR = "#4f6bd8";
/** More points than pixels show nothing more. */
const MAX_POINTS = 900;
const HOUR = 3600;
const LABELS_ABOVE_EACH_OTHER = 12;

/** All charts of an asset. */
export function drawCharts(asset: AssetResult): Chart[] {
  return [volatilityChart(asset), marginChart(asset), frontierChart(asset), impulseChart(asset)];
}

/** The charts that tell the story at a glance. */
export function drawPicture({ title, assets }: ValidationResult): Picture {
  const charts = assets.flatMap((asset) =>
    [volatilityChart(asset), frontierChart(asset)].map((chart) => ({
      ...chart,
      title: `${asset.asset}: ${chart.title}`,
    })),
  );
  return { title, subtitle: assets[0] === undefined ? "" : spanOf(assets[0]), charts };
}

function thinned<T>(items: readonly T[]): readonly T[] {
  const step = Math.ceil(items.length / MAX_POINTS);
  return items.filter((_, i) => i % step === 0);
}

function volatilityChart({ samples }: AssetResult): Chart {
  const names = ["observed", "target", "initial", "maintenance"] as const;
  const points = names.flatMap((name) =>
    thinned(samples).map(({ time, volatilities }): Point => ({ time, name, value: volatilities[name] })),
  );
  return {
    title: "Volatility",
    explanation:
      "Observed is what price rounds (and options) show. The target blends it with the stressed peak. Initial follows it up at once and comes down slowly; maintenance rises no faster than its published speed.",
    svg: draw(namedLines(points, VOLATILITY_COLOURS), {
      y: { tickFormat: asPercent, label: null, grid: true, zero: true },
    }),
  };
}

function marginChart({ samples }: AssetResult): Chart {
  const points = (["initial", "maintenance"] as const).flatMap((name) =>
    thinned(samples).map(({ time, deltaOne }): Point => ({ time, name, value: deltaOne.long[name] })),
  );
  return {
    title: "Margin of a long perpetual",
    explanation: "In per cent of its notional, as the deployed margin engine asks for it.",
    svg: draw(namedLines(points, MARGIN_COLOURS), {
      y: { tickFormat: asPercent, label: null, grid: true, zero: true },
    }),
  };
}

/** Where each rule stands between procyclicality and cost. */
function frontierChart({ deltaOne, rivals }: AssetResult): Chart {
  const own = deltaOne.filter(({ tier, side }) => tier === "initial" && side === "long");
  const others = rivals.filter(({ tier, side }) => tier === "initial" && side === "long");
  const points = [
    ...own.map(({ score }) => ({ name: "Plimsoll", score, colour: OWN_COLOUR })),
    ...others.map(({ name, score }) => ({ name, score, colour: RIVAL_COLOUR })),
  ].map(({ name, score, colour }) => ({
    name: `${name} (${percentOf(score.coverage.value)})`,
    rise: riseOver(score, 5),
    mean: score.mean,
    colour,
  }));
  const labels = apart(points);
  return {
    title: "Worst 5-day rise against mean margin, initial tier, long",
    explanation:
      "Scaled to equal coverage, see the tables; in brackets the coverage found. Lower is less procyclical, left is cheaper.",
    svg: draw(
      [
        Plot.ruleY([0], { stroke: "#ccc" }),
        Plot.dot(points, { x: "mean", y: "rise", fill: "colour", r: 5 }),
        Plot.text(labels, { x: "mean", y: "rise", text: "name", fill: "colour", textAnchor: "start", dx: 9 }),
      ],
      {
        x: { type: "linear", label: "mean margin", tickFormat: (value: number) => percentOf(value), nice: true },
        y: { label: "worst 5-day rise", tickFormat: asPercent, grid: true },
      },
    ),
  };
}

/** Names moved up where they would cover each other. */
function apart<T extends { readonly rise: number }>(points: readonly T[]): T[] {
  const sorted = points.toSorted((a, b) => a.rise - b.rise);
  const gap = (sorted.at(-1)?.rise ?? 0) / LABELS_ABOVE_EACH_OTHER;
  let last = -Infinity;
  return sorted.map((point) => ({ ...point, rise: (last = Math.max(point.rise, last + gap)) }));
}

const percentOf = (value: number) => `${(value * 100).toFixed(1)} %`;

function impulseChart({ response }: AssetResult): Chart {
  const points = (["initial", "maintenance"] as const).flatMap((name) =>
    response.required.map((required, hour): Point => ({ time: hour * HOUR, name, value: required[name] })),
  );
  return {
    title: "Impulse response",
    explanation: `A fall of ${asPercent(-response.shock)} within an hour, from the volatility of the first moment on, then no news for a month. Days since.`,
    svg: draw(namedLines(points, MARGIN_COLOURS), {
      x: { type: "utc", label: null, tickFormat: (date: Date) => `${Math.round(date.getTime() / 864e5)} d` },
      y: { tickFormat: asPercent, label: null, grid: true, zero: true },
    }),
  };
}
