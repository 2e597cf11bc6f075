import { spiralGainOf } from "@plimsoll/risk";
import type { Campaign } from "./campaign.ts";
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
  /** Of the worst episode. */
  readonly spiralGain: number;
  readonly spiralGainMean: number;
  readonly episodes: number;
  readonly opsPerSecond: number;
  readonly seconds: number;
  /** Functions of the external surface that went through at least once, of those that somebody may call; events and refusals by name. */
  readonly functions: number;
  readonly neverDone: readonly string[];
  readonly seen: Readonly<Record<string, number>>;
}

/** What may go through for somebody: every function with a case that is not one of something forbidden or done once. */
const permitted = [...new Set(CASES.filter(({ isForbidden }) => isForbidden !== true).flatMap(({ covers }) => covers))];

export function summarise({ tally, gains, stories, seconds, found }: Campaign): Summary {
  const gain = spiralGainOf(gains);
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    ...{ operations: tally.operations, refused: tally.refused, stories },
    violations: found?.played.violations.length ?? 0,
    ...{ liquidations: tally.liquidations, takeOvers: tally.takeOvers, deleveragings: tally.deleveragings },
    badDebt: round(tally.badDebt, 2),
    ...{ spiralGain: round(gain.max, 4), spiralGainMean: round(gain.mean, 4), episodes: gain.episodes },
    opsPerSecond: round(tally.operations / seconds, 1),
    seconds: round(seconds, 1),
    functions: Object.keys(tally.done).length,
    neverDone: permitted.filter((name) => !(name in tally.done)),
    seen: tally.seen,
  };
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
    `spiral gain at most ${rest.spiralGain}, on average ${rest.spiralGainMean}, over ${number(rest.episodes)} shocks`,
    `${number(rest.functions)} functions went through${rest.neverDone.length === 0 ? "" : `, never ${rest.neverDone.join(", ")}`}`,
    rest.violations === 0 ? "everything held" : `${rest.violations} things did not hold`,
  ].join("\n");
}

/** A story and how it ended. */
export function renderStory({ told, violations }: Played): string {
  const failures = violations.map(({ invariant, message }) => `  ${invariant}: ${message}`);
  return [...told.map((line) => `  ${line}`), ...(failures.length === 0 ? ["  everything held"] : failures)].join("\n");
}
