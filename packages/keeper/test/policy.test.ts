import { toAccount } from "@plimsoll/client";
import { expect } from "chai";
import { Transaction, Wallet } from "ethers";
import {
  prepareAccountAction,
  prepareLiquidation,
  prepareTakeOver,
  prepareTopUp,
  prepareWalk,
} from "../src/actions.ts";
import { configSchema, deploymentSchema } from "../src/config.ts";
import {
  autoTopUpInterface,
  booksInterface,
  clearinghouseInterface,
  marketsInterface,
  poolInterface,
  priceInterface,
  settlementPricesInterface,
  vaultInterface,
} from "../src/contracts.ts";
import { packLeg } from "../src/domain.ts";
import { PolicyDenied } from "../src/errors.ts";
import type { PolicyRule } from "../src/errors.ts";
import { CANCEL_GAS, SigningPolicy } from "../src/policy.ts";
import type { Signer, TransactionRequest } from "../src/policy.ts";
import { perp } from "./model.ts";

const address = (digit: number) => `0x${digit.toString().repeat(40)}`;
const GWEI = 10n ** 9n;
const deployment = deploymentSchema.parse({
  chainId: 31_337,
  ...{ clearinghouse: address(1), liquidator: address(2), lens: address(3), marginEngine: address(4) },
  ...{ priceOracle: address(5), volatilityOracle: address(6), underlyings: [1] },
});
const wallet = new Wallet(`0x${"7".repeat(64)}`);
const own = toAccount(wallet.address, 0n);
const foreign = toAccount(address(9), 0n);
const order = { account: foreign, legs: [perp(1, 1)], deadline: 1, expectedProfit: 0n };

