import * as Plot from "@observablehq/plot";
import type { Spread } from "../model/sweep.ts";
import { STEPS, type Step } from "../stress/frontier.ts";
import type { FrontierRow, StressResult } from "../stress/sweep.ts";
import { renderChart, renderDocument, renderSection, renderTable } from "./document.ts";
import { type Chart, type Point, asPercent, coloursOf, draw, namedLines, spreadBars } from "./drawing.ts";
import type { Picture } from "./image.ts";
import { FRONTIER_COLUMNS, frontierCells, gainTable, nameOfDepth, subtitleOf } from "./stressText.ts";

const STEP_NAMES: Readonly<Record<Step, string>> = {
  reserve: "reserve pays",
  backstop: "backstop pays",
  others: "others pay",
};

/** What falls are drawn by; the others stay as they are first. */
const AXES = ["depth", "latencyMinutes", "leverage"] as const;
type Axis = (typeof AXES)[number];

/** The charts as one picture. */
export function drawStress(result: StressResult): Picture {
  return { title: "How much it can bear", subtitle: subtitleOf(result), charts: chartsOf(result) };
}

export function renderStressPage(result: StressResult): string {
  const gains = gainTable(result.gains);
  const tables = [
    renderSection(
      "Frontiers",
      "The least fall after which a loss reaches each step of the waterfall. Median, least and most over the seeds; none: no fall up to 94 %. What is asked at the start is a share of open interest. Others pay by deleveraging, by a share of all positive cash, or a deficit is left open at the end.",
      renderTable(FRONTIER_COLUMNS, result.frontiers.map(frontierCells)),
    ),
    renderSection(
      "Spiral gain by fall",
      "What forced flow adds to the fall within twelve hours, over the fall, in the logarithm; the larger of ETH's and BTC's.",
      renderTable(gains.names, gains.rows),
    ),
  ];
  return renderDocument({
    name: "Plimsoll: how much it can bear",
    title: "How much it can bear",
    lead: subtitleOf(result),
    body: [...chartsOf(result).map(renderChart), ...tables].join("\n"),
    footer:
      "A model in float64 of the contracts, the people and the keeper, and a law of price impact. It compares rules; it is no estimate of loss.",
  });
}

function chartsOf(result: StressResult): Chart[] {
  const { frontiers } = result;
  // Of the first of each list.
  const [first] = frontiers;
  if (first === undefined) return [];
  const { rule, depth } = first;
  const along = (axis: Axis) =>
    frontiers
      .filter((row) => AXES.every((other) => other === axis || row[other] === first[other]))
      .toSorted((a, b) => (a[axis] ?? Infinity) - (b[axis] ?? Infinity));
  const byDepth = along("depth");
  const frontierOf = (row: FrontierRow): Line => ({ name: row.rule, spread: row.falls.others });
  return [
    chart(
      {
        title: "Fall at which others lose, by depth of the markets outside",
        explanation:
          "1 ×: as the concentration add-on assumes. Lines are medians over the seeds, bars reach from the least to the most; 100 %: not reached.",
      },
      { rows: byDepth, label: ({ depth: of }) => nameOfDepth(of), lines: (row) => [frontierOf(row)] },
    ),
    chart(
      {
        title: `When each step of the waterfall is reached under the ${rule} margin, by depth`,
        explanation: "First the reserve pays, then the backstop, then others.",
      },
      {
        rows: byDepth.filter((row) => row.rule === rule),
        label: ({ depth: of }) => nameOfDepth(of),
        lines: (row) => STEPS.map((step) => ({ name: STEP_NAMES[step], spread: row.falls[step] })),
      },
    ),
    chart(
      {
        title: `Fall at which others lose, by keeper latency in minutes, at depth ${nameOfDepth(depth)}`,
        explanation: "Where auctions lapse before the keeper's next transaction, deficits are left open.",
      },
      {
        rows: along("latencyMinutes"),
        label: ({ latencyMinutes }) => String(latencyMinutes),
        lines: (row) => [frontierOf(row)],
      },
    ),
    chart(
      {
        title: `Fall at which others lose, by leverage of people, at depth ${nameOfDepth(depth)}`,
        explanation: "Multiples of a replay's; margin at opening lets only a part of the highest be opened.",
      },
      { rows: along("leverage"), label: ({ leverage: of }) => `${of} ×`, lines: (row) => [frontierOf(row)] },
    ),
    chart(
      {
        title: "Spiral gain along the frontier, by depth",
        explanation:
          "What forced flow adds to the fall at which others lose, over that fall. Below 1 a shock dies out.",
      },
      {
        rows: byDepth,
        label: ({ depth: of }) => nameOfDepth(of),
        lines: (row) => [{ name: row.rule, spread: row.spiralGain }],
        format: String,
      },
    ),
    gainChart(result, rule),
  ];
}

interface Line {
  readonly name: string;
  readonly spread: Spread;
}

interface Drawn<T> {
  readonly rows: readonly T[];
  /** Of the place of a row on the axis. */
  readonly label: (row: T) => string;
  readonly lines: (row: T) => readonly Line[];
  readonly format?: (value: number) => string;
}

/** Places at equal distances, in the order of the rows. */
function chart<T>(text: Omit<Chart, "svg">, { rows, label, lines, format = asPercent }: Drawn<T>): Chart {
  const labels = [...new Set(rows.map(label))];
  const points = rows.flatMap((row) =>
    lines(row).map(({ name, spread }) => ({
      ...{ time: labels.indexOf(label(row)), value: spread.median, name },
      ...{ least: spread.least, most: spread.most },
    })),
  );
  const colours = coloursOf(points);
  const place = ({ time }: Point) => time;
  const marks = [
    spreadBars(points, colours, place),
    Plot.dot(points, { x: place, y: "value", fill: ({ name }: Point) => colours[name], r: 3 }),
    ...namedLines(points, colours, place),
  ];
  const svg = draw(marks, {
    x: {
      type: "linear",
      label: null,
      ticks: labels.map((_, i) => i),
      tickFormat: (i: number) => labels[i] ?? "",
      inset: 12,
    },
    y: { grid: true, zero: true, tickFormat: format, label: null },
  });
  return { ...text, svg };
}

function gainChart({ gains }: StressResult, rule: string): Chart {
  return chart(
    {
      title: `Spiral gain by size of the fall under the ${rule} margin`,
      explanation: "One line for each depth of the markets outside. Small falls that liquidate have the largest gains.",
    },
    {
      rows: gains.filter((row) => row.rule === rule),
      label: ({ fall }) => asPercent(fall),
      lines: ({ depth, spiralGain }) => [{ name: nameOfDepth(depth), spread: spiralGain }],
      format: String,
    },
  );
}
