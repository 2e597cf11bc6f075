import { prepareAccountAction } from "./actions.js";
import type { Prepared } from "./actions.js";
import type { CallRequest, Chain } from "./chain.js";
import { liquidatorInterface, simulate } from "./contracts.js";
import type { Contracts } from "./contracts.js";
import { CallReverted } from "./errors.js";

/** A witness takes nodes of the grid, without those of a late price and those at strikes, and volatilities, without twists. */
const PRICE_NODES = 13n;
const VOLATILITY_NODES = 3n;

interface Starter {
  readonly contracts: Contracts;
  readonly chain: Chain;
  readonly address: string;
}

/** The start of an auction: by one scenario where that proves enough, which takes less gas, else by a whole evaluation. */
export async function prepareStart({ contracts, chain, address }: Starter, account: bigint): Promise<Prepared> {
  const whole = prepareAccountAction(contracts.deployment, "startAuction", account);
  const data = await startByWitness(contracts, account);
  if (data === undefined || !(await isAccepted(chain, { from: address, to: whole.to, data }))) return whole;
  return { ...whole, data };
}

/** Names the scenario in which the account loses most; undefined where a witness cannot. */
async function startByWitness(contracts: Contracts, account: bigint): Promise<string | undefined> {
  const { underlyings } = contracts.deployment;
  const cells = await Promise.all(underlyings.map((underlying) => contracts.worstCell(account, underlying)));
  const { node, column, profit } = cells.reduce((worst, cell) => (cell.profit < worst.profit ? cell : worst));
  if (profit === 0n || node >= PRICE_NODES || column >= VOLATILITY_NODES) return undefined;
  return liquidatorInterface.encodeFunctionData("startAuctionByWitness", [account, node, column]);
}

async function isAccepted(chain: Chain, request: CallRequest): Promise<boolean> {
  try {
    await simulate(chain, request);
    return true;
  } catch (error) {
    if (error instanceof CallReverted) return false;
    throw error;
  }
}
