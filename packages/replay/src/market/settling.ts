import type { Account } from "@plimsoll/client";
import type { SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";

/** Anybody may settle anybody. */
const SETTLER = "0x00000000000000000000000000000000005e771e";
/** Losses in one call. */
const LOSSES_PER_CALL = 100n;

/**
 * Lets all accounts take their shares of the losses. Until then every view rounds the account's share against it, and the sum of the
 * views may differ from the whole in the last digits.
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
    for (let done = 0n; done < tearUps; done += LOSSES_PER_CALL)
      await chain.send({ from: SETTLER, to: addresses.clearinghouse, data });
  }
}
