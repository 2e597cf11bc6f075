import type { MarginRule } from "../market/deployment.ts";
import { Random } from "../random.ts";
import type { Progress } from "../run.ts";
import type { Scenario } from "../scenario.ts";
import { type Design, nameOfDesign } from "./design.ts";
import { LAPSE_SECONDS } from "./liquidator.ts";
import type { ModelResult } from "./result.ts";
import { type Limits, type ModelOptions, simulate } from "./run.ts";

/** What is to be compared. */
export interface SweepPlan {
  readonly accounts: number;
  readonly seeds: readonly string[];
  readonly designs: readonly Design[];
  /** Of the comparison of designs, minutes. */
  readonly latencyMinutes: number;
  /** Of the sizes of the backstop, minutes. */
  readonly latencies: readonly number[];
  /** Under which the backstop is sized; the first one also compares the designs. */
  readonly margins: readonly MarginRule[];
  readonly gasPriceGwei: number;
}

/** A figure over the seeds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** What a design did to the same accounts. Amounts in USD. */
export interface DesignRow {
  readonly design: string;
  readonly badDebt: Spread;
  readonly liquidatedNotional: Spread;
  readonly paidByAccounts: Spread;
  readonly liquidatedAccounts: Spread;
  readonly closedAccounts: Spread;
  readonly keeperProfit: Spread;
  readonly hoursBelow: Spread;
}

/** How large the backstop has to be. Shares of open interest at the start, on top of the reserve. */
export interface SizeRow {
  readonly design: string;
  readonly margin: string;
  readonly latencyMinutes: number;
  /** How long an auction lives unconfirmed, minutes. */
  readonly lapseMinutes: number;
  /** Deficits alone: enough if what is taken over were hedged at once. */
  readonly deficits: Spread;
  /** So much that nothing is shared. */
  readonly needed: Spread;
  /** Accounts that the backstop held at once. */
  readonly held: Spread;
  /** Deficits that nobody had brought before the waterfall at the end. */
  readonly leftOpen: Spread;
}

/** Who paid for deficits with the backstop as deployed. Shares of open interest at the start. */
export interface WaterfallRow {
  readonly margin: string;
  readonly latencyMinutes: number;
  readonly badDebt: Spread;
  readonly reserve: Spread;
  readonly backstop: Spread;
  /** By the other side, and by all positive cash. */
  readonly deleveraged: Spread;
  readonly shared: Spread;
  readonly leftOpen: Spread;
}

export interface SweepResult {
  readonly title: string;
  readonly accounts: number;
  readonly seeds: readonly string[];
  readonly latencyMinutes: number;
  readonly openInterest: Spread;
  readonly designs: readonly DesignRow[];
  readonly sizes: readonly SizeRow[];
  readonly waterfalls: readonly WaterfallRow[];
  readonly runs: readonly ModelResult[];
}

/** Nothing ends at the size of the backstop, so that what it needs shows. */
const UNBOUNDED = { backstopShare: 1, slots: Infinity, marginShare: 1 };
/** With a longer latency a keeper's confirmation meets an auction that has lapsed. */
const LAPSE_MINUTES = LAPSE_SECONDS / 60;
const LONG_LATENCY = LAPSE_MINUTES / 2;

interface Job extends Pick<ModelOptions, "design" | "margin" | "latencyMinutes"> {
  readonly lapseSeconds: number;
  /** Whether the backstop is as the contracts have it. */
  readonly isDeployed: boolean;
}

const DEPLOYED: Design = { kind: "legs" };

/** Runs every combination with every seed. @param scenarioOf The same scenario for the same seed. */
export async function sweep(
  plan: SweepPlan,
  scenarioOf: (random: Random) => Scenario,
  onProgress: Progress,
): Promise<SweepResult> {
  const compared = plan.designs.map((design) => jobOf({ ...plan, design, margin: firstOf(plan.margins) }));
  const sized = sizingJobs(plan);
  const deployed = deployedJobs(plan);
  const jobs = new Map([...compared, ...sized, ...deployed].map((job) => [keyOf(job), job]));
  const results = new Map<string, ModelResult[]>([...jobs.keys()].map((key) => [key, []]));
  let title = "";
  let done = 0;
  for (const seed of plan.seeds) {
    const random = new Random(seed);
    const scenario = scenarioOf(random);
    title = scenario.title;
    for (const [key, job] of jobs) {
      results.get(key)?.push(await run({ scenario, random }, job, { ...plan, seed }));
      onProgress("running the model", ++done / (jobs.size * plan.seeds.length));
    }
  }
  const resultsOf = (job: Job) => results.get(keyOf(job)) ?? [];
  const runs = [...results.values()].flat();
  return {
    ...{ title, accounts: plan.accounts, seeds: plan.seeds, latencyMinutes: plan.latencyMinutes },
    openInterest: spreadOf(runs.map(({ openInterest }) => openInterest)),
    designs: compared.map((job) => designRow(job, resultsOf(job))),
    sizes: sized.map((job) => sizeRow(job, resultsOf(job))),
    waterfalls: deployed.map((job) => waterfallRow(job, resultsOf(job))),
    runs,
  };
}

