import { distanceOf, isConcerned, type Suite, type Touched } from "./suites.ts";

/** What was seen of the tests so far. */
export interface Experience {
  /** Seconds that each test file takes on unchanged code. */
  readonly seconds: ReadonlyMap<string, number>;
  /** How many mutants of a file each test file has killed, by `mutated file test file`. */
  readonly kills: ReadonlyMap<string, number>;
}

/** Tests that take longer than this come last, whatever they have killed: most mutants never meet them. */
const SLOW_SECONDS = 10;
/** Seconds that compiling a test takes, about. */
const COMPILING = 1.5;
/** A run of tests costs half a second whatever it runs, and nothing more is run once one is red: the first runs are short, each next twice as long. */
const FIRST_RUN_SECONDS = 4;

/** The tests that a mutant can show in, in runs one after the other: those first that have killed others of its file, then the nearest, then the quickest; at the end those that are slow. */
export function scheduleOf(suites: readonly Suite[], touched: Touched, experience: Experience): Suite[][] {
  const kills = ({ file }: Suite) => experience.kills.get(`${touched.file} ${file}`) ?? 0;
  const seconds = ({ file }: Suite) => experience.seconds.get(file) ?? 0;
  const cost = (suite: Suite) => seconds(suite) + (suite.files.has(touched.file) ? COMPILING : 0);
  const slow = (suite: Suite) => Number(seconds(suite) > SLOW_SECONDS);
  const ordered = suites
    .filter((suite) => isConcerned(suite, touched))
    .sort(
      (a, b) =>
        slow(a) - slow(b) ||
        kills(b) - kills(a) ||
        distanceOf(a, touched) - distanceOf(b, touched) ||
        cost(a) - cost(b),
    );
  const runs: Suite[][] = [];
  let left = 0;
  let next = FIRST_RUN_SECONDS;
  for (const suite of ordered) {
    if (left <= 0) {
      runs.push([]);
      left = next;
      next *= 2;
    }
    runs.at(-1)?.push(suite);
    left -= cost(suite);
  }
  return runs;
}
