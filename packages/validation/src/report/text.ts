import { formatTime } from "@plimsoll/replay";
import type { MissTest, Score } from "@plimsoll/risk";
import { OPTION_BOOKS } from "../books.ts";
import type { Tier } from "../observations.ts";
import { type AssetResult, type ValidationResult, riseOver } from "../result.ts";

/** A table of texts. */
export interface Table {
  readonly title: string;
  readonly explanation: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function percent(value: number, digits = 1): string {
  return Number.isNaN(value) ? "–" : `${(value * 100).toFixed(digits)} %`;
}

const ratio = (value: number) => value.toFixed(2);
const hours = (seconds: number | undefined) => (seconds === undefined ? "–" : `${(seconds / 3600).toFixed(0)} h`);

/** All tables of an asset, the scoreboard first. */
export function tablesOf(asset: AssetResult): Table[] {
  return [
    coverageTable(asset),
    procyclicalityTable(asset),
    ...rivalTables(asset),
    testTable(asset),
    noticeTable(asset),
    impulseTable(asset),
  ];
}

interface NamedScore {
  readonly name: string;
  readonly tier: Tier;
  readonly score: Score;
}

function ownScores({ deltaOne, books }: AssetResult): NamedScore[] {
  return [
    ...deltaOne.map(({ side, tier, score }) => ({ name: side, tier, score })),
    ...books.map(({ book, tier, score }) => ({ name: book, tier, score })),
  ];
}

function coverageTable(asset: AssetResult): Table {
  const rows = ownScores(asset).map(({ name, tier, score }) => {
    const { coverage, insideMisses, exceedances, quintiles } = score;
    const misses = quintiles.map((one) => `${percent(one.misses.value)}${one.isLuck ? "*" : ""}`);
    const interval = `${percent(coverage.low, 2)} – ${percent(coverage.high, 2)}`;
    const excess = [percent(exceedances.mean), percent(exceedances.max), percent(exceedances.maxOfMargin, 0)];
    // Books are valued at the end of the maintenance horizon only.
    const isWatched = tier === "initial" || !isOptionBook(name);
    const inside = isWatched ? percent(insideMisses.value, 2) : "–";
    return [tier, name, percent(coverage.value, 2), interval, inside, ...excess, ...misses];
  });
  return {
    title: "Coverage",
    explanation:
      "Share of samples whose loss at the end of the horizon the margin covers, with a 95 % interval that knows how samples overlap and misses cluster. " +
      "Inside: samples with a loss beyond the margin at any minute of the horizon, of option books at any of the marks four hours apart. Excess: loss beyond margin, mean and worst, of notional; and worst, of margin. " +
      "Misses by fifths of time, from the calmest; * more than 1.3 %, which may be luck.",
    columns: [
      "tier",
      "book",
      "coverage",
      "interval",
      "inside",
      "excess",
      "worst",
      "of margin",
      "Q1",
      "Q2",
      "Q3",
      "Q4",
      "Q5",
    ],
    rows,
  };
}

function procyclicalityTable(asset: AssetResult): Table {
  return {
    title: "Procyclicality and cost",
    explanation:
      "Highest margin over lowest, and the worst rise over so many days, of a requirement as a fraction of notional; its mean is what it costs.",
    columns: ["tier", "book", "peak / trough", "rise 1 d", "rise 5 d", "rise 30 d", "mean"],
    rows: ownScores(asset)
      .filter(({ name }) => name !== CHANGING_BOOK)
      .map(({ name, tier, score }) => [tier, name, ...procyclicality(score)]),
  };
}

const isOptionBook = (name: string) => OPTION_BOOKS.some((book) => book === name);

/** Every day another book: its margin moves with its legs. */
const CHANGING_BOOK = "random options";

function procyclicality(score: Score): string[] {
  const rises = [1, 5, 30].map((days) => percent(riseOver(score, days), 0));
  return [ratio(score.peakToTrough), ...rises, percent(score.mean)];
}

function rivalTables({ rivals, deltaOne, isFittedBefore }: AssetResult): Table[] {
  const scaled = isFittedBefore
    ? "Every other rule is scaled to the coverage that Plimsoll's margin had before the validation, over the same samples. A rule that is known for less than a quarter before is left out."
    : "There are too few prices before the validation, so the other rules are scaled to the coverage inside it: they know what they could not have known.";
  return (["long", "short"] as const).map((side) => {
    const own = deltaOne.filter((row) => row.side === side).map((row) => ({ ...row, name: "Plimsoll" }));
    const others = rivals.filter((row) => row.side === side);
    const rows = (["initial", "maintenance"] as const).flatMap((tier) =>
      [...own, ...others]
        .filter((row) => row.tier === tier)
        .map(({ name, score }) => {
          const outer = [score.quintiles[0], score.quintiles.at(-1)].map((one) => percent(one?.misses.value ?? NaN));
          return [tier, name, percent(score.coverage.value, 2), ...outer, ...procyclicality(score)];
        }),
    );
    return {
      title: `Side by side, ${side}`,
      explanation: scaled,
      columns: ["tier", "rule", "coverage", "Q1", "Q5", "peak / trough", "rise 1 d", "rise 5 d", "rise 30 d", "mean"],
      rows,
    };
  });
}

function testTable(asset: AssetResult): Table {
  const cell = ({ pValue, power }: MissTest) => `${pValue.toFixed(3)} (${percent(power, 0)})`;
  const rows = ownScores(asset).map(({ name, tier, score: { tests } }) => [
    tier,
    name,
    `${tests.misses} of ${tests.windows}`,
    cell(tests.kupiec),
    cell(tests.independence),
    cell(tests.conditionalCoverage),
  ]);
  return {
    title: "Tests",
    explanation:
      "p-values on windows that do not overlap, at an expected 1 % of misses; in brackets the power: how likely the test is to notice 2 % of misses (Kupiec, both) or that a miss repeats itself one time in five (Christoffersen). Too few misses are rejected, too.",
    columns: ["tier", "book", "misses", "Kupiec", "Christoffersen", "both"],
    rows,
  };
}

function noticeTable({ notice }: AssetResult): Table {
  const shares = (["initial", "maintenance"] as const).map((tier) => [
    `rises of the ${tier} requirement that volatility alone brought`,
    percent(notice.volatilityShare[tier], 0),
    "",
  ]);
  const rises = notice.rises.map(({ rise, seconds, publishedSeconds }) => [
    `least time for volatility alone to raise maintenance by ${percent(rise, 0)}`,
    hours(seconds),
    `published: ${(publishedSeconds / 3600).toFixed(1)} h at least`,
  ]);
  return {
    title: "Notice",
    explanation: "Of one long unit. A change of the requirement is split into what volatility and what price brought.",
    columns: ["", "observed", ""],
    rows: [...shares, ...rises],
  };
}

const IMPULSE_HOURS = [0, 1, 6, 24, 72, 240, 719];

function impulseTable({ response }: AssetResult): Table {
  const rows = (["initial", "maintenance"] as const).map((tier) => [
    tier,
    ...IMPULSE_HOURS.map((hour) => percent(response.required[hour]?.[tier] ?? NaN)),
  ]);
  return {
    title: "Impulse response",
    explanation: `What a long unit requires, of notional: before a fall of ${percent(-response.shock, 0)} within an hour, from the volatility of the first moment on, and so many hours after its beginning.`,
    columns: ["tier", ...IMPULSE_HOURS.map((hour) => (hour === 0 ? "before" : `${hour} h`))],
    rows,
  };
}

/** Everything as text for a terminal. */
export function renderText({ title, assets }: ValidationResult): string {
  const parts = assets.map((asset) => {
    const tables = tablesOf(asset).map((table) => `${table.title}\n${renderTable(table)}`);
    return `${headline(asset)}\n\n${tables.join("\n\n")}`;
  });
  return [title, ...parts].join("\n\n");
}

export function headline(asset: AssetResult): string {
  return `${asset.asset} · ${spanOf(asset)} · ${asset.samples.length} samples`;
}

export function spanOf({ from, to, hasImplied }: AssetResult): string {
  const implied = hasImplied ? "with implied volatility" : "realised volatility alone";
  return `${formatTime(from)} to ${formatTime(to)} · ${implied}`;
}

/** For a terminal: the first two columns are names, the others numbers. */
export function renderTable({ columns, rows }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [columns, ...rows].map((row) => `  ${line(row)}`).join("\n");
}