/** The deployed design under every margin, and what differs in more than the choice of legs under the first. */
function sizingJobs({ designs, margins, latencies }: SweepPlan): Job[] {
  const first = firstOf(margins);
  const others = designs.filter(({ kind }) => kind === "fixed-bonus").map((design) => ({ design, margin: first }));
  const kinds = [...margins.map((margin) => ({ design: DEPLOYED, margin })), ...others];
  return kinds.flatMap((kind) =>
    latencies.flatMap((latencyMinutes) => {
      const job = jobOf({ ...kind, latencyMinutes });
      const isLapsing = latencyMinutes >= LONG_LATENCY && kind.design.kind !== "fixed-bonus";
      return isLapsing ? [job, { ...job, lapseSeconds: job.lapseSeconds + 2 * latencyMinutes * 60 }] : [job];
    }),
  );
}

function deployedJobs({ margins, latencies }: SweepPlan): Job[] {
  return margins.flatMap((margin) =>
    latencies.map((latencyMinutes) => ({ ...jobOf({ design: DEPLOYED, margin, latencyMinutes }), isDeployed: true })),
  );
}

function jobOf({ design, margin, latencyMinutes }: Pick<Job, "design" | "margin" | "latencyMinutes">): Job {
  return { design, margin, latencyMinutes, lapseSeconds: LAPSE_SECONDS, isDeployed: false };
}

function keyOf({ design, margin, latencyMinutes, lapseSeconds, isDeployed }: Job): string {
  return JSON.stringify([design, margin, latencyMinutes, lapseSeconds, isDeployed]);
}

async function run(
  world: { readonly scenario: Scenario; readonly random: Random },
  { lapseSeconds, isDeployed, ...job }: Job,
  { accounts, gasPriceGwei, seed }: Pick<ModelOptions, "accounts" | "gasPriceGwei" | "seed">,
): Promise<ModelResult> {
  const limits: Partial<Limits> = isDeployed ? {} : { ...UNBOUNDED, lapseSeconds };
  return await simulate(world, { ...job, accounts, gasPriceGwei, seed, limits });
}

function designRow({ design }: Job, results: readonly ModelResult[]): DesignRow {
  const spread = (pick: (result: ModelResult) => number) => spreadOf(results.map(pick));
  return {
    design: nameOfDesign(design),
    badDebt: spread(({ badDebt }) => badDebt),
    liquidatedNotional: spread(({ liquidatedNotional }) => liquidatedNotional),
    paidByAccounts: spread(({ waterfall }) => waterfall.account),
    liquidatedAccounts: spread(({ liquidatedAccounts }) => liquidatedAccounts),
    closedAccounts: spread(({ closedAccounts }) => closedAccounts),
    keeperProfit: spread(({ keeperProfit }) => keeperProfit),
    hoursBelow: spread(({ hoursBelow }) => hoursBelow),
  };
}

/** Of open interest. */
function sharesIn(results: readonly ModelResult[]) {
  return (pick: (result: ModelResult) => number) =>
    spreadOf(results.map((result) => pick(result) / result.openInterest));
}

function waterfallRow({ latencyMinutes }: Job, results: readonly ModelResult[]): WaterfallRow {
  const share = sharesIn(results);
  return {
    ...{ margin: results[0]?.margin ?? "", latencyMinutes },
    badDebt: share(({ badDebt }) => badDebt),
    reserve: share(({ waterfall }) => waterfall.reserve),
    backstop: share(({ waterfall }) => waterfall.backstop),
    deleveraged: share(({ waterfall }) => waterfall.deleveraged),
    shared: share(({ waterfall }) => waterfall.shared),
    leftOpen: share(({ openDeficit }) => openDeficit),
  };
}

function sizeRow(job: Job, results: readonly ModelResult[]): SizeRow {
  const share = sharesIn(results);
  return {
    design: nameOfDesign(job.design),
    margin: results[0]?.margin ?? "",
    latencyMinutes: job.latencyMinutes,
    lapseMinutes: job.lapseSeconds / 60,
    deficits: share(({ waterfall }) => waterfall.backstop),
    needed: share(({ backstop }) => backstop.needed),
    held: spreadOf(results.map(({ backstop }) => backstop.held)),
    leftOpen: share(({ openDeficit }) => openDeficit),
  };
}

/** Median, least and most. Of an even number of values the median is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}

function firstOf(margins: readonly MarginRule[]): MarginRule {
  return margins[0] ?? { kind: "dynamic" };
}
