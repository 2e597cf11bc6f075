import jStat from "jstat";

/** The chance of rejecting what is right. */
export const SIGNIFICANCE = 0.05;
/** What a test ought to notice: twice the misses that 99 % coverage allows … */
export const ALTERNATIVE_MISS_RATE = 0.02;
/** … or one miss in five followed by another, at the expected rate. */
export const ALTERNATIVE_REPEAT_RATE = 0.2;

/** A likelihood-ratio test. */
export interface MissTest {
  readonly statistic: number;
  readonly pValue: number;
  readonly isRejected: boolean;
  /** Probability to reject at {@link SIGNIFICANCE} when what the test looks for is there; see each test. */
  readonly power: number;
}

export interface MissTests {
  /** Windows that do not overlap, and how many of them missed. */
  readonly windows: number;
  readonly misses: number;
  /** Misses as many as expected. Power against {@link ALTERNATIVE_MISS_RATE}. */
  readonly kupiec: MissTest;
  /** A miss says nothing of the next window. Power against {@link ALTERNATIVE_REPEAT_RATE}. */
  readonly independence: MissTest;
  /** Both. Power against {@link ALTERNATIVE_MISS_RATE} without repetition. */
  readonly conditionalCoverage: MissTest;
}

/** How often each of two states followed each: 1 is a miss. */
export interface Transitions {
  readonly n00: number;
  readonly n01: number;
  readonly n10: number;
  readonly n11: number;
}

/** Kupiec (1995) and Christoffersen (1998) on windows that do not overlap. @param missRate - Expected. */
export function missTests(misses: readonly boolean[], missRate: number): MissTests {
  const windows = misses.length;
  const count = misses.filter(Boolean).length;
  const transitions = transitionsOf(misses);
  const powers = powersAt(windows, missRate);
  const coverage = kupiecStatistic(count, windows, missRate);
  const independence = independenceStatistic(transitions);
  return {
    windows,
    misses: count,
    kupiec: tested(coverage, 1, powers.kupiec),
    independence: tested(independence, 1, powers.independence),
    conditionalCoverage: tested(coverage + independence, 2, powers.conditionalCoverage),
  };
}

function tested(statistic: number, degrees: number, power: number): MissTest {
  const pValue = Math.max(1 - jStat.chisquare.cdf(statistic, degrees), 0);
  return { statistic, pValue, isRejected: statistic > criticalValue(degrees), power };
}

function criticalValue(degrees: number): number {
  return jStat.chisquare.inv(1 - SIGNIFICANCE, degrees);
}

/** Kupiec's proportion of failures: −2 ln of the likelihood at the expected rate over that at the found one. */
export function kupiecStatistic(misses: number, windows: number, missRate: number): number {
  const found = logLikelihood(misses, windows - misses, misses / windows);
  return Math.max(2 * (found - logLikelihood(misses, windows - misses, missRate)), 0);
}

/** Christoffersen's independence: −2 ln of the likelihood without memory over that of a chain of order one. */
export function independenceStatistic({ n00, n01, n10, n11 }: Transitions): number {
  const chain = logLikelihood(n01, n00, n01 / (n00 + n01)) + logLikelihood(n11, n10, n11 / (n10 + n11));
  const misses = n01 + n11;
  const hits = n00 + n10;
  return Math.max(2 * (chain - logLikelihood(misses, hits, misses / (misses + hits))), 0);
}

/** ln(pᵃ·(1 − p)ᵇ), where 0⁰ is 1. */
function logLikelihood(misses: number, hits: number, rate: number): number {
  return (misses === 0 ? 0 : misses * Math.log(rate)) + (hits === 0 ? 0 : hits * Math.log1p(-rate));
}

export function transitionsOf(misses: readonly boolean[]): Transitions {
  const counts = { n00: 0, n01: 0, n10: 0, n11: 0 };
  for (let i = 1; i < misses.length; i++) {
    counts[`n${misses[i - 1] === true ? 1 : 0}${misses[i] === true ? 1 : 0}`]++;
  }
  return counts;
}

export interface Powers {
  readonly kupiec: number;
  readonly independence: number;
  readonly conditionalCoverage: number;
}

/** They take a tenth of a second, and many series have the same length. */
const knownPowers = new Map<string, Powers>();

/** Of the three tests on so many windows, exactly. See {@link MissTests} for the alternatives. */
export function powersAt(windows: number, missRate: number): Powers {
  const key = `${windows}/${missRate}`;
  const powers = knownPowers.get(key) ?? findPowers(windows, missRate);
  knownPowers.set(key, powers);
  return powers;
}

