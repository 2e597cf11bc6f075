import type { Stage } from "../chain/stage.ts";
import { SETTLER } from "../chain/theatre.ts";
import type { Violation } from "../model/conservation.ts";

const ALL_ROUNDS = 128;
/** Rounds walked one by one before the rest. */
const SINGLE_ROUNDS = 5;

/** INV-10: walking rounds leads to the same state in whatever split. Both ways are tried, and taken back. */
export async function auditWalks(stage: Stage): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { id, symbol } of stage.world.underlyings) {
    const singles = Array.from({ length: SINGLE_ROUNDS }, () => 1);
    const calls = 1 + Math.ceil((stage.rounds.get(id)?.length ?? 0) / ALL_ROUNDS);
    const all = Array.from({ length: calls }, () => ALL_ROUNDS);
    const atOnce = await tryWalks(stage, id, all);
    const inPieces = await tryWalks(stage, id, [...singles, ...all]);
    if (atOnce === inPieces) continue;
    violations.push({ invariant: "INV-10", message: `${symbol}: walked at once ${atOnce}, in pieces ${inPieces}` });
  }
  return violations;
}

/** @returns the state that it would lead to, as text. */
async function tryWalks(stage: Stage, underlying: number, walks: readonly number[]): Promise<string> {
  const { chain } = stage.theatre;
  const snapshot = await chain.request("evm_snapshot");
  try {
    for (const rounds of walks) {
      await stage.send(stage.call("VolatilityOracle.walk", [underlying, rounds], SETTLER));
    }
    const [volatility] = await stage.reads.view("VolatilityOracle", "marginVolatility", [underlying]);
    const cursor = await stage.reads.view("VolatilityOracle", "cursor", [underlying]);
    return [...(volatility as bigint[]), ...cursor].map(String).join(" ");
  } finally {
    await chain.request("evm_revert", snapshot);
  }
}
