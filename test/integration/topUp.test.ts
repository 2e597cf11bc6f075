import { createKeeper, eip1193Chain, runTick } from "@plimsoll/keeper";
import { expect } from "chai";
import { Wallet } from "ethers";
import { network } from "hardhat";
import { toAccount } from "../../packages/client/src/account.ts";
import { approveTrading, batchOf, depositCash } from "../../packages/client/src/batch.ts";
import { decoded } from "../../packages/client/src/errors.ts";
import { perpetual, put } from "../../packages/client/src/instrument.ts";
import { toWad, WAD } from "../../packages/client/src/wad.ts";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { rejection } from "../helpers/rejection.ts";
import { fridayAfter, USDC } from "../helpers/trading.ts";

const ETH = perpetual(1);
/** What MAX_FEE of the contract is derived from. */
const GAS_OF_MAX_FEE = 1_100_000n;
const GAS_LIMIT = 16_000_000n;

describe("automatic top-up", () => {
  let market: TestMarket;
  let account: bigint;

  const riskOf = async () => await market.contracts.clearinghouse.risk(account);
  const balanceOf = async (wallet: string) => (await market.tokens.USDC?.balanceOf(wallet)) ?? 0n;
  const push = async (price: number) => {
    await market.aggregators.ETH?.["push(int256)"](BigInt(price) * 10n ** 8n);
  };

  /** Alice is long 30 ETH at 2,000 with 15,000 USDC, and lets 20,000 USDC follow, with fees up to 20. */
  beforeEach(async () => {
    const connection = await network.create("market");
    market = await deployPlimsoll(connection);
    const { alice, bob, contracts, addresses, tokens } = market;
    account = toAccount(alice.address, 1n);
    const short = toAccount(bob.address, 1n);
    await contracts.clearinghouse.connect(bob).batch(
      batchOf({
        approvals: [approveTrading(short, alice.address)],
        deposits: [depositCash(short, 100_000n * USDC)],
      }),
    );
    await contracts.clearinghouse.connect(alice).batch(
      batchOf({
        deposits: [depositCash(account, 15_000n * USDC)],
        fills: [{ buyer: account, seller: short, instrument: ETH, size: 30n * WAD, price: 2_000n * WAD }],
      }),
    );
    const { timestamp } = (await market.ethers.provider.getBlock("latest")) ?? { timestamp: 0 };
    await tokens.USDC?.connect(alice).approve(addresses.autoTopUp, 20_000n * USDC);
    await contracts.autoTopUp.connect(alice).authorise(account, {
      budgetInTokens: 20_000n * USDC,
      limitInTokens: 10_000n * USDC,
      maxFeeInTokens: 20n * USDC,
      expiry: BigInt(timestamp) + 86_400n,
      target: toWad("1.1"),
      mayFallShort: false,
    });
  });

  it("brings an account back to its target on the real margin engine", async () => {
    const { carol, alice, contracts } = market;
    await push(1_700);
    await contracts.liquidator.callMargin(account);
    const before = await riskOf();
    expect(before.equity).to.be.lessThan(before.initial);
    const wallet = await balanceOf(alice.address);
    const keeper = await balanceOf(carol.address);

    await contracts.autoTopUp.connect(carol).topUp(account);

    const { equity, initial } = await riskOf();
    const needed = (initial * 11n) / 10n;
    expect(equity).to.be.greaterThanOrEqual(needed);
    expect(equity - needed).to.be.lessThan(10n ** 13n);
    expect(await contracts.liquidator.marginCalledAt(account)).to.equal(0n);
    const deposit = (equity - before.equity) / 10n ** 12n;
    expect(await balanceOf(carol.address)).to.equal(keeper + 20n * USDC);
    expect(await balanceOf(alice.address)).to.equal(wallet - deposit - 20n * USDC);
  });

  it("tops up 16 options for the gas that the highest fee is derived from", async () => {
    const { alice, bob, carol, contracts, ethers } = market;
    const timestamp = await market.networkHelpers.time.latest();
    const short = toAccount(bob.address, 1n);
    const expiries = [3, 14, 28, 56].map((days) => fridayAfter(timestamp, days));
    const legs = expiries.flatMap((expiry) =>
      [1_800n, 1_900n, 2_000n, 2_100n].map((dollars) => put(1, { expiry, strike: dollars * WAD })),
    );
    const fills = legs.map((instrument) => ({
      ...{ buyer: short, seller: account, instrument, size: WAD, price: 100n * WAD },
    }));
    await contracts.clearinghouse.connect(alice).batch(batchOf({ fills }), { gasLimit: GAS_LIMIT });
    await push(1_850);
    await contracts.liquidator.callMargin(account);
    const { hash } = await contracts.autoTopUp.connect(carol).topUp(account);
    const { gasUsed } = (await ethers.provider.getTransactionReceipt(hash)) ?? { gasUsed: GAS_LIMIT };
    expect(gasUsed).to.be.lessThan(GAS_OF_MAX_FEE);
  });

  it("is what a keeper does once the fee pays for its gas, and goes on where it cannot", async () => {
    const { alice, contracts, tokens, addresses, venue, networkHelpers, provider } = market;
    const wallet = new Wallet(`0x${"5".repeat(64)}`);
    await networkHelpers.setBalance(wallet.address, 10n ** 20n);
    let now = 0;
    const keeper = await createKeeper({
      chain: eip1193Chain(provider),
      signer: wallet,
      deployment: { ...addresses, chainId: Number(venue.chainId), underlyings: [1, 2] },
      config: { gas: { mode: "fixed" }, settlements: { funding: false } },
      clock: () => now,
    });
    const tick = async () => {
      now = await networkHelpers.time.latest();
      const { sent, skipped } = await runTick(keeper);
      return [...sent.map(({ kind }) => kind as string), ...skipped.map(({ reason }) => reason)].join(", ");
    };
    await push(1_700);
    await tokens.USDC?.connect(alice).approve(addresses.autoTopUp, 0n);
    expect(await tick()).to.include("callMargin");
    await networkHelpers.mine();
    expect(await tick()).to.match(/AllowanceTooSmall/);
    await tokens.USDC?.connect(alice).approve(addresses.autoTopUp, 20_000n * USDC);
    await networkHelpers.time.increase(60);
    expect(await tick()).to.include("topUp");
    expect(await balanceOf(wallet.address)).to.equal(20n * USDC);
    expect(await contracts.liquidator.marginCalledAt(account)).to.equal(0n);
  });

  it("tells a keeper why it refuses", async () => {
    const { carol, alice, contracts, tokens, addresses } = market;
    const { autoTopUp } = contracts;
    const refusal = async () => await rejection(decoded(autoTopUp.connect(carol).topUp.staticCall(account)));
    expect(await refusal()).to.include({ errorName: "NoMarginCall" });
    await push(1_700);
    await contracts.liquidator.callMargin(account);
    await market.networkHelpers.mine();
    await tokens.USDC?.connect(alice).approve(addresses.autoTopUp, 1n);
    expect(await refusal()).to.include({ errorName: "AllowanceTooSmall" });
    await autoTopUp.connect(alice).revoke(account);
    expect(await refusal()).to.include({ errorName: "NotAuthorised" });
  });
});
