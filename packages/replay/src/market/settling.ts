import type { Account, Instrument, PlimsollError } from "@plimsoll/client";
import type { Call, SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";

/** Anybody may settle anybody. */
const SETTLER = "0x00000000000000000000000000000000005e771e";
/** Losses in one call. */
const LOSSES_PER_CALL = 100n;
/** Accounts in one call. */
const ACCOUNTS_PER_CALL = 32;

/**
 * Lets all accounts take their shares of the losses, and of funding. Until then every view rounds the account's share against it, and the sum
 * of the views may differ from the whole in the last digits.
 */
export async function settleLosses(
  chain: SimulatedChain,
  { addresses, contracts }: Deployment,
  accounts: Iterable<Account>,
): Promise<void> {
  const books = contracts.clearinghouseBooks;
  const { tearUps } = await books.losses();
  for (const account of accounts) {
    const data = books.interface.encodeFunctionData("settle", [account, LOSSES_PER_CALL]);
    for (let done = 0n; done <= tearUps; done += LOSSES_PER_CALL)
      await chain.send({ from: SETTLER, to: addresses.clearinghouse, data });
  }
}

/** Sends, as a wallet does: an account that has more losses to share than it takes at once is settled first. @returns why it was refused, if it was. */
export async function attemptSettled(
  chain: SimulatedChain,
  deployment: Deployment,
  call: Call,
): Promise<PlimsollError | undefined> {
  const refusal = await chain.attempt(call);
  if (refusal?.errorName !== "Unsettled") return refusal;
  await settleLosses(chain, deployment, [refusal.integer("account")]);
  return await attemptSettled(chain, deployment, call);
}

/**
 * Lets all accounts go through what has expired at a final price: what the keeper has not come to. Until every holder has, others hold
 * a part of his cash.
 */
export async function settleExpiries(
  chain: SimulatedChain,
  { addresses, contracts }: Deployment,
  { series, accounts }: { readonly series: Iterable<Instrument>; readonly accounts: Iterable<Account> },
): Promise<void> {
  const books = contracts.clearinghouseBooks;
  const { open } = await books.settling();
  if (open === 0n) return;
  const settled: Instrument[] = [];
  for (const instrument of series) if ((await books.settlementOf(instrument)).isSettled) settled.push(instrument);
  const all = [...accounts];
  for (let i = 0; i < all.length; i += ACCOUNTS_PER_CALL) {
    const data = books.interface.encodeFunctionData("settleExpired", [settled, all.slice(i, i + ACCOUNTS_PER_CALL)]);
    await chain.send({ from: SETTLER, to: addresses.clearinghouse, data });
  }
}
