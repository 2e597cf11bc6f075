import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toAccount } from "@plimsoll/client";
import { expect } from "chai";
import { Wallet } from "ethers";
import fc from "fast-check";
import { pino } from "pino";
import { prepareAccountAction } from "../src/actions.ts";
import { Backoff } from "../src/backoff.ts";
import { configSchema, deploymentSchema } from "../src/config.ts";
import type { KeeperOptions } from "../src/config.ts";
import { BroadcastFailed, RpcError } from "../src/errors.ts";
import { replacement } from "../src/fees.ts";
import { createMetrics } from "../src/metrics.ts";
import { SigningPolicy } from "../src/policy.ts";
import { Sender } from "../src/sender.ts";
import type { GasTerms } from "../src/sender.ts";
import { jsonFileStore, memoryStore } from "../src/store.ts";
import type { KeeperStore } from "../src/store.ts";
import { FakeChain } from "./fakeChain.ts";

const address = (digit: number) => `0x${digit.toString().repeat(40)}`;
const GWEI = 10n ** 9n;

const deployment = deploymentSchema.parse({
  chainId: 31_337,
  clearinghouse: address(1),
  liquidator: address(2),
  lens: address(3),
  marginEngine: address(4),
  priceOracle: address(5),
  volatilityOracle: address(6),
  underlyings: [1],
});

const account = toAccount(address(9), 0n);
const start = prepareAccountAction(deployment, "startAuction", account);
const ample: GasTerms = { gasLimit: 200_000n, gasExpected: 100_000n, budgetWei: 10n ** 18n };

function senderOn(chain: FakeChain, store: KeeperStore = memoryStore(), options: KeeperOptions = {}): Sender {
  const config = configSchema.parse(options);
  const policy = new SigningPolicy(new Wallet(`0x${"7".repeat(64)}`), deployment, config.policy);
  return new Sender({ chain, policy, store, config, logger: pino({ enabled: false }), metrics: createMetrics() });
}

