import { decodeError, type PlimsollError } from "../../packages/client/src/errors.ts";

/** What the promise was rejected with; throws if it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`expected a rejection, got ${String(value)}`);
}

/** The decoded error with which a contract refused the call. */
export async function refusal(promise: Promise<unknown>): Promise<PlimsollError> {
  const thrown = await rejection(promise);
  const error = decodeError(thrown);
  if (error === undefined) throw new Error("expected a refusal by a contract", { cause: thrown });
  return error;
}
