import { put } from "@plimsoll/client";
import { expect } from "chai";
import type { Interface } from "ethers";
import { pino } from "pino";
import type { CallRequest } from "../src/chain.ts";
import { configSchema, deploymentSchema } from "../src/config.ts";
import { booksInterface, clearinghouseInterface, settlementPricesInterface } from "../src/contracts.ts";
import { Validity, WAD } from "../src/domain.ts";
import { CallReverted, RpcError } from "../src/errors.ts";
import { Holdings } from "../src/holdings.ts";
import { createMetrics } from "../src/metrics.ts";
import { lossesFirst, planUpkeep, prepareSettlement } from "../src/settling.ts";
import { FakeChain } from "./fakeChain.ts";

const EXPIRY = 1_800_000_000;
const PUT = put(1, { expiry: EXPIRY, strike: 1_800n * WAD });
const address = (digit: number) => `0x${digit.toString().repeat(40)}`;
const deployment = deploymentSchema.parse({
  chainId: 31_337,
  ...{ clearinghouse: address(1), liquidator: address(2), lens: address(3), marginEngine: address(4) },
  ...{ priceOracle: address(5), volatilityOracle: address(6), underlyings: [1] },
});
const market = {
  ...{ underlying: 1, price: WAD, updatedAt: EXPIRY + 60, validity: Validity.Fresh },
  ...{ initialVolatility: 0n, maintenanceVolatility: 0n, walkedTo: 0 },
};

type Answers = Record<string, (args: readonly unknown[]) => readonly unknown[]>;

/** A keeper whose node answers these functions, and fails at all others. */
function settlerWith(answers: Answers) {
  const chain = new FakeChain();
  const contracts: Interface[] = [clearinghouseInterface, booksInterface, settlementPricesInterface];
  chain.call = (request?: CallRequest) => {
    const data = request?.data ?? "0x";
    for (const contract of contracts) {
      const parsed = contract.parseTransaction({ data });
      const answer = parsed && answers[parsed.name];
      if (answer) return Promise.resolve(contract.encodeFunctionResult(parsed.name, answer(parsed.args)));
    }
    return Promise.reject(new RpcError("eth_call", "no answer", undefined));
  };
  const holdings = new Holdings();
  holdings.restore([{ account: 7n, instruments: [PUT] }]);
  return {
    ...{ chain, holdings, address: address(9), config: configSchema.parse({}), contracts: { deployment } },
    ...{ index: { takeExpired: () => [] as bigint[] }, logger: pino({ enabled: false }), metrics: createMetrics() },
  };
}

const occasion = { now: EXPIRY + 100, changed: new Set<bigint>(), markets: [market], blocked: new Set<string>() };

describe("upkeep", () => {
  const calm: Answers = { settlementPrice: () => [WAD, true], funding: () => [0n, EXPIRY + 60, 0n] };

  it("settles who is known to hold what is final", async () => {
    const settler = settlerWith(calm);
    const settle = { kind: "settleExpired", series: [PUT], accounts: [7n] };
    expect(await planUpkeep(settler, occasion)).to.deep.equal([settle]);
    expect(await settler.metrics.registry.metrics()).to.include("unsettled_accounts 1");
    settler.config = configSchema.parse({ settlements: { expiries: false } });
    expect(await planUpkeep(settler, occasion)).to.deep.equal([]);
  });

  it("accrues where there is a source, nothing to be shared first, and somebody who holds the perpetual", async () => {
    const due: Answers = {
      settlementPrice: () => [0n, false],
      funding: () => [0n, EXPIRY - 3_200, 0n],
      fundingSource: () => [address(8)],
      losses: () => [3n, 0n],
      openInterestOf: () => [WAD],
    };
    const accruals = async (changes: Answers, validity: Validity = Validity.Late) => {
      const plan = await planUpkeep(settlerWith({ ...due, ...changes }), {
        ...occasion,
        markets: [{ ...market, validity }],
      });
      return plan.filter(({ kind }) => kind === "accrueFunding").length;
    };
    expect(await accruals({})).to.equal(1);
    expect(await accruals({ fundingSource: () => [`0x${"0".repeat(40)}`] })).to.equal(0);
    expect(await accruals({ losses: () => [3n, 1n] })).to.equal(0);
    expect(await accruals({ openInterestOf: () => [0n] })).to.equal(0);
    expect(await accruals({}, Validity.Invalid)).to.equal(0);
    expect(await accruals({ funding: () => [0n, EXPIRY - 3_199, 0n] })).to.equal(0);
  });

  it("lets a read that fails wait, so that liquidations do not", async () => {
    const settler = settlerWith({ settlementPrice: () => [WAD, true] });
    expect(await planUpkeep(settler, occasion)).to.deep.equal([]);
    expect(await settler.metrics.registry.metrics()).to.include('errors_total{code="rpc"} 1');
  });

  it("prepares one call for what has expired", async () => {
    const action = { kind: "settleExpired", series: [PUT], accounts: [7n] } as const;
    expect(await prepareSettlement(settlerWith({}), action)).to.deep.include({
      ...{ key: "settleExpired", to: address(1), subject: { accounts: [7n] } },
      data: booksInterface.encodeFunctionData("settleExpired", [[PUT], [7n]]),
    });
  });

  it("has the losses settled of an account with more of them than a call takes, and does nothing about other refusals", async () => {
    const losses = lossesFirst(new CallReverted("Unsettled", [7n], "0x"));
    expect(await prepareSettlement(settlerWith({}), losses)).to.deep.include({
      ...{ key: "losses:0x7", kind: "settleLosses", to: address(1), subject: {} },
      data: booksInterface.encodeFunctionData("settle", [7n, 256]),
    });
    const others = [new CallReverted("AboveMaintenance", [7n], "0x"), new RpcError("eth_call", "timeout", undefined)];
    for (const other of others) expect(() => lossesFirst(other)).to.throw(other.message);
  });
});
