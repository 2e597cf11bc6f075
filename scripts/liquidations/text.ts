// The study as tables for a terminal.
import type { Design } from "./designs.ts";
import type { Study } from "./study.ts";
import type { Quantiles, Summary } from "./summary.ts";

const NAMES: Readonly<Record<Design, string>> = {
  legs: "auction, keeper's choice of legs",
  slice: "auction, a slice of everything",
  "bonus of value": "everything for 5 % of its value",
  "bonus of requirement": "everything for a share of R",
};
const HEAD = "books   loss % of R: mean median   p99   alive % notional %   s: median   p99  calls   open";

export function toText({ designs, bonus, deep, contests, reference }: Study): string {
  const rows = designs.map((row) => `${NAMES[row.design].padEnd(34)}${row.kind.padEnd(14)}${line(row)}`);
  const contested = contests.map((row) => {
    const name = `${row.keepers} ${row.keepers === 1 ? "keeper" : "keepers"}, ${row.strategy}`;
    return `${name.padEnd(48)}${line(row)}   profit % of R: ${percents(row.profit)}`;
  });
  return [
    `${" ".repeat(48)}${HEAD}`,
    ...rows,
    "",
    `The share of R at which 99 of 100 are taken as a whole: ${percent(bonus)} %`,
    "",
    ...contested,
    "",
    `Far below the line: ${JSON.stringify(deep.endings)}, ${deep.refused} packages refused`,
    `Against a search over all sizes on ${reference.books} small books: the choice brings ${percent(reference.share)} % of the most`,
  ].join("\n");
}

function line({ books, loss, alive, liquidated, seconds, calls, endings }: Summary): string {
  return [
    `${books}`.padStart(5),
    percents(loss).padStart(30),
    percent(alive).padStart(8),
    percent(liquidated).padStart(10),
    `${seconds.median}`.padStart(12),
    `${seconds.p99}`.padStart(6),
    calls.toFixed(2).padStart(6),
    `${endings.open}`.padStart(6),
  ].join(" ");
}

function percents({ mean, median, p99 }: Quantiles): string {
  return [mean, median, p99].map((value) => percent(value).padStart(6)).join(" ");
}

function percent(value: number): string {
  return (100 * value).toFixed(2);
}
