import { expect } from "chai";
import { CallReverted } from "../src/errors.ts";
import { firstRound } from "../src/proof.ts";

const EXPIRY = 10_000;
const WINDOW_START = EXPIRY - 1_800;
const idOf = (phase: number, round: number) => (BigInt(phase) << 64n) + BigInt(round);

/** Rounds of phases by their times; 0 is a hole, a negative time that of an answer that is no price. */
function feedOf(phases: Record<number, readonly number[]>) {
  const roundAt = (_: string, id: bigint) => {
    const time = phases[Number(id >> 64n)]?.[Number(id & ((1n << 64n) - 1n)) - 1] ?? 0;
    return Promise.resolve({ id, answer: time < 0 ? 0n : 1n, updatedAt: Math.abs(time) });
  };
  const newestPhase = Math.max(...Object.keys(phases).map(Number));
  return {
    roundAt,
    aggregator: () => Promise.resolve("0x"),
    newestRound: () => roundAt("0x", idOf(newestPhase, phases[newestPhase]?.length ?? 0)),
    isUsable: (_: number, answer: bigint) => Promise.resolve(answer > 0n),
  };
}

describe("first round of a proof", () => {
  const find = (phases: Record<number, readonly number[]>, attempt: (round: bigint) => Promise<bigint>) =>
    firstRound(feedOf(phases), { underlying: 1, expiry: EXPIRY, attempt });
  const accept = () => Promise.resolve(1n);

  it("is the last usable one before the window", async () => {
    const times = [WINDOW_START - 100, WINDOW_START, WINDOW_START + 1, EXPIRY];
    expect(await find({ 2: times }, accept)).to.equal(idOf(2, 2));
    expect(await find({ 2: [WINDOW_START - 100, -WINDOW_START, EXPIRY] }, accept)).to.equal(idOf(2, 1));
    expect(await find({ 2: [-WINDOW_START, EXPIRY] }, accept)).to.equal(undefined);
  });

  it("is in the phase before where the newest begins later", async () => {
    const earlier = Array.from({ length: 50 }, (_, i) => WINDOW_START - 500 + i * 20);
    expect(await find({ 2: earlier, 3: [WINDOW_START + 600, EXPIRY] }, accept)).to.equal(idOf(2, 26));
  });

  it("is in the phase that the contract wants", async () => {
    const attempt = (round: bigint) =>
      round >> 64n === 1n ? Promise.resolve(3n) : Promise.reject(new CallReverted("EarlierPhase", [1n], "0x"));
    const phases = { 1: [WINDOW_START - 30, EXPIRY], 3: [WINDOW_START - 20, EXPIRY] };
    expect(await find(phases, attempt)).to.equal(idOf(1, 1));
  });

  it("is none where there is nothing to walk, and a refusal for another reason is told", async () => {
    const phases = { 1: [WINDOW_START, EXPIRY] };
    expect(await find(phases, () => Promise.resolve(0n))).to.equal(undefined);
    const refuse = () => Promise.reject(new CallReverted("NoFeed", [1n], "0x"));
    const thrown: unknown = await find(phases, refuse).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(CallReverted);
  });
});
