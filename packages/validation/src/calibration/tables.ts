import { formatTime } from "@plimsoll/replay";
import { type Table, percent, renderTable } from "../report/text.ts";
import { riseOver } from "../result.ts";
import type { Calibration } from "./calibration.ts";
import { missedGoals, type ScoredRow } from "./evaluation.ts";
import type { AssetParameters } from "./parameters.ts";
import type { Change } from "./parameterFile.ts";

const DAY = 86_400;
const HOUR = 3_600;

/** All tables of an asset, what was found first. */
export function tablesOf(calibration: Calibration): Table[] {
  return [
    parameterTable(calibration),
    ...scoreTables(calibration),
    foldTable(calibration),
    frontierTable(calibration),
    ...speedTables(calibration),
  ];
}

/** Every calibrated parameter by its name. */
export function parameterValues({ risk, controller, stressed }: AssetParameters): ReadonlyMap<string, string> {
  return new Map([
    ["half-life of realised volatility", `${controller.realisedHalfLifeSeconds / DAY} d`],
    ["stressed weight", percent(controller.stressedWeight, 0)],
    ["stressed volatility", percent(stressed, 0)],
    ["floor of volatility", percent(controller.floor, 0)],
    ["half-life of the way down, initial", `${controller.initialHalfLifeSeconds / HOUR} h`],
    ["rise of maintenance volatility", `${percent(controller.maintenanceRisePerHour)} an hour`],
    ...(["initial", "maintenance"] as const).flatMap((tier): [string, string][] => {
      const { z, horizonSeconds, rangeMin, rangeMax } = risk[tier];
      return [
        [`${tier}: z over ${horizonSeconds / HOUR} h`, z.toFixed(2)],
        [`${tier}: scan range`, `${rangeMin} – ${rangeMax}`],
      ];
    }),
  ]);
}

function parameterTable({ starting, chosen }: Calibration): Table {
  const before = parameterValues(starting);
  return {
    title: "Parameters",
    explanation: "What the search found, beside what it started from.",
    columns: ["parameter", "", "starting", "chosen"],
    rows: [...parameterValues(chosen)].map(([name, value]) => [name, "", before.get(name) ?? "–", value]),
  };
}

const EXPLANATION =
  "One unit, long and short. Coverage with its 95 % interval; misses in the calmest and in the wildest fifth of the time, * where that may be luck. In the last column the published goals that are missed.";

function scoreTables({ asset, rows, data }: Calibration): Table[] {
  return (["test", "training"] as const).flatMap((span): Table[] => {
    const own = rows.filter((row) => row.span === span);
    const limits = data[span];
    if (own.length === 0 || limits === undefined) return [];
    const title = span === "test" ? "Out of sample" : "In sample";
    return [
      {
        title: `${title}, ${formatTime(limits.from)} to ${formatTime(limits.to)}`,
        explanation: EXPLANATION,
        columns: [
          "parameters",
          "book",
          "coverage",
          "interval",
          "Q1",
          "Q5",
          "peak / trough",
          "rise 5 d",
          "mean",
          "misses goals",
        ],
        rows: own.map((row) => scoreRow(row, asset)),
      },
    ];
  });
}

function scoreRow(row: ScoredRow, asset: Calibration["asset"]): string[] {
  const { score, tier, side, parameters, withImplied } = row;
  const extremes = [score.quintiles[0], score.quintiles.at(-1)].map((one) =>
    one === undefined ? "–" : `${percent(one.misses.value)}${one.isLuck ? "*" : ""}`,
  );
  return [
    withImplied ? `${parameters}, implied` : parameters,
    `${tier} ${side}`,
    percent(score.coverage.value, 2),
    `${percent(score.coverage.low, 2)} – ${percent(score.coverage.high, 2)}`,
    ...extremes,
    score.peakToTrough.toFixed(2),
    percent(riseOver(score, 5), 0),
    percent(score.mean),
    missedGoals(row, asset).join(", ") || "none",
  ];
}

function foldTable({ folds }: Calibration): Table {
  return {
    title: "A year left out",
    explanation: "The search without that year, then the initial margin that it would have given in it.",
    columns: ["year", "", "half-life", "weight", "z", "coverage long", "short", "mean"],
    rows: folds.map(({ year, halfLifeDays, stressedWeight, z, coverage, mean }) => [
      String(year),
      "",
      `${halfLifeDays} d`,
      percent(stressedWeight, 0),
      z.toFixed(2),
      percent(coverage.long, 2),
      percent(coverage.short, 2),
      percent(mean),
    ]),
  };
}

function frontierTable({ frontier }: Calibration): Table {
  return {
    title: "Frontier",
    explanation:
      "Coverage, procyclicality and cost over the stressed weight, at the chosen half-life, in sample. Cost is half the mean margin, half the margin of a calm that is half as volatile as the median; peak to trough is from there to the highest.",
    columns: ["coverage", "weight", "z", "cost", "peak / trough", "rise 5 d"],
    rows: frontier.map(({ coverage, stressedWeight, z, cost, peakToTrough, rise5d }) => [
      percent(coverage),
      percent(stressedWeight, 0),
      z.toFixed(2),
      percent(cost, 2),
      peakToTrough.toFixed(2),
      percent(rise5d, 0),
    ]),
  };
}

function speedTables({ search: { refined } }: Calibration): Table[] {
  return [
    {
      title: "Half-life of the way down",
      explanation: "Mean initial volatility in sample.",
      columns: ["half-life", "", "mean volatility"],
      rows: refined.initialHalfLives.map(({ value, measure }) => [`${value} h`, "", percent(measure, 2)]),
    },
    {
      title: "Speed of maintenance",
      explanation:
        "What losses over the maintenance horizon exceed margin by, on average over all samples of both sides.",
      columns: ["rise an hour", "", "shortfall"],
      rows: refined.rises.map(({ value, measure }) => [percent(value), "", percent(measure, 4)]),
    },
  ];
}

/** Everything as text for a terminal. */
export function renderText(calibrations: readonly Calibration[]): string {
  return calibrations
    .map((calibration) => {
      const tables = tablesOf(calibration).map((table) => `${table.title}\n${renderTable(table)}`);
      return [calibration.asset, ...tables].join("\n\n");
    })
    .join("\n\n");
}

export function renderChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return "  nothing to change: the parameters are written already";
  const line = ({ file, parameter, from, to }: Change) => `  ${file}: ${parameter} ${from} → ${to}`;
  return changes.map(line).join("\n");
}
