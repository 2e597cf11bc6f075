import * as Plot from "@observablehq/plot";
import { type Chart, type Picture, type Point, asPercent, draw, namedLines, toDate } from "@plimsoll/replay";
import { percent } from "../report/text.ts";
import type { Calibration } from "./calibration.ts";
import type { SpanName } from "./evaluation.ts";
import { TRAINING_LIMITS } from "./limits.ts";
import { requirements } from "./requirements.ts";

const COLOURS = { chosen: "#c0392b", starting: "#8a8f98", loss: "#4f6bd8" };
const SIDE_COLOURS = { long: "#4f6bd8", short: "#e08a1e" };
const COVERAGE_COLOURS = ["#8a8f98", "#c0392b", "#4f6bd8"];
/** More points than pixels show nothing more. */
const MAX_POINTS = 800;
const GOAL = 0.99;
/** Larger ones are drawn at the edge. */
const HIGHEST_LOSS = 0.3;

/** All charts of an asset. */
export function drawCharts(calibration: Calibration): Chart[] {
  return [marginChart(calibration), frontierChart(calibration), flatnessChart(calibration), foldChart(calibration)];
}

/** The charts that tell the story at a glance. */
export function drawPicture(calibrations: readonly Calibration[]): Picture {
  const charts = calibrations.flatMap((calibration) =>
    [marginChart(calibration), frontierChart(calibration)].map((chart) => ({
      ...chart,
      title: `${calibration.asset}: ${chart.title}`,
    })),
  );
  return { title: "Calibration of margin", subtitle: calibrations.map(brief).join(" · "), charts };
}

/** What counts of an asset, out of sample where there is a test. */
export function headline(calibration: Calibration): string {
  const { where, coverage, ratio, mean } = worstOf(calibration);
  return `${calibration.asset} ${where}: coverage ${coverage}, peak to trough ${ratio}, mean ${mean}`;
}

function brief(calibration: Calibration): string {
  const { where, coverage, ratio, mean } = worstOf(calibration);
  return `${calibration.asset} ${where}: ${coverage} covered, ${ratio}, ${mean}`;
}

/** Of the initial tier's two sides the worse. */
function worstOf({ rows, data }: Calibration) {
  const span: SpanName = data.test === undefined ? "training" : "test";
  const own = rows.filter((row) => row.parameters === "chosen" && row.tier === "initial" && row.span === span);
  const plain = own.filter(({ withImplied }) => !withImplied);
  const coverage = Math.min(...plain.map(({ score }) => score.coverage.value));
  const mean = Math.max(...plain.map(({ score }) => score.mean));
  const ratio = Math.max(...plain.map(({ score }) => score.peakToTrough));
  const where = span === "test" ? "out of sample" : "in sample";
  return { where, coverage: percent(coverage, 2), ratio: ratio.toFixed(2), mean: percent(mean) };
}

function marginChart(calibration: Calibration): Chart {
  const { data, starting, chosen, columns, startingColumns } = calibration;
  const row = { tier: "initial", side: "long" } as const;
  const margins = {
    starting: requirements(starting.risk, startingColumns, row),
    chosen: requirements(chosen.risk, columns, row),
  };
  const step = Math.ceil(data.times.length / MAX_POINTS);
  const points = (["starting", "chosen"] as const).flatMap((name) =>
    [...margins[name].keys()]
      .filter((i) => i % step === 0)
      .map((i): Point => pointAt(data.times, margins[name], { i, name })),
  );
  const { loss } = data.losses("long", chosen.risk.initial.horizonSeconds);
  const drawn = loss.map((value) => Math.min(value, HIGHEST_LOSS));
  const misses = [...loss.keys()]
    .filter((i) => (loss[i] ?? NaN) > (margins.chosen[i] ?? NaN))
    .map((i) => pointAt(data.times, drawn, { i, name: "loss" }));
  return {
    title: "Initial margin of a long unit",
    explanation:
      "As a share of its value. Dots are losses over the next 24 hours that the chosen margin did not cover, at most 30 %. Left of the rule is the training.",
    svg: draw(
      [
        Plot.ruleX([toDate({ time: data.training.to })], { stroke: "#ccc" }),
        Plot.dot(misses, { x: toDate, y: "value", fill: COLOURS.loss, r: 1.5 }),
        ...namedLines(points, COLOURS),
      ],
      { y: { tickFormat: asPercent, label: null, grid: true, zero: true } },
    ),
  };
}

