import { CallReverted } from "./errors.js";
import type { SettlementReads } from "./settlementReads.js";
import { PHASE_OFFSET, roundBefore } from "./settlements.js";

/** As `SettlementPrices.WINDOW_SECONDS`. */
const WINDOW_SECONDS = 1_800;
/** As `SettlementPrices.MAX_EARLIER_PHASES`, and the phase of the newest round. */
const MAX_PHASES = 17;
/** Rounds of one phase are numbered by 32 bits in every deployed aggregator. */
const MAX_ROUNDS_OF_A_PHASE = 1n << 32n;
/** Answers in a row that may be no prices. */
const MAX_UNUSABLE = 32;

export type FeedReads = Pick<SettlementReads, "aggregator" | "newestRound" | "roundAt" | "isUsable">;

/** `attempt`: how many rounds a proof from this one would walk; it reverts where the contract refuses the round. */
export interface ProofRequest {
  readonly underlying: number;
  readonly expiry: number;
  readonly attempt: (round: bigint) => Promise<bigint>;
}

/**
 * The round from which to prove: the last usable one before the window, in the phase that the contract wants. Undefined where
 * there is none, or where nothing can be walked yet.
 */
export async function firstRound(reads: FeedReads, request: ProofRequest): Promise<bigint | undefined> {
  const { underlying, expiry, attempt } = request;
  const aggregator = await reads.aggregator(underlying);
  const newest = await reads.newestRound(aggregator);
  let last = newest.id;
  for (let tried = 0; tried < MAX_PHASES && last > 0n; tried++) {
    const phase = last >> PHASE_OFFSET;
    const found = await lastUsable(reads, { underlying, aggregator, last, time: expiry - WINDOW_SECONDS });
    const earlier = found === undefined ? phase - 1n : await earlierPhase(attempt, found);
    if (earlier === undefined) return found;
    if (earlier === "nothing" || earlier < 0n) return undefined;
    last = (earlier << PHASE_OFFSET) + MAX_ROUNDS_OF_A_PHASE;
  }
  return undefined;
}

/** The phase in which the contract wants the proof to begin instead; undefined where it takes the round. */
async function earlierPhase(attempt: ProofRequest["attempt"], round: bigint): Promise<bigint | "nothing" | undefined> {
  try {
    return (await attempt(round)) > 0n ? undefined : "nothing";
  } catch (error) {
    const [phase] = error instanceof CallReverted && error.errorName === "EarlierPhase" ? error.args : [];
    if (typeof phase !== "bigint") throw error;
    return phase;
  }
}

async function lastUsable(
  reads: FeedReads,
  { underlying, aggregator, last, time }: { underlying: number; aggregator: string; last: bigint; time: number },
): Promise<bigint | undefined> {
  const timeOf = async (id: bigint) => (await reads.roundAt(aggregator, id)).updatedAt || undefined;
  const found = await roundBefore(last, time, timeOf);
  if (found === undefined) return undefined;
  const base = (found >> PHASE_OFFSET) << PHASE_OFFSET;
  for (let id = found, tried = 0; id > base && tried < MAX_UNUSABLE; id--, tried++) {
    const { answer, updatedAt } = await reads.roundAt(aggregator, id);
    if (updatedAt !== 0 && (await reads.isUsable(underlying, answer))) return id;
  }
  return undefined;
}
