import type { Spread } from "../model/sweep.ts";
import { NEVER, STEPS } from "../stress/frontier.ts";
import type { FrontierRow, GainRow, StressResult } from "../stress/sweep.ts";
import { columns, formatSpread } from "./designsText.ts";

const asFall = (share: number) => (share >= NEVER ? "none" : `${Math.round(share * 100)} %`);
const asShare = (share: number) => `${(share * 100).toFixed(1)} %`;
const asFactor = (value: number) => value.toFixed(2);

/** Of the markets outside, as a multiple of what is assumed. */
export function nameOfDepth(depth: number | null): string {
  return depth === null ? "no impact" : `${depth} ×`;
}

export const FRONTIER_COLUMNS = [
  "margin",
  "depth",
  "latency, min",
  "leverage",
  "open interest / equity",
  "initial at start",
  "maintenance at start",
  "reserve pays from",
  "backstop from",
  "others from",
  "spiral gain there",
  "torn up there",
  "keeper there",
  "left open there",
  "worst gain",
] as const;

export function frontierCells(row: FrontierRow): string[] {
  return [
    row.rule,
    nameOfDepth(row.depth),
    String(row.latencyMinutes),
    `${row.leverage} ×`,
    row.leverageAtStart.median.toFixed(1),
    asShare(row.initialAtStart.median),
    asShare(row.maintenanceAtStart.median),
    ...STEPS.map((step) => formatSpread(row.falls[step], asFall)),
    formatSpread(row.spiralGain, asFactor),
    formatSpread(row.tornUp, asShare),
    asShare(row.keeperProfit.median),
    asShare(row.leftOpen.median),
    `${asFactor(row.worstGain.spiralGain)} at ${asFall(row.worstGain.fall)}`,
  ];
}

/** Falls across, rules and depths down. */
export function gainTable(gains: readonly GainRow[]): { readonly names: string[]; readonly rows: string[][] } {
  const falls = [...new Set(gains.map(({ fall }) => fall))];
  const places = [...new Map(gains.map((row) => [`${row.rule} ${String(row.depth)}`, row])).values()];
  const gainAt = ({ rule, depth }: GainRow, fall: number): Spread | undefined =>
    gains.find((row) => row.rule === rule && row.depth === depth && row.fall === fall)?.spiralGain;
  const cell = (spread: Spread | undefined) => (spread === undefined ? "" : formatSpread(spread, asFactor));
  return {
    names: ["margin", "depth", ...falls.map(asFall)],
    rows: places.map((place) => [
      place.rule,
      nameOfDepth(place.depth),
      ...falls.map((fall) => cell(gainAt(place, fall))),
    ]),
  };
}

export function subtitleOf({ plan, trials }: StressResult): string {
  const { accounts, seeds, minutes } = plan;
  return `falls of ETH and BTC in ${minutes} minutes · ${accounts} accounts · ${seeds.length} seeds · ${trials.toLocaleString("en-US")} trials`;
}

/** The tables for a terminal. */
export function renderStressText(result: StressResult): string {
  const { names, rows } = gainTable(result.gains);
  return [
    `How much it can bear: ${subtitleOf(result)}`,
    "The least fall after which a loss reaches each step; medians over the seeds (least to most):",
    columns([FRONTIER_COLUMNS, ...result.frontiers.map(frontierCells)]),
    "Spiral gain by fall, at the first latency and leverage:",
    columns([names, ...rows]),
  ].join("\n\n");
}
