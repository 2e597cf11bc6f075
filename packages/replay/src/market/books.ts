import { type Account, instrumentOf, sizeOf, spot } from "@plimsoll/client";
import { TestToken__factory } from "../../../../typechain-types/index.ts";
import type { AccountBalance, LedgerAccount, LedgerState, TokenBalance } from "../conservation.ts";
import { ASSETS, UNDERLYINGS } from "../prices/arguments.ts";
import type { Deployment } from "./deployment.ts";

/** Reads from the chain what conservation is checked on. @param accounts All that an event ever mentioned. */
export async function readLedger(deployment: Deployment, accounts: Iterable<Account>): Promise<LedgerState> {
  const { clearinghouse } = deployment.contracts;
  const collaterals = new Map<bigint, TokenBalance>();
  for (const asset of ASSETS) {
    const instrument = spot(UNDERLYINGS[asset]);
    collaterals.set(
      instrument,
      await readToken(deployment, instrument, { symbol: asset, ...deployment.tokens[asset] }),
    );
  }
  const books = deployment.contracts.clearinghouseBooks;
  const balances: LedgerAccount[] = [];
  for (const account of accounts) {
    const { cash, positions } = await readAccount(deployment, account);
    const entryValues = cash - (await clearinghouse.cash(account));
    balances.push({ scaledCash: await books.scaledCash(account), entryValues, positions });
  }
  const { borrowIndex, supplyIndex } = await books.cashTotals();
  const [{ paid }, { received }] = await Promise.all([books.funding(UNDERLYINGS.ETH), books.settling()]);
  return {
    accounts: balances,
    indices: { borrow: borrowIndex, supply: supplyIndex },
    reserve: await clearinghouse.reserve(),
    // Of all underlyings together.
    underWay: paid + received,
    usdc: await readToken(deployment, 0n, { symbol: "USDC", address: deployment.usdc, decimals: 6 }),
    collaterals,
  };
}

/** The portfolio as the margin engine gets it: its cash already contains the entry values of perpetuals. */
export async function readAccount({ contracts }: Deployment, account: Account): Promise<AccountBalance> {
  const { cash, positions } = await contracts.clearinghouse.portfolio(account);
  return { cash, positions: positions.map((word) => ({ instrument: instrumentOf(word), size: sizeOf(word) })) };
}

interface Token {
  readonly symbol: string;
  readonly address: string;
  readonly decimals: number;
}

async function readToken({ contracts }: Deployment, asset: bigint, token: Token): Promise<TokenBalance> {
  const { clearinghouse } = contracts;
  const erc20 = TestToken__factory.connect(token.address, clearinghouse.runner);
  return {
    symbol: token.symbol,
    decimals: token.decimals,
    recordedInTokens: await clearinghouse.recordedInTokens(asset),
    balanceInTokens: await erc20.balanceOf(await clearinghouse.getAddress()),
  };
}
