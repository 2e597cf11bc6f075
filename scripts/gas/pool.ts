// A trade with the liquidity pool, on a market of its own: depositors, and a bucket with so many legs.
import { toAccount } from "../../packages/client/src/account.ts";
import { approveTrading, batchOf, depositCash } from "../../packages/client/src/batch.ts";
import { call, put } from "../../packages/client/src/instrument.ts";
import { toWad, WAD } from "../../packages/client/src/wad.ts";
import { GAS_LIMIT, type Executed } from "./chain.ts";
import { ETH, fridayNear, tokenOf, USDC, type Market } from "./market.ts";

const POOL_DOLLARS = 10_000_000n;
const TRADER_DOLLARS = 1_000_000n;
const DAYS = 30;
const LOWEST_STRIKE = 1500;
const STRIKE_STEP = 25;

/** One unit more of the last leg of the bucket, bought by an account that has cash only. */
export async function poolTrade(market: Market, count: number): Promise<Executed> {
  const { contracts, addresses, chain, alice, bob, carol } = market;
  const { liquidityPool } = contracts;
  await tokenOf(market)
    .connect(alice)
    .approve(addresses.liquidityPool, POOL_DOLLARS * USDC);
  await liquidityPool.connect(alice).requestDeposit(POOL_DOLLARS * USDC, alice.address, alice.address);
  await liquidityPool.execute(1n);
  for (const wallet of [bob, carol]) {
    const account = toAccount(wallet.address);
    const approvals = [approveTrading(account, addresses.liquidityPool)];
    const deposits = [depositCash(account, TRADER_DOLLARS * USDC)];
    await contracts.clearinghouse.connect(wallet).batch(batchOf({ approvals, deposits }));
  }
  const expiry = fridayNear(chain.now, DAYS);
  const legs = Array.from({ length: count }, (_, i) => {
    const terms = { expiry, strike: toWad(LOWEST_STRIKE + STRIKE_STEP * i) };
    return i % 2 === 0 ? call(ETH, terms) : put(ETH, terms);
  });
  const orderOf = (owner: string, instrument: bigint, size: bigint) => ({
    account: toAccount(owner),
    instrument,
    size,
    limitPrice: size > 0n ? toWad(1_000_000) : 0n,
    deadline: 2n ** 40n - 1n,
    reduceOnly: false,
  });
  for (const [i, leg] of legs.entries()) {
    const order = orderOf(bob.address, leg, i % 4 < 2 ? WAD : -WAD);
    await liquidityPool.connect(bob).trade(order, { gasLimit: GAS_LIMIT });
  }
  // Else funding would have come as far already with the trade before.
  await chain.wait(1);
  const last = orderOf(carol.address, legs.at(-1) ?? 0n, WAD);
  const data = liquidityPool.interface.encodeFunctionData("trade", [last]);
  return await chain.execute({ from: carol, to: addresses.liquidityPool, data });
}