function pointAt(times: Float64Array, values: Float64Array, { i, name }: { i: number; name: string }): Point {
  return { time: times[i] ?? NaN, value: values[i] ?? NaN, name };
}

function frontierChart({ frontier, search: { selected } }: Calibration): Chart {
  const coverages = [...new Set(frontier.map(({ coverage }) => coverage))];
  const points = frontier.map((point) => ({
    ...point,
    name: `coverage ${percent(point.coverage)}`,
    colour: COVERAGE_COLOURS[coverages.indexOf(point.coverage) % COVERAGE_COLOURS.length] ?? "#000",
    label: percent(point.stressedWeight, 0),
  }));
  const ends = coverages.flatMap((coverage) => points.filter((point) => point.coverage === coverage).slice(0, 1));
  const axes = { x: "cost", y: "peakToTrough" } as const;
  return {
    title: "Coverage, procyclicality and cost",
    explanation:
      "Each line is one coverage in sample, its points are stressed weights. Right is dearer, up is more procyclical: from the margin of a calm to the highest. The ring is the chosen point, the dashed rule the limit of the search.",
    svg: draw(
      [
        Plot.ruleY([TRAINING_LIMITS.peakToTrough], { stroke: "#ccc", strokeDasharray: "4,4" }),
        Plot.line(points, { ...axes, z: "name", stroke: "colour" }),
        Plot.dot(points, { ...axes, fill: "colour", r: 4 }),
        Plot.dot([selected], { ...axes, stroke: "#2b2f36", r: 8 }),
        Plot.text(points, { ...axes, text: "label", dx: 9, textAnchor: "start", fontSize: 10, fill: "colour" }),
        Plot.text(ends, { ...axes, text: "name", dx: 42, textAnchor: "start", fill: "colour", fontWeight: 600 }),
      ],
      {
        x: { type: "linear", label: "cost, of notional", tickFormat: (value: number) => percent(value), nice: true },
        y: { label: "peak to trough", grid: true, nice: true },
      },
    ),
  };
}

/** How little the choice of the half-life matters. */
function flatnessChart({ search: { candidates, selected } }: Calibration): Chart {
  const weight = selected.walked.controller.stressedWeight;
  const own = candidates.filter(({ walked }) => walked.controller.stressedWeight === weight);
  const points = own.map(({ cost, rise5d, walked }) => ({
    cost,
    rise5d,
    label: `${walked.controller.realisedHalfLifeSeconds / 86_400} d`,
  }));
  return {
    title: "Half-life: what it costs and what it calms",
    explanation:
      "At the chosen weight and the same coverage in sample. The optimum is flat in cost; the worst rise over five days is not.",
    svg: draw(
      [
        Plot.ruleY([0], { stroke: "#ccc" }),
        Plot.line(points, { x: "cost", y: "rise5d", stroke: COLOURS.starting }),
        Plot.dot(points, { x: "cost", y: "rise5d", fill: COLOURS.chosen, r: 4 }),
        Plot.text(points, { x: "cost", y: "rise5d", text: "label", dy: -11 }),
      ],
      {
        x: { type: "linear", label: "cost, of notional", tickFormat: (value: number) => percent(value, 2), nice: true },
        y: { label: "worst 5-day rise", tickFormat: asPercent, grid: true },
      },
    ),
  };
}

function foldChart({ folds }: Calibration): Chart {
  const points = folds.flatMap(({ year, coverage }) =>
    (["long", "short"] as const).map((side) => ({ year: String(year), side, value: coverage[side] })),
  );
  return {
    title: "Coverage of a year that the search did not see",
    explanation: "Initial margin, long (blue) and short (orange). The rule is 99 %.",
    svg: draw(
      [
        Plot.ruleY([GOAL], { stroke: COLOURS.chosen }),
        Plot.dot(points, {
          x: "year",
          y: "value",
          fill: ({ side }: (typeof points)[number]) => SIDE_COLOURS[side],
          r: 6,
        }),
      ],
      {
        x: { type: "point", label: null },
        y: { label: null, tickFormat: (value: number) => percent(value), grid: true, domain: [0.98, 1] },
      },
    ),
  };
}