describe("sending", () => {
  let chain: FakeChain;
  beforeEach(() => {
    chain = new FakeChain();
  });

  async function submit(sender: Sender, terms: GasTerms = ample, prepared = start): Promise<string> {
    return sender.submit(prepared, terms, { head: await chain.head(), now: 0 });
  }
  const poll = async (sender: Sender, now: number) => sender.poll(await chain.head(), now);

  it("outbids itself under the same nonce until a miner who ignores low fees takes it", async () => {
    chain.minimumTip = 2n * GWEI;
    const sender = senderOn(chain);
    await submit(sender);
    let settled = await poll(sender, 0);
    for (let now = 30; settled.length === 0 && now < 3_000; now += 30) {
      chain.mine();
      settled = await poll(sender, now);
    }
    expect(settled).to.have.length(1);
    expect(settled[0]).to.include({ kind: "startAuction", success: true });
    // 1.125^6 is the first power above 2.
    expect(chain.broadcasts).to.have.length(7);
    expect(new Set(chain.broadcasts.map(({ nonce }) => nonce))).to.deep.equal(new Set([0]));
    expect(chain.broadcasts.every(({ data }) => data === start.data)).to.equal(true);
  });

  it("raises both fees by at least 12.5 %, whatever the market", () => {
    const fee = fc.bigInt(0n, 10n ** 13n);
    const fees = fc.record({ maxFeePerGas: fee, maxPriorityFeePerGas: fee });
    fc.assert(
      fc.property(fees, fees, (previous, market) => {
        const next = replacement(previous, market);
        expect(next.maxFeePerGas * 1_000n >= previous.maxFeePerGas * 1_125n).to.equal(true);
        expect(next.maxPriorityFeePerGas * 1_000n >= previous.maxPriorityFeePerGas * 1_125n).to.equal(true);
        expect(next.maxFeePerGas >= next.maxPriorityFeePerGas).to.equal(true);
      }),
    );
  });

  it("never bids more than its budget, and gives the nonce back instead", async () => {
    chain.minimumTip = 1_000n * GWEI;
    const sender = senderOn(chain);
    const budgetWei = ample.gasExpected * 5n * GWEI;
    await submit(sender, { ...ample, budgetWei });
    for (let now = 30; now < 3_000; now += 30) await poll(sender, now);
    const [cancels, bids] = [
      chain.broadcasts.filter(({ data }) => data === "0x"),
      chain.broadcasts.filter(({ data }) => data !== "0x"),
    ];
    expect(bids.length > 1 && cancels.length > 0).to.equal(true);
    expect(bids.every(({ maxFeePerGas }) => (maxFeePerGas ?? 0n) * ample.gasExpected <= budgetWei)).to.equal(true);
    expect(cancels.every(({ maxFeePerGas, gasLimit }) => (maxFeePerGas ?? 0n) * gasLimit <= budgetWei)).to.equal(true);
    chain.minimumTip = 0n;
    chain.mine();
    expect((await poll(sender, 3_000))[0]).to.include({ kind: "cancel", expectedProfit: 0n });
    expect(sender.keys()).to.deep.equal([]);
  });

  it("keeps what it decided across a restart, and does not send it a second time", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keeper-"));
    try {
      const first = senderOn(chain, await jsonFileStore(folder));
      await submit(first);
      const second = senderOn(chain, await jsonFileStore(folder));
      await second.load();
      expect(second.keys()).to.deep.equal([start.key]);
      chain.mine();
      expect((await poll(second, 1))[0]).to.include({ key: start.key, account, success: true });
      expect(chain.broadcasts).to.have.length(1);
      expect(await (await jsonFileStore(folder)).intents()).to.deep.equal([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("writes the intent down before it broadcasts", async () => {
    const store = memoryStore();
    let writtenAtBroadcast: string[] | undefined;
    const send = chain.send;
    chain.send = async (raw) => {
      writtenAtBroadcast = (await store.intents()).flatMap(({ hashes }) => hashes);
      return send(raw);
    };
    const hash = await submit(senderOn(chain, store));
    expect(writtenAtBroadcast).to.deep.equal([hash]);
  });

  it("forgets a transaction that the node refused, and reports one whose nonce another took", async () => {
    const sender = senderOn(chain);
    const send = chain.send;
    chain.send = () => Promise.reject(new BroadcastFailedByNode());
    const refusal = await submit(sender).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(BroadcastFailed);
    expect(sender.keys()).to.deep.equal([]);
    chain.send = send;
    await submit(sender);
    const elsewhere = senderOn(chain);
    chain.pool.clear();
    await submit(elsewhere, ample, prepareAccountAction(deployment, "absorb", account));
    chain.mine();
    expect((await poll(sender, 1))[0]).to.include({ success: false, hash: "" });
  });
});

class BroadcastFailedByNode extends RpcError {
  constructor() {
    super("eth_sendRawTransaction", "insufficient funds for gas * price + value", undefined);
  }
}

describe("back-off", () => {
  it("doubles the delay up to the cap, and starts anew after a success", () => {
    const backoff = new Backoff({ baseSeconds: 10, capSeconds: 60 });
    const delays: number[] = [];
    let now = 0;
    for (let i = 0; i < 5; i++) {
      backoff.fail("a", now);
      const from = now;
      while (backoff.isWaiting("a", now)) now++;
      delays.push(now - from);
    }
    expect(delays).to.deep.equal([10, 20, 40, 60, 60]);
    backoff.succeed("a");
    backoff.fail("a", now);
    expect(backoff.isWaiting("a", now + 9)).to.equal(true);
    expect(backoff.isWaiting("a", now + 10)).to.equal(false);
  });

  it("stays flat in memory over 100,000 passes with ever new failing accounts", () => {
    const backoff = new Backoff({ baseSeconds: 10, capSeconds: 60 });
    let most = 0;
    for (let now = 0; now < 100_000; now++) {
      backoff.fail(`account ${now}`, now);
      backoff.waiting(now);
      most = Math.max(most, backoff.size);
    }
    expect(most <= 10 + 60 + 1).to.equal(true);
  });
});
