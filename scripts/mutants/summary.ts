import type { Survivor } from "../../test/mutants/survivors.ts";
import type { Record } from "./records.ts";

/** Share of mutants that must be killed. */
export const GOAL = 0.9;

export interface Row {
  readonly name: string;
  readonly killed: number;
  readonly tried: number;
}

/** A list of survivors that does not say what it should. */
export interface Stale {
  readonly id: string;
  readonly why: "no such mutant" | "killed";
}

export interface Summary {
  readonly tried: number;
  readonly killed: number;
  readonly timedOut: number;
  readonly notCompiled: number;
  readonly byFile: readonly Row[];
  readonly byOperator: readonly Row[];
  readonly survivors: readonly { readonly record: Record; readonly reason: string | undefined }[];
  readonly stale: readonly Stale[];
}

/** @param known Whether there is such a mutant, sampled or not. */
export function summarise(
  records: readonly Record[],
  reasons: readonly Survivor[],
  known: (id: string) => boolean,
): Summary {
  const counted = records.filter(({ outcome }) => outcome !== "does not compile");
  const killed = counted.filter(isKilled);
  const gone = reasons.filter(({ id }) => !known(id));
  const dead = reasons.filter(({ id }) => killed.some((record) => record.id === id));
  return {
    tried: counted.length,
    killed: killed.length,
    timedOut: counted.filter(({ outcome }) => outcome === "timed out").length,
    notCompiled: records.length - counted.length,
    byFile: rowsOf(counted, ({ file }) => file.replace(/^contracts\//, "")),
    byOperator: rowsOf(counted, ({ operator }) => operator),
    survivors: counted
      .filter((record) => !isKilled(record))
      .map((record) => ({ record, reason: reasons.find(({ id }) => id === record.id)?.reason })),
    stale: [
      ...gone.map(({ id }) => ({ id, why: "no such mutant" as const })),
      ...dead.map(({ id }) => ({ id, why: "killed" as const })),
    ],
  };
}

export function isGood({ tried, killed, survivors, stale }: Summary): boolean {
  return (
    tried > 0 && killed >= GOAL * tried && stale.length === 0 && survivors.every(({ reason }) => reason !== undefined)
  );
}

export function toText(summary: Summary, seconds: number): string {
  const { tried, killed, timedOut, notCompiled, survivors, stale } = summary;
  const unexplained = survivors.filter(({ reason }) => reason === undefined).length;
  const share = ((100 * killed) / Math.max(tried, 1)).toFixed(1);
  return [
    ...tableOf("file", summary.byFile),
    "",
    ...tableOf("operator", summary.byOperator),
    "",
    ...survivors.map(
      ({ record, reason }) => `survived: ${record.id}\n    line ${record.line}: ${reason ?? "NO REASON"}`,
    ),
    ...stale.map(({ id, why }) => `stale entry of test/mutants/survivors.ts (${why}): ${id}`),
    `${killed} of ${tried} mutants killed (${share} %), ${timedOut} of them timed out; ${survivors.length} survived, ` +
      `${unexplained} without a reason; ${notCompiled} more did not compile; ${seconds.toFixed(0)} s`,
  ].join("\n");
}

function isKilled({ outcome }: Record): boolean {
  return outcome === "killed" || outcome === "timed out";
}

function rowsOf(records: readonly Record[], nameOf: (record: Record) => string): Row[] {
  return [...Map.groupBy(records, nameOf)]
    .map(([name, all]) => ({ name, killed: all.filter(isKilled).length, tried: all.length }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function tableOf(title: string, rows: readonly Row[]): string[] {
  const width = Math.max(title.length, ...rows.map(({ name }) => name.length));
  const line = (name: string, killed: string, tried: string) =>
    `${name.padEnd(width)}  ${killed.padStart(6)}  ${tried.padStart(5)}`;
  return [
    line(title, "killed", "tried"),
    ...rows.map(({ name, killed, tried }) => line(name, `${killed}`, `${tried}`)),
  ];
}
