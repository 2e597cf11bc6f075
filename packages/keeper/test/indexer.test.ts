import { toAccount } from "@plimsoll/client";
import { expect } from "chai";
import { toBeHex, zeroPadValue } from "ethers";
import { configSchema, deploymentSchema } from "../src/config.ts";
import { autoTopUpInterface, clearinghouseInterface, liquidatorInterface } from "../src/contracts.ts";
import { ReorgTooDeep } from "../src/errors.ts";
import { AccountIndex } from "../src/indexer.ts";
import { FakeChain } from "./fakeChain.ts";

const address = (digit: number) => `0x${digit.toString().repeat(40)}`;
const account = (subId: bigint) => toAccount(address(9), subId);
const word = (value: bigint) => zeroPadValue(toBeHex(value), 32);
const log = (topicHash: string, ...topics: bigint[]) => ({
  address: address(1),
  topics: [topicHash, ...topics.map(word)],
  data: "0x",
});

const deposited = (to: bigint) => log(clearinghouseInterface.getEvent("Deposited").topicHash, to, 0n);
const filled = (buyer: bigint, seller: bigint) =>
  log(clearinghouseInterface.getEvent("Filled").topicHash, buyer, seller, 1n);
const started = (id: bigint) => log(liquidatorInterface.getEvent("AuctionStarted").topicHash, id, BigInt(address(8)));
const called = (id: bigint) => log(liquidatorInterface.getEvent("MarginCalled").topicHash, id);
const authorised = (id: bigint) => log(autoTopUpInterface.getEvent("Authorised").topicHash, id);
const revoked = (id: bigint) => log(autoTopUpInterface.getEvent("Revoked").topicHash, id);
const ended = (id: bigint) => log(liquidatorInterface.getEvent("AuctionEnded").topicHash, id);

const deployment = deploymentSchema.parse({
  chainId: 31_337,
  ...{ clearinghouse: address(1), liquidator: address(2), lens: address(3), marginEngine: address(4) },
  ...{ priceOracle: address(5), volatilityOracle: address(6), underlyings: [1] },
});

function indexWith(options: { blocksPerQuery?: number; checkpoints?: number } = {}): AccountIndex {
  return new AccountIndex(deployment, configSchema.parse({ index: options }).index);
}

async function sync(index: AccountIndex, chain: FakeChain): Promise<Set<bigint>> {
  return index.sync(chain, await chain.head());
}