describe("signing policy", () => {
  const limits = configSchema.parse({
    policy: { maxSpendPerTransactionWei: 10n ** 15n, maxSpendPerDayWei: 25n * 10n ** 14n },
  }).policy;
  let policy: SigningPolicy;
  beforeEach(() => {
    policy = new SigningPolicy(wallet, deployment, limits);
  });

  function request(changes: Partial<TransactionRequest> = {}): TransactionRequest {
    const { to, data } = prepareAccountAction(deployment, "startAuction", foreign);
    return { to, data, nonce: 0, gasLimit: 1_000_000n, maxFeePerGas: GWEI, maxPriorityFeePerGas: 1n, ...changes };
  }

  async function expectDenied(changes: Partial<TransactionRequest>, rule: PolicyRule, now = 0): Promise<void> {
    const error = await policy.sign(request(changes), now).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(PolicyDenied);
    expect((error as PolicyDenied).rule).to.equal(rule);
  }

  it("signs what a keeper does, without value and for the pinned chain", async () => {
    const legs = prepareLiquidation(deployment, { ...order, taker: own, minRate: 0n });
    const whole = prepareTakeOver(deployment, { ...order, taker: own, funder: own, funding: 0n, minPayment: 0n });
    for (const [nonce, { to, data }] of [legs, whole, prepareWalk(deployment, 1)].entries()) {
      const { raw } = await policy.sign(request({ to, data, nonce, gasLimit: 500_000n }), 0);
      expect(Transaction.from(raw)).to.deep.include({ chainId: 31_337n, value: 0n, from: wallet.address });
    }
  });

  it("denies contracts and functions that it does not know", async () => {
    const withdraw = clearinghouseInterface.encodeFunctionData("fundReserve", [1n]);
    await expectDenied({ to: address(3), data: withdraw }, "target");
    await expectDenied({ to: deployment.clearinghouse, data: withdraw }, "selector");
    await expectDenied({ to: deployment.liquidator, data: withdraw }, "selector");
    await expectDenied({ to: deployment.liquidator, data: "0x" }, "selector");
    await expectDenied({ to: deployment.volatilityOracle, data: request().data }, "selector");
    await expectDenied({ to: address(7), data: "0x", gasLimit: CANCEL_GAS }, "target");
  });

  it("signs an unwinding into an account of its own, and none where the venue has no backstop", async () => {
    const unwind = (taker: bigint) =>
      vaultInterface.encodeFunctionData("unwind", [
        { account: foreign, taker, legs: [packLeg(perp(1, 1))], minPayment: 0n, deadline: 1 },
      ]);
    await expectDenied({ to: address(8), data: unwind(own) }, "target");
    policy = new SigningPolicy(wallet, { ...deployment, backstopVault: address(8) }, limits);
    await policy.sign(request({ to: address(8), data: unwind(own) }), 0);
    await expectDenied({ to: address(8), data: unwind(foreign), nonce: 1 }, "taker");
  });

  it("signs what settles and accrues, where it belongs, and nothing else of those contracts", async () => {
    const books = [
      booksInterface.encodeFunctionData("settleExpired", [[1n], [foreign]]),
      booksInterface.encodeFunctionData("settle", [foreign, 1n]),
      booksInterface.encodeFunctionData("accrueFunding", [1]),
    ];
    const prove = settlementPricesInterface.encodeFunctionData("proveSettlement", [1, 1, 1n, 1n]);
    const { clearinghouse, priceOracle } = deployment;
    for (const [nonce, data] of books.entries())
      await policy.sign(request({ to: clearinghouse, data, nonce, gasLimit: 500_000n }), 0);
    await policy.sign(request({ to: priceOracle, data: prove, nonce: 3, gasLimit: 500_000n }), 0);
    const feed = {
      aggregator: address(9),
      decimals: 8,
      heartbeatSeconds: 1,
      maxAgeSeconds: 1,
      minAnswer: 0,
      maxAnswer: 1,
    };
    const setFeed = priceInterface.encodeFunctionData("setFeed", [1, feed]);
    const batch = clearinghouseInterface.getFunction("batch").selector;
    const approve = booksInterface.getFunction("approveBySignature").selector;
    const denied = [
      { to: priceOracle, data: setFeed },
      { to: priceOracle, data: books[0] ?? "" },
      { to: clearinghouse, data: prove },
      { to: clearinghouse, data: batch },
      { to: clearinghouse, data: approve },
    ];
    for (const call of denied) await expectDenied({ ...call, nonce: 4 }, "selector");
  });

  it("signs what is for depositors of pool and backstop, and nothing else of the two", async () => {
    const to = address(7);
    const refresh = poolInterface.encodeFunctionData("refresh", [1, 0]);
    const execute = poolInterface.encodeFunctionData("execute", [32n]);
    const release = vaultInterface.encodeFunctionData("releaseEmpty");
    await expectDenied({ to, data: refresh }, "target");
    policy = new SigningPolicy(wallet, { ...deployment, liquidityPool: to, backstopVault: address(8) }, limits);
    const calls = [
      { to, data: refresh },
      { to, data: execute },
      { to: address(8), data: release },
    ];
    for (const [nonce, call] of calls.entries()) await policy.sign(request({ ...call, nonce, gasLimit: 500_000n }), 0);
    const cancel = poolInterface.encodeFunctionData("cancelDeposit", [wallet.address, wallet.address]);
    await expectDenied({ to, data: cancel, nonce: 3 }, "selector");
    await expectDenied({ to: address(8), data: execute, nonce: 3 }, "selector");
  });

  it("has caps of open interest follow the backstop, and sets none", async () => {
    const data = marketsInterface.encodeFunctionData("refreshCover", [1]);
    await expectDenied({ to: address(7), data }, "target");
    policy = new SigningPolicy(wallet, { ...deployment, markets: address(7) }, limits);
    await policy.sign(request({ to: address(7), data }), 0);
    const set = marketsInterface.encodeFunctionData("setOpenInterestCap", [1, 1n]);
    await expectDenied({ to: address(7), data: set, nonce: 1 }, "selector");
  });

  it("signs top-ups at their own address, and none where the venue has none", async () => {
    const action = { kind: "topUp", account: foreign, expectedProfit: 0n } as const;
    const { to, data } = prepareTopUp(address(7), action);
    await expectDenied({ to, data }, "target");
    policy = new SigningPolicy(wallet, { ...deployment, autoTopUp: address(7) }, limits);
    await policy.sign(request({ to, data }), 0);
    const revoke = autoTopUpInterface.encodeFunctionData("revoke", [own]);
    await expectDenied({ to, data: revoke }, "selector");
  });

  it("denies takers and funders of anybody else", async () => {
    const legs = prepareLiquidation(deployment, { ...order, taker: foreign, minRate: 0n });
    await expectDenied(legs, "taker");
    const whole = prepareTakeOver(deployment, { ...order, taker: own, funder: foreign, funding: 0n, minPayment: 0n });
    await expectDenied(whole, "taker");
  });

  it("lets a nonce be cancelled by a transfer of nothing to itself, at the gas of a transfer", async () => {
    const cancel = { to: wallet.address, data: "0x" };
    await policy.sign(request({ ...cancel, gasLimit: CANCEL_GAS }), 0);
    await expectDenied({ ...cancel, gasLimit: CANCEL_GAS + 1n }, "transaction-spend");
  });

  it("bounds what one transaction and one day may cost, replacements counted once", async () => {
    await expectDenied({ gasLimit: 1_000_001n }, "transaction-spend");
    await policy.sign(request({ nonce: 0 }), 0);
    await policy.sign(request({ nonce: 1 }), 0);
    await policy.sign(request({ nonce: 1 }), 0);
    await expectDenied({ nonce: 2 }, "daily-spend");
    policy.settle(0, 10n ** 14n);
    await policy.sign(request({ nonce: 2 }), 0);
    await expectDenied({ nonce: 3 }, "daily-spend", 86_400);
    await policy.sign(request({ nonce: 3 }), 86_401);
  });

  it("does not let a signer change chain or value", async () => {
    const tampered = (changes: object): Signer => ({
      address: wallet.address,
      signTransaction: (transaction) => wallet.signTransaction(Object.assign(transaction.clone(), changes)),
    });
    policy = new SigningPolicy(tampered({ chainId: 1n }), deployment, limits);
    await expectDenied({}, "chain");
    policy = new SigningPolicy(tampered({ value: 1n }), deployment, limits);
    await expectDenied({}, "value");
  });
});
