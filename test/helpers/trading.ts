import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { toAccount, type Account } from "../../packages/client/src/account.ts";
import { approveTrading, batchOf, depositCash } from "../../packages/client/src/batch.ts";
import { executionOf } from "../../packages/client/src/execution.ts";
import type { Instrument } from "../../packages/client/src/instrument.ts";
import { makeSingleOrder, signOrder, type Order } from "../../packages/client/src/order.ts";
import type { TestMarket } from "./deploy.ts";

/** USDC units in a dollar. */
export const USDC = 10n ** 6n;

export interface Trade {
  readonly instrument: Instrument;
  /** Units, WAD. */
  readonly size: bigint;
  /** USD WAD a unit. */
  readonly price: bigint;
}

/** Opens the wallet's account 0 for trading by orders, with so many dollars in it. */
export async function open(market: TestMarket, wallet: HardhatEthersSigner, dollars: bigint): Promise<Account> {
  const account = toAccount(wallet.address);
  const approvals = [approveTrading(account, market.addresses.orderSettlement)];
  const deposits = dollars === 0n ? [] : [depositCash(account, dollars * USDC)];
  await market.contracts.clearinghouse.connect(wallet).batch(batchOf({ approvals, deposits }));
  return account;
}

/** A minute later ether has this price. */
export async function movePrice({ aggregators, networkHelpers }: TestMarket, dollars: number): Promise<void> {
  await networkHelpers.time.increase(60);
  await aggregators.ETH?.["push(int256)"](BigInt(dollars) * 10n ** 8n);
}

/** Both wallets sign an order from their account 0, and a third party brings the two together. */
export async function trade(
  market: TestMarket,
  parties: { readonly buyer: HardhatEthersSigner; readonly seller: HardhatEthersSigner },
  { instrument, size, price }: Trade,
) {
  const side = (wallet: HardhatEthersSigner, signedSize: bigint): Order =>
    makeSingleOrder({ account: toAccount(wallet.address), instrument, size: signedSize, price });
  const maker = await signOrder(side(parties.seller, -size), parties.seller, market.venue);
  const taker = await signOrder(side(parties.buyer, size), parties.buyer, market.venue);
  return await market.contracts.orderSettlement
    .connect(market.carol)
    .fill(maker, taker, executionOf(maker.order, size));
}

/** The first Friday at 08:00 UTC that is at least so many days away. */
export function fridayAfter(timestamp: number, days: number): number {
  const DAY = 86_400;
  const FRIDAY = 1;
  const day = Math.floor(timestamp / DAY) + days + 1;
  const untilFriday = (7 + FRIDAY - (day % 7)) % 7;
  return (day + untilFriday) * DAY + 8 * 3600;
}