function findPowers(windows: number, missRate: number): Powers {
  const [one, two] = [criticalValue(1), criticalValue(2)];
  const independent = { miss: ALTERNATIVE_MISS_RATE, repeat: ALTERNATIVE_MISS_RATE };
  // At this rate of misses after a hit, a chain with repeats misses as often as expected.
  const entry = (missRate * (1 - ALTERNATIVE_REPEAT_RATE)) / (1 - missRate);
  const repeating = { miss: entry, repeat: ALTERNATIVE_REPEAT_RATE };
  const rejectsCoverage = ({ misses }: Outcome) => kupiecStatistic(misses, windows, missRate) > one;
  const rejectsIndependence = ({ transitions }: Outcome) => independenceStatistic(transitions) > one;
  const rejectsBoth = ({ misses, transitions }: Outcome) =>
    kupiecStatistic(misses, windows, missRate) + independenceStatistic(transitions) > two;
  return {
    kupiec: probability(windows, independent, rejectsCoverage),
    independence: probability(windows, repeating, rejectsIndependence),
    conditionalCoverage: probability(windows, independent, rejectsBoth),
  };
}

/** Probability of a miss after a hit, and after a miss. */
export interface MissChain {
  readonly miss: number;
  readonly repeat: number;
}

/** All sequences of windows that have the same counts. */
export interface Outcome {
  readonly misses: number;
  readonly transitions: Transitions;
}

/** Standard deviations of the number of misses that are looked at; what lies beyond is below 1e-9 of probability. */
const DEVIATIONS = 8;

/**
 * Probability that a stationary chain's `windows` windows meet a condition, summed over every combination of counts: x
 * misses in r runs can be arranged in C(x − 1, r − 1)·C(n − x − 1, s − 1) ways, s the runs of hits.
 */
export function probability(windows: number, chain: MissChain, meets: (outcome: Outcome) => boolean): number {
  const rate = chain.miss / (1 + chain.miss - chain.repeat);
  const spread = Math.sqrt((windows * rate * (1 + chain.repeat)) / (1 - chain.repeat));
  const most = Math.min(windows, Math.ceil(windows * rate + DEVIATIONS * spread + DEVIATIONS));
  const logFactorials = logFactorialsUpTo(windows);
  let total = 0;
  for (const arrangement of arrangements(windows, most)) {
    const outcome = outcomeOf(arrangement);
    if (meets(outcome)) total += Math.exp(logWays(arrangement, logFactorials) + logChance(arrangement, outcome, chain));
  }
  return Math.min(total, 1);
}

interface Arrangement {
  readonly windows: number;
  readonly misses: number;
  /** Runs of misses, and of hits. */
  readonly missRuns: number;
  readonly hitRuns: number;
  readonly beginsWithMiss: boolean;
  readonly endsWithMiss: boolean;
}

function* arrangements(windows: number, most: number): Generator<Arrangement> {
  for (let misses = 0; misses <= most; misses++) {
    for (let missRuns = Math.min(misses, 1); missRuns <= misses; missRuns++) {
      for (const beginsWithMiss of [true, false]) {
        for (const endsWithMiss of [true, false]) {
          const hitRuns = missRuns + 1 - Number(beginsWithMiss) - Number(endsWithMiss);
          const found = { windows, misses, missRuns, hitRuns, beginsWithMiss, endsWithMiss };
          if (canBe(found)) yield found;
        }
      }
    }
  }
}

function canBe({ windows, misses, missRuns, hitRuns, beginsWithMiss, endsWithMiss }: Arrangement): boolean {
  const hits = windows - misses;
  if (missRuns === 0) return !beginsWithMiss && !endsWithMiss;
  return hits === 0 ? hitRuns === 0 && missRuns === 1 : hitRuns >= 1 && hitRuns <= hits;
}

function outcomeOf({ windows, misses, missRuns, hitRuns, beginsWithMiss, endsWithMiss }: Arrangement): Outcome {
  const n01 = missRuns - Number(beginsWithMiss);
  const n10 = missRuns - Number(endsWithMiss);
  return { misses, transitions: { n00: windows - misses - hitRuns, n01, n10, n11: misses - missRuns } };
}

function logWays({ windows, misses, missRuns, hitRuns }: Arrangement, logFactorials: Float64Array): number {
  return logCompositions(misses, missRuns, logFactorials) + logCompositions(windows - misses, hitRuns, logFactorials);
}

/** ln of the ways to cut `total` into `parts` that are not empty. */
function logCompositions(total: number, parts: number, logFactorials: Float64Array): number {
  if (parts === 0) return 0;
  const at = (n: number) => logFactorials[n] ?? NaN;
  return at(total - 1) - at(parts - 1) - at(total - parts);
}

function logChance({ beginsWithMiss }: Arrangement, { transitions }: Outcome, { miss, repeat }: MissChain): number {
  const { n00, n01, n10, n11 } = transitions;
  const rate = miss / (1 + miss - repeat);
  const first = Math.log(beginsWithMiss ? rate : 1 - rate);
  return first + logLikelihood(n01, n00, miss) + logLikelihood(n11, n10, repeat);
}

function logFactorialsUpTo(most: number): Float64Array {
  const logs = new Float64Array(most + 1);
  for (let n = 1; n <= most; n++) logs[n] = (logs[n - 1] ?? 0) + Math.log(n);
  return logs;
}
