import { createRequire } from "node:module";
import * as Plot from "@observablehq/plot";
import type * as jsdom from "jsdom";

/** A picture with its explanation. `svg` stands alone: it refers to nothing outside. */
export interface Chart {
  readonly title: string;
  readonly explanation: string;
  readonly svg: string;
}

/** A point of a named line. `time` in Unix seconds. */
export interface Point {
  readonly time: number;
  readonly value: number;
  readonly name: string;
}

/** A point of which more is known than the middle. */
export interface SpreadPoint extends Point {
  readonly least: number;
  readonly most: number;
}

/** For what has no colour of its own. */
export const COLOURS = ["#2f6fb7", "#c0392b", "#1f9d76", "#8e5bbf", "#d08700", "#5b616b"];
export const CHART_WIDTH = 880;
export const CHART_HEIGHT = 250;
const UNNAMED_COLOUR = "#8e5bbf";

const require = createRequire(import.meta.url);
let page: jsdom.JSDOM | undefined;

/** What Plot draws in. It takes a second to load, and most commands end without a drawing. */
function emptyDocument(): Document {
  const { JSDOM } = require("jsdom") as typeof jsdom;
  page ??= new JSDOM("");
  return page.window.document;
}

export const asPercent = (value: number): string => `${(value * 100).toFixed(0)} %`;
export const toDate = ({ time }: { readonly time: number }): Date => new Date(time * 1000);

/** Draws over time, unless `options.x` says otherwise. */
export function draw(marks: Plot.Markish[], options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    document: emptyDocument(),
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

/** Lines with their names at their ends instead of a legend. @param x Where a point is; over time unless told otherwise. */
export function namedLines(
  points: readonly Point[],
  colours: Readonly<Record<string, string>>,
  x: (point: Point) => Date | number = toDate,
): Plot.Markish[] {
  const stroke = ({ name }: Point) => colours[name] ?? UNNAMED_COLOUR;
  return [
    Plot.lineY(points, { x, y: "value", z: "name", stroke, strokeWidth: 1.7 }),
    Plot.text(endsOf(points), {
      x,
      y: "value",
      text: "name",
      fill: stroke,
      textAnchor: "start",
      dx: 8,
      fontWeight: 600,
    }),
  ];
}

/** One of {@link COLOURS} for each name. */
export function coloursOf(points: readonly Point[]): Readonly<Record<string, string>> {
  const names = [...new Set(points.map(({ name }) => name))];
  return Object.fromEntries(names.map((name, i) => [name, COLOURS[i % COLOURS.length] ?? ""]));
}

/** Bars from the least to the most, behind lines of the same colours. */
export function spreadBars(
  points: readonly SpreadPoint[],
  colours: Readonly<Record<string, string>>,
  x: (point: Point) => number,
): Plot.Markish {
  const stroke = ({ name }: Point) => colours[name];
  return Plot.ruleX(points, { x, y1: "least", y2: "most", stroke, strokeOpacity: 0.35, strokeWidth: 4 });
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