describe("account index", () => {
  it("knows every account, and which of them may owe", async () => {
    const chain = new FakeChain();
    chain.extend([deposited(account(1n)), deposited(account(2n))]);
    chain.extend([filled(account(2n), account(3n))]);
    const index = indexWith();
    expect(await sync(index, chain)).to.deep.equal(new Set([1n, 2n, 3n].map(account)));
    expect(index.owing).to.deep.equal(new Set([2n, 3n].map(account)));
  });

  it("tells once whose expired positions have become cash", async () => {
    const chain = new FakeChain();
    const expired = (of: bigint) => log(clearinghouseInterface.getEvent("Expired").topicHash, of, 1n);
    chain.extend([deposited(account(1n)), expired(account(2n)), expired(account(3n))]);
    const index = indexWith();
    expect(await sync(index, chain)).to.deep.equal(new Set([1n, 2n, 3n].map(account)));
    expect(index.takeExpired()).to.deep.equal([2n, 3n].map(account));
    expect(index.takeExpired()).to.deep.equal([]);
  });

  it("knows who has authorised top-ups", async () => {
    const chain = new FakeChain();
    chain.extend([authorised(account(1n)), authorised(account(2n)), deposited(account(3n))]);
    chain.extend([revoked(account(2n))]);
    const index = indexWith();
    await sync(index, chain);
    const known = [1n, 2n, 3n].map((subId) => index.accounts.get(account(subId))?.isAuthorised);
    expect(known).to.deep.equal([true, false, false]);
    expect(index.owing.size).to.equal(0);
  });

  it("reads a range in pieces, goes on from where it stopped, and reads nothing twice", async () => {
    const chain = new FakeChain();
    for (let block = 1n; block <= 25n; block++) chain.extend([filled(account(block), account(block + 100n))]);
    const index = indexWith({ blocksPerQuery: 10 });
    expect((await sync(index, chain)).size).to.equal(50);
    expect(chain.logQueries).to.equal(3);
    expect((await sync(index, chain)).size).to.equal(0);
    expect(chain.logQueries).to.equal(3);
    chain.extend([deposited(account(7n))]);
    expect(await sync(index, chain)).to.deep.equal(new Set([account(7n)]));
  });

  it("resumes from a snapshot", async () => {
    const chain = new FakeChain();
    chain.extend([filled(account(1n), account(2n)), started(account(1n))]);
    const first = indexWith();
    await sync(first, chain);
    const second = indexWith();
    second.restore(first.snapshot());
    chain.extend([called(account(2n))]);
    expect(await sync(second, chain)).to.deep.equal(new Set([account(2n)]));
    expect(second.accounts.get(account(1n))).to.include({ inAuction: true, isCalled: false });
    expect(second.owing.size).to.equal(2);
  });

  it("follows auctions and margin calls", async () => {
    const chain = new FakeChain();
    chain.extend([filled(account(1n), account(2n)), called(account(1n)), started(account(1n))]);
    const index = indexWith();
    await sync(index, chain);
    expect(index.accounts.get(account(1n))).to.include({ inAuction: true, isCalled: true });
    chain.extend([ended(account(1n))]);
    await sync(index, chain);
    expect(index.accounts.get(account(1n))).to.include({ inAuction: false, isCalled: true });
    // The starter of an auction is an address, not an account.
    expect(index.accounts.has(BigInt(address(8)))).to.equal(false);
  });

  it("leaves out an account that needs nothing until it trades again, or until that is undone", async () => {
    const chain = new FakeChain();
    chain.extend([filled(account(1n), account(2n))]);
    const index = indexWith();
    await sync(index, chain);
    chain.extend([filled(account(2n), account(1n))]); // Block 2 closes what block 1 opened.
    await sync(index, chain);
    index.rest(account(1n));
    expect(index.owing).to.deep.equal(new Set([account(2n)]));
    chain.reorganise(2, [[], []]);
    expect(await sync(index, chain)).to.include(account(1n));
    expect(index.owing.has(account(1n))).to.equal(true);
    expect(index.accounts.get(account(1n))?.mayOwe).to.equal(true);
    chain.extend([started(account(1n))]);
    await sync(index, chain);
    index.rest(account(1n));
    expect(index.owing.has(account(1n))).to.equal(true);
  });

  it("rewinds a reorganisation: forgets what was only there, doubts what changed there, reads the new branch", async () => {
    const chain = new FakeChain();
    chain.extend([filled(account(1n), account(2n))]); // block 1
    const index = indexWith();
    await sync(index, chain);
    chain.extend(); // block 2
    await sync(index, chain);
    chain.extend([started(account(1n)), filled(account(3n), account(4n))]); // block 3
    await sync(index, chain);
    expect(index.accounts.get(account(1n))?.inAuction).to.equal(true);

    chain.reorganise(3, [[filled(account(4n), account(5n))], []]);
    const changed = await sync(index, chain);
    expect(changed).to.deep.equal(new Set([1n, 3n, 4n, 5n].map(account)));
    expect(index.accounts.has(account(3n))).to.equal(false);
    expect(index.owing).to.deep.equal(new Set([1n, 2n, 4n, 5n].map(account)));
    expect(index.accounts.get(account(1n))?.inAuction).to.equal(undefined);
    expect(index.block).to.equal(4);
  });

  it("notices a reorganisation to a shorter chain", async () => {
    const chain = new FakeChain(3);
    const index = indexWith();
    await sync(index, chain);
    chain.extend([filled(account(1n), account(2n))]);
    chain.extend();
    await sync(index, chain);
    chain.reorganise(3, [[]]);
    await sync(index, chain);
    expect(index.accounts.size).to.equal(0);
    expect(index.block).to.equal(3);
  });

  it("says so when a reorganisation is deeper than it remembers, and can start over", async () => {
    const chain = new FakeChain();
    const index = indexWith({ checkpoints: 2 });
    for (let i = 0n; i < 5n; i++) {
      chain.extend([filled(account(i), account(i + 10n))]);
      await sync(index, chain);
    }
    chain.reorganise(1, [[filled(account(77n), account(78n))], [], [], [], [], []]);
    const failure = await sync(index, chain).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ReorgTooDeep);
    index.reset();
    await sync(index, chain);
    expect(index.owing).to.deep.equal(new Set([77n, 78n].map(account)));
  });
});
