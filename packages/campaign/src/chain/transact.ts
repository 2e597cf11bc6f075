import { PlimsollError, decodeError } from "@plimsoll/client";
import type { Call, SimulatedChain } from "@plimsoll/replay";
import { pulled } from "./puppet.ts";

export interface RawLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
}

/** A transaction in a block of its own. `refusal` undefined where it went through. */
export interface Transacted {
  readonly refusal: Error | undefined;
  readonly logs: readonly RawLog[];
}

interface Receipt {
  readonly status: string;
  readonly logs: readonly RawLog[];
}

/** Sends all transactions of puppets. */
export const DRIVER = "0x00000000000000000000000000000000000d41fe";

/** A contract failed without an error that it declares. */
export class UnexplainedRevertError extends Error {
  override readonly name = "UnexplainedRevertError";

  constructor(readonly data: string) {
    super(data === "0x" ? "reverted without a reason" : `reverted with ${data}`);
  }
}

/** What somebody does from an address with a puppet's code. That it is refused is nothing unusual. */
export async function act(chain: SimulatedChain, call: Call): Promise<Transacted> {
  const { status, logs } = await receiptOf(chain, pulled(call, DRIVER));
  if (status !== "0x1") return { refusal: new UnexplainedRevertError("0x"), logs: [] };
  const refusal = logs.find(({ topics }) => topics.length === 0);
  if (refusal === undefined) return { refusal: undefined, logs };
  return { refusal: decodeError(refusal.data) ?? new UnexplainedRevertError(refusal.data), logs: [] };
}

/** What an address does that has no code. Slow where it is refused: the reason is asked for by the same call again. */
export async function transact(chain: SimulatedChain, call: Call): Promise<Transacted> {
  const { status, logs } = await receiptOf(chain, call);
  if (status === "0x1") return { refusal: undefined, logs };
  const thrown = await chain.request("eth_call", { ...call, gas: CALL_GAS }, "latest").catch((error: unknown) => error);
  return { refusal: decodeError(thrown) ?? new UnexplainedRevertError(String(thrown)), logs: [] };
}

const CALL_GAS = `0x${(30_000_000).toString(16)}`;

async function receiptOf(chain: SimulatedChain, call: Call): Promise<Receipt> {
  return (await chain.request("eth_getTransactionReceipt", await chain.submit(call))) as Receipt;
}

/** For what must go through. */
export function requireDone({ refusal }: Transacted): void {
  if (refusal !== undefined) throw refusal;
}

/** The error that a contract declares, else undefined. */
export function declared(refusal: Error | undefined): PlimsollError | undefined {
  return refusal instanceof PlimsollError ? refusal : undefined;
}
