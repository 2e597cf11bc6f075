import { type Spread, spreadOf } from "../model/sweep.ts";
import type { Progress } from "../run.ts";
import { Attempts, type Frontier, STEPS, type Step, findFrontier } from "./frontier.ts";
import { type Rule, nameOfRule } from "./rules.ts";
import { type Cell, type Premise, type Setting, type Trial, tryFall } from "./trial.ts";

/** What is swept. The first of a list is where the other lists are swept. */
export interface StressPlan extends Premise {
  readonly rules: readonly Rule[];
  readonly depths: readonly number[];
  readonly latencies: readonly number[];
  readonly leverages: readonly number[];
  /** Every latency at every leverage, and not only at the first. */
  readonly isCrossed: boolean;
  readonly seeds: readonly string[];
}

/** Finds one frontier. */
export interface Job {
  readonly cell: Cell;
  readonly setting: Setting;
  /** Whether falls of all sizes are tried as well. */
  readonly isProfiled: boolean;
}

/** Runs jobs somewhere. Results come in the order of the jobs. */
export type Runner = (jobs: readonly Job[], onDone: () => void) => Promise<Frontier[]>;

/** What a rule bears in one place, over the seeds. Falls and open interest as shares. */
export interface FrontierRow {
  readonly rule: string;
  /** Null: forced flow moves nothing. */
  readonly depth: number | null;
  readonly latencyMinutes: number;
  readonly leverage: number;
  /** Open interest over equity of the traders, as margin let them open it. */
  readonly leverageAtStart: Spread;
  /** What the rule asks of the traders at the start, over open interest. */
  readonly initialAtStart: Spread;
  readonly maintenanceAtStart: Spread;
  /** The least fall at which a loss reaches a step; 1 where none does. */
  readonly falls: Readonly<Record<Step, Spread>>;
  /** At the frontier of the last step. */
  readonly spiralGain: Spread;
  /** The most that a price was off by forced flow, in the logarithm; notional torn up, the keeper's profit, and what is left open, over open interest. */
  readonly displacement: Spread;
  readonly tornUp: Spread;
  readonly keeperProfit: Spread;
  readonly leftOpen: Spread;
  /** The largest spiral gain of any fall that was tried, and the fall. */
  readonly worstGain: { readonly spiralGain: number; readonly fall: number };
}

/** What forced flow adds to a fall, and what of open interest a fall tears up and takes from others, over the seeds. */
export interface GainRow {
  readonly rule: string;
  readonly depth: number | null;
  readonly fall: number;
  readonly spiralGain: Spread;
  readonly tornUp: Spread;
  readonly others: Spread;
}

export interface StressResult {
  readonly plan: StressPlan;
  readonly frontiers: readonly FrontierRow[];
  readonly gains: readonly GainRow[];
  readonly trials: number;
  readonly conservationErrors: number;
}

/** Of which spiral gain is shown, and below which there is no shock. */
const PROFILE = [0.1, 0.14, 0.2, 0.24, 0.3, 0.4, 0.5];

/** Looks for one frontier in this thread. */
export async function work({ cell, setting, isProfiled }: Job): Promise<Frontier> {
  const attempts = new Attempts((fall) => tryFall(fall, cell, setting));
  const frontier = await findFrontier(attempts);
  if (!isProfiled) return frontier;
  for (const fall of PROFILE) await attempts.at(fall);
  return { ...frontier, trials: attempts.all() };
}

/** One after the other, in this thread. */
export const runHere: Runner = async (jobs, onDone) => {
  const found: Frontier[] = [];
  for (const job of jobs) {
    found.push(await work(job));
    onDone();
  }
  return found;
};

export async function stress(plan: StressPlan, run: Runner, onProgress: Progress): Promise<StressResult> {
  const { accounts, minutes, volatility, isOwn, limits, seeds } = plan;
  const cells = cellsOf(plan);
  const jobs = cells.flatMap(({ cell, isProfiled }) =>
    seeds.map((seed): Job => ({ cell, isProfiled, setting: { accounts, minutes, volatility, isOwn, limits, seed } })),
  );
  let done = 0;
  const found = await run(jobs, () => {
    onProgress("looking for frontiers", ++done / jobs.length);
  });
  const groups = cells.map((one, i) => ({ ...one, own: found.slice(i * seeds.length, (i + 1) * seeds.length) }));
  const trials = found.flatMap((frontier) => frontier.trials);
  return {
    plan,
    frontiers: groups.map(({ cell, own }) => frontierRow(cell, own)),
    gains: groups.filter(({ isProfiled }) => isProfiled).flatMap(({ cell, own }) => gainRows(cell, own)),
    trials: trials.length,
    conservationErrors: trials.filter(({ conservationError }) => conservationError !== "0").length,
  };
}

/** Every place once; those at the first latency and leverage with their gains. */
function cellsOf({
  rules,
  depths,
  latencies,
  leverages,
  isCrossed,
}: StressPlan): { cell: Cell; isProfiled: boolean }[] {
  return rules.flatMap((rule) =>
    depths.flatMap((depth) =>
      latencies.flatMap((latencyMinutes, i) =>
        leverages.flatMap((leverage, j) =>
          isCrossed || i === 0 || j === 0
            ? [{ cell: { rule, depth, latencyMinutes, leverage }, isProfiled: i === 0 && j === 0 }]
            : [],
        ),
      ),
    ),
  );
}

function frontierRow({ rule, depth, latencyMinutes, leverage }: Cell, found: readonly Frontier[]): FrontierRow {
  const at = (pick: (trial: Trial) => number) => spreadOf(found.map((frontier) => pick(frontier.at)));
  const falls = STEPS.map((step) => [step, spreadOf(found.map((frontier) => frontier.falls[step]))] as const);
  const worst = found
    .flatMap(({ trials }) => trials)
    .reduce((most, trial) => (trial.spiralGain > most.spiralGain ? trial : most), { spiralGain: 0, fall: 0 });
  return {
    ...{ rule: nameOfRule(rule), depth: toDepth(depth), latencyMinutes, leverage },
    leverageAtStart: at((trial) => trial.leverageAtStart),
    initialAtStart: at((trial) => trial.initialAtStart),
    maintenanceAtStart: at((trial) => trial.maintenanceAtStart),
    falls: Object.fromEntries(falls) as Record<Step, Spread>,
    spiralGain: at((trial) => trial.spiralGain),
    displacement: at((trial) => trial.displacement),
    tornUp: at((trial) => trial.tornUp),
    keeperProfit: at((trial) => trial.keeperProfit),
    leftOpen: at((trial) => trial.leftOpen),
    worstGain: { spiralGain: worst.spiralGain, fall: worst.fall },
  };
}

function gainRows({ rule, depth }: Cell, found: readonly Frontier[]): GainRow[] {
  return PROFILE.map((fall) => {
    const own = found.flatMap(({ trials }) => trials.filter((trial) => trial.fall === fall));
    const of = (pick: (trial: Trial) => number) => spreadOf(own.map(pick));
    return {
      ...{ rule: nameOfRule(rule), depth: toDepth(depth), fall },
      spiralGain: of((trial) => trial.spiralGain),
      tornUp: of((trial) => trial.tornUp),
      others: of((trial) => trial.others),
    };
  });
}

/** JSON has no infinity. */
function toDepth(depth: number): number | null {
  return Number.isFinite(depth) ? depth : null;
}
