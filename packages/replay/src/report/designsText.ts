import type { DesignRow, SizeRow, Spread, SweepResult, WaterfallRow } from "../model/sweep.ts";
import { formatUsd } from "./text.ts";

/** Median over the seeds, and the least and the most where there are several. */
export function formatSpread({ median, least, most }: Spread, format: (value: number) => string): string {
  return least === most ? format(median) : `${format(median)} (${format(least)} to ${format(most)})`;
}

const asPlain = (value: number) => String(Math.round(value));
const asShare = (value: number) => `${(value * 100).toFixed(2)} %`;

export const DESIGN_COLUMNS = [
  "design",
  "bad debt",
  "liquidated notional",
  "paid by accounts",
  "accounts liquidated",
  "of them closed",
  "keeper profit",
  "account-hours below maintenance",
] as const;

export function designCells(row: DesignRow): string[] {
  return [
    row.design,
    formatSpread(row.badDebt, formatUsd),
    formatSpread(row.liquidatedNotional, formatUsd),
    formatSpread(row.paidByAccounts, formatUsd),
    formatSpread(row.liquidatedAccounts, asPlain),
    formatSpread(row.closedAccounts, asPlain),
    formatSpread(row.keeperProfit, formatUsd),
    formatSpread(row.hoursBelow, asPlain),
  ];
}

export const SIZE_COLUMNS = [
  "design and margin",
  "latency, min",
  "lapse, min",
  "deficits",
  "backstop needed",
  "accounts held at once",
  "deficit left open",
] as const;

export function sizeCells(row: SizeRow): string[] {
  return [
    `${row.design}, ${row.margin}`,
    asPlain(row.latencyMinutes),
    asPlain(row.lapseMinutes),
    formatSpread(row.deficits, asShare),
    formatSpread(row.needed, asShare),
    formatSpread(row.held, asPlain),
    formatSpread(row.leftOpen, asShare),
  ];
}

export const WATERFALL_COLUMNS = [
  "margin",
  "latency, min",
  "bad debt",
  "reserve",
  "backstop",
  "deleveraged",
  "shared",
  "left open",
] as const;

export function waterfallCells(row: WaterfallRow): string[] {
  const amounts = [row.badDebt, row.reserve, row.backstop, row.deleveraged, row.shared, row.leftOpen];
  return [row.margin, asPlain(row.latencyMinutes), ...amounts.map((amount) => formatSpread(amount, asShare))];
}

/** The tables for a terminal. */
export function renderDesignsText(result: SweepResult): string {
  const { title, accounts, seeds, latencyMinutes, openInterest } = result;
  return [
    `${title}: ${accounts} accounts, ${seeds.length} seeds, open interest ${formatSpread(openInterest, formatUsd)}`,
    `Median (least to most) over the seeds. A keeper ${latencyMinutes} minutes away:`,
    columns([DESIGN_COLUMNS, ...result.designs.map(designCells)]),
    "Shares of open interest, on top of the reserve of 0.5 %:",
    columns([SIZE_COLUMNS, ...result.sizes.map(sizeCells)]),
    "Who pays for deficits with reserve and backstop as deployed, shares of open interest:",
    columns([WATERFALL_COLUMNS, ...result.waterfalls.map(waterfallCells)]),
  ].join("\n\n");
}

/** Lined up, the first to the left and all others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0));
  return rows.map((row) => `  ${row.map(pad).join("  ")}`).join("\n");
}
