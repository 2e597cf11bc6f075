import { type SpiralGain, spiralGainOf } from "@plimsoll/risk";
import type { Campaign, Gains } from "./campaign.ts";
import { CASES } from "./cases/index.ts";
import type { Played } from "./play.ts";

/** The result in one object, USD where not a count. */
export interface Summary {
  readonly operations: number;
  readonly refused: number;
  readonly stories: number;
  readonly violations: number;
  readonly liquidations: number;
  readonly takeOvers: number;
  readonly deleveragings: number;
  readonly badDebt: number;
  /** Of the worst episode at the depth that the margin parameters assume. */
  readonly spiralGain: number;
  /** At that depth and at the thinner ones that stories draw, deepest first. */
  readonly spiralGains: readonly GainAtDepth[];
  readonly opsPerSecond: number;
  readonly seconds: number;
  /** Functions of the external surface that went through at least once, of those that somebody may call; events and refusals by name. */
  readonly functions: number;
  readonly neverDone: readonly string[];
  readonly seen: Readonly<Record<string, number>>;
}

interface GainAtDepth extends SpiralGain {
  /** Per cent of the depth that the margin parameters assume. */
  readonly depthPercent: number;
}

const STATED_DEPTH_PERCENT = 100;

/** What may go through for somebody: every function with a case that is not one of something forbidden or done once. */
const permitted = [...new Set(CASES.filter(({ isForbidden }) => isForbidden !== true).flatMap(({ covers }) => covers))];

export function summarise({ tally, gains, stories, seconds, found }: Campaign): Summary {
  const spiralGains = gainsByDepth(gains);
  return {
    ...{ operations: tally.operations, refused: tally.refused, stories },
    violations: found?.played.violations.length ?? 0,
    ...{ liquidations: tally.liquidations, takeOvers: tally.takeOvers, deleveragings: tally.deleveragings },
    badDebt: round(tally.badDebt, 2),
    spiralGain: spiralGains.find(({ depthPercent }) => depthPercent === STATED_DEPTH_PERCENT)?.max ?? 0,
    spiralGains,
    opsPerSecond: round(tally.operations / seconds, 1),
    seconds: round(seconds, 1),
    functions: Object.keys(tally.done).length,
    neverDone: permitted.filter((name) => !(name in tally.done)),
    seen: tally.seen,
  };
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

function gainsByDepth(gains: Gains): GainAtDepth[] {
  const rows = [...gains].map(([depthPercent, ofDepth]) => {
    const { episodes, max, mean } = spiralGainOf(ofDepth);
    return { depthPercent, episodes, max: round(max, 4), mean: round(mean, 4) };
  });
  return rows.sort((a, b) => b.depthPercent - a.depthPercent);
}

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });

/** For people. */
export function renderSummary(campaign: Campaign): string {
  const { operations, refused, stories, liquidations, takeOvers, deleveragings, ...rest } = summarise(campaign);
  const share = operations === 0 ? 0 : Math.round((100 * refused) / operations);
  return [
    `${number(operations)} operations in ${number(stories)} stories, ${share} % refused; ${rest.opsPerSecond} a second`,
    `${number(liquidations)} liquidations of legs, ${number(takeOvers)} accounts taken whole, ${number(deleveragings)} deleveraged`,
    `bad debt $${number(rest.badDebt)}, all of it absorbed by the waterfall to the last 1e-18`,
    ...rest.spiralGains.map(
      ({ depthPercent, episodes, max, mean }) =>
        `spiral gain at ${depthPercent} % of the depth at most ${max}, on average ${mean}, over ${number(episodes)} shocks`,
    ),
    `${number(rest.functions)} functions went through${rest.neverDone.length === 0 ? "" : `, never ${rest.neverDone.join(", ")}`}`,
    rest.violations === 0 ? "everything held" : `${rest.violations} things did not hold`,
  ].join("\n");
}

/** A story and how it ended. */
export function renderStory({ told, violations }: Played): string {
  const failures = violations.map(({ invariant, message }) => `  ${invariant}: ${message}`);
  return [...told.map((line) => `  ${line}`), ...(failures.length === 0 ? ["  everything held"] : failures)].join("\n");
}
