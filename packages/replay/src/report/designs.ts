import * as Plot from "@observablehq/plot";
import type { DesignRow, SizeRow, SweepResult } from "../model/sweep.ts";
import {
  DESIGN_COLUMNS,
  SIZE_COLUMNS,
  WATERFALL_COLUMNS,
  designCells,
  sizeCells,
  waterfallCells,
} from "./designsText.ts";
import { renderChart, renderDocument, renderSection, renderTable } from "./document.ts";
import { COLOURS, type Chart, type Point, asPercent, coloursOf, draw, namedLines, spreadBars } from "./drawing.ts";
import type { Picture } from "./image.ts";

const THOUSAND = 1_000;

/** The charts as one picture. */
export function drawDesigns(result: SweepResult): Picture {
  return { title: "Designs of liquidation", subtitle: subtitleOf(result), charts: chartsOf(result) };
}

export function renderDesignsPage(result: SweepResult): string {
  const tables = [
    renderSection(
      `Designs, a keeper ${result.latencyMinutes} minutes away`,
      "The same accounts, prices, rounds and hedge costs. Median, least and most over the seeds.",
      renderTable(DESIGN_COLUMNS, result.designs.map(designCells)),
    ),
    renderSection(
      "Backstop",
      "Shares of open interest at the start, on top of the reserve of 0.5 %. Deficits would be enough if what is taken over were hedged at once; needed is what keeps the backstop from owing anything while it holds what it took over.",
      renderTable(SIZE_COLUMNS, result.sizes.map(sizeCells)),
    ),
    renderSection(
      "Who pays for deficits",
      "With reserve and backstop as deployed. Shares of open interest at the start. Deleveraged is what those pay who hold the other side of an account that the backstop may not take, shared what all positive cash pays.",
      renderTable(WATERFALL_COLUMNS, result.waterfalls.map(waterfallCells)),
    ),
  ];
  return renderDocument({
    name: "Plimsoll: designs of liquidation",
    title: "Designs of liquidation",
    lead: subtitleOf(result),
    body: [...chartsOf(result).map(renderChart), ...tables].join("\n"),
    footer:
      "A model in float64 of the contracts, the people and the keeper. It compares rules; it is no estimate of loss.",
  });
}

function subtitleOf({ title, accounts, seeds }: SweepResult): string {
  return `${title} · ${accounts} accounts · ${seeds.length} seeds`;
}

function chartsOf(result: SweepResult): Chart[] {
  return [sizeChart(result.sizes), costChart(result.designs)];
}

/** Minutes in the place of time. Where an auction lapses before the keeper's next transaction reaches it, little comes before the waterfall. */
function sizeChart(rows: readonly SizeRow[]): Chart {
  const points = longestLapses(rows).map(({ design, margin, latencyMinutes, needed }) => ({
    ...{ time: latencyMinutes, value: needed.median, name: `${design}, ${margin}` },
    ...{ least: needed.least, most: needed.most },
  }));
  const colours = coloursOf(points);
  const minutes = ({ time }: Point) => time;
  const marks = [spreadBars(points, colours, minutes), ...namedLines(points, colours, minutes)];
  return {
    title: "Backstop at which nothing is shared, share of open interest, by keeper latency in minutes",
    explanation:
      "Lines are medians over the seeds, bars reach from the least to the most. Where a keeper is slow, auctions are given the longer life of the table.",
    svg: draw(marks, {
      x: { type: "linear", label: null, ticks: [...new Set(points.map(minutes))] },
      y: { grid: true, zero: true, tickFormat: asPercent, label: null },
      marginRight: 200,
    }),
  };
}

/** Of rows that differ in the lapse alone, the one with the longest. */
function longestLapses(rows: readonly SizeRow[]): SizeRow[] {
  const byLapse = rows.toSorted((a, b) => a.lapseMinutes - b.lapseMinutes);
  const keyOf = ({ design, margin, latencyMinutes }: SizeRow) => JSON.stringify([design, margin, latencyMinutes]);
  const longest = new Map(byLapse.map((row) => [keyOf(row), row]));
  return rows.filter((row) => longest.get(keyOf(row)) === row);
}

/** Who pays: liquidated accounts out of their equity, others for what that did not cover. */
function costChart(rows: readonly DesignRow[]): Chart {
  const bars = rows.flatMap(({ design, badDebt, paidByAccounts }) => [
    { name: `${design}: paid by accounts`, value: paidByAccounts.median / THOUSAND, colour: COLOURS[0] },
    { name: `${design}: bad debt`, value: badDebt.median / THOUSAND, colour: COLOURS[1] },
  ]);
  const marks = [
    Plot.barX(bars, { x: "value", y: "name", fill: "colour" }),
    Plot.text(bars, {
      ...{ x: "value", y: "name", textAnchor: "start", dx: 5 },
      text: ({ value }: { value: number }) => `$${Math.round(value).toLocaleString("en-US")} k`,
    }),
  ];
  return {
    title: "What the liquidations cost, thousand USD",
    explanation: "Medians over the seeds: what accounts paid out of their equity, and what their equity did not cover.",
    svg: draw(marks, {
      x: { type: "linear", label: null, grid: true },
      y: { type: "band", label: null, domain: bars.map(({ name }) => name) },
      marginLeft: 220,
      marginRight: 90,
    }),
  };
}
