import { expect } from "chai";
import { network } from "hardhat";
import { toAccount, type Account } from "../../packages/client/src/account.ts";
import { approveTrading, MAY_MOVE, MAY_TRADE } from "../../packages/client/src/batch.ts";
import { executionOf } from "../../packages/client/src/execution.ts";
import { call, spot, type Instrument } from "../../packages/client/src/instrument.ts";
import { callersOrder, makeSingleOrder, signOrder, type SignedOrder } from "../../packages/client/src/order.ts";
import { preparationFor, signApprovals, signPermit, type Preparation } from "../../packages/client/src/preparation.ts";
import { toWad } from "../../packages/client/src/wad.ts";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { refusal } from "../helpers/rejection.ts";
import { fridayAfter, open } from "../helpers/trading.ts";

const { networkHelpers } = await network.create("market");
const WETH = spot(1);
const HOUR = 3600n;

describe("a writer of covered calls", () => {
  let market: TestMarket;
  let account: Account;
  let option: Instrument;
  let bid: SignedOrder;
  let deadline: bigint;

  /** Bob bids 60 for up to 20 calls; Alice has 10 WETH in her wallet, nothing on the exchange, and has allowed nobody anything. */
  beforeEach(async () => {
    market = await networkHelpers.loadFixture(deployPlimsoll);
    const { alice, bob, venue } = market;
    account = toAccount(alice.address);
    await open(market, bob, 20_000n);
    const now = await networkHelpers.time.latest();
    option = call(1, { expiry: fridayAfter(now, 28), strike: toWad(2400) });
    deadline = BigInt(now) + HOUR;
    const terms = { account: toAccount(bob.address), instrument: option, size: toWad(20), price: toWad(60) };
    bid = await signOrder(makeSingleOrder(terms), bob, venue);
  });

  /** What Alice signs: ten WETH for the router, and who may act for her account. */
  async function prepared(tokens: bigint): Promise<Preparation> {
    const { alice, contracts, addresses, tokens: listed, venue } = market;
    const weth = listed["WETH"];
    if (weth === undefined) throw new RangeError("no WETH");
    const domain = {
      name: await weth.name(),
      version: "1",
      chainId: venue.chainId,
      verifyingContract: await weth.getAddress(),
    };
    const permitted = {
      spender: addresses.tradeRouter,
      value: tokens,
      nonce: await weth.nonces(alice.address),
      deadline,
    };
    const approvals = {
      approvals: [
        // To bring a token that the account does not hold yet the router must be allowed to move; for an hour.
        { account, operator: addresses.tradeRouter, permissions: MAY_TRADE | MAY_MOVE, expiry: deadline },
        approveTrading(account, addresses.orderSettlement),
      ],
      nonce: await contracts.clearinghouseBooks.approvalNonce(alice.address),
      deadline,
    };
    const clearing = { chainId: venue.chainId, clearinghouse: addresses.clearinghouse };
    return preparationFor(account, {
      deposit: { account, asset: WETH, amountInTokens: tokens },
      permit: await signPermit(permitted, alice, domain),
      ...(await signApprovals(approvals, alice, clearing)),
    });
  }

  const sold = (size: bigint) =>
    callersOrder(
      makeSingleOrder({ account, instrument: option, size: -size, price: toWad(60) }),
      market.addresses.tradeRouter,
    );

  const write = async (preparation: Preparation, size: bigint) =>
    await market.contracts.tradeRouter
      .connect(market.alice)
      .fill(preparation, bid, sold(size), executionOf(bid.order, size));

  it("deposits by permit, approves and sells in one transaction", async () => {
    const { alice, contracts, tokens, addresses } = market;
    const before = await tokens["WETH"]?.balanceOf(alice.address);
    await write(await prepared(toWad(10)), toWad(10));
    const { clearinghouse } = contracts;
    expect(await clearinghouse.position(account, WETH)).to.equal(toWad(10));
    expect(await clearinghouse.position(account, option)).to.equal(toWad(-10));
    // Ten premiums of 60, less 0.03 % of 20,000.
    expect(await clearinghouse.cash(account)).to.equal(toWad(600 - 6));
    expect(await tokens["WETH"]?.balanceOf(alice.address)).to.equal((before ?? 0n) - toWad(10));
    expect(await tokens["WETH"]?.allowance(alice.address, addresses.tradeRouter)).to.equal(0n);
    expect(await clearinghouse.isAuthorised(account, addresses.tradeRouter, MAY_MOVE)).to.equal(true);
    await networkHelpers.time.increaseTo(deadline + 1n);
    expect(await clearinghouse.isAuthorised(account, addresses.tradeRouter, MAY_MOVE)).to.equal(false);
  });

  it("is covered: ether that doubles ruins only who wrote the same calls bare", async () => {
    const { contracts, aggregators } = market;
    await write(await prepared(toWad(10)), toWad(10));
    const { cash, positions } = await contracts.clearinghouse.portfolio(account);
    const bare = [...positions].filter((leg) => leg >> 128n === option);
    expect(bare).to.have.length(1);
    await aggregators["ETH"]?.["push(int256)"](4_000n * 10n ** 8n);
    const covered = await contracts.clearinghouse.risk(account);
    const [ruined] = await contracts.marginEngine.evaluate([{ cash, positions: bare }]);
    expect(covered.equity).to.be.greaterThan(covered.initial);
    expect(ruined?.equity ?? 0n).to.be.lessThan(0n);
  });

  it("loses nothing to somebody who brings her signatures first", async () => {
    const { alice, carol, contracts, tokens, addresses } = market;
    const preparation = await prepared(toWad(10));
    const { value, v, r, s } = preparation.permit;
    const weth = tokens["WETH"]?.connect(carol);
    await weth?.permit(alice.address, addresses.tradeRouter, value, deadline, v, r, s);
    const force = contracts.clearinghouseBooks.connect(carol);
    await force.approveBySignature(preparation.approvals, preparation.approvalSignature);

    const theft = { ...preparation, deposit: { ...preparation.deposit, account: toAccount(carol.address) } };
    const router = contracts.tradeRouter.connect(carol);
    // Carol's own WETH is what the router would take, and she has not allowed it.
    expect(
      (await refusal(router.prepare({ ...theft, approvals: { ...theft.approvals, approvals: [] } }))).errorName,
    ).to.equal("AllowanceTooSmall");
    const bold = await refusal(
      router.fill(preparationFor(account), bid, sold(toWad(1)), executionOf(bid.order, toWad(1))),
    );
    expect(bold.errorName).to.equal("NotOwner");
    await write(preparation, toWad(10));
    expect(await contracts.clearinghouse.position(account, option)).to.equal(toWad(-10));
  });

  it("is refused as a whole where it would leave her short of margin", async () => {
    const { contracts, alice, tokens } = market;
    const before = await tokens["WETH"]?.balanceOf(alice.address);
    const error = await refusal(write(await prepared(toWad("0.5")), toWad(20)));
    expect(error.errorName).to.equal("BelowInitialMargin");
    expect(await tokens["WETH"]?.balanceOf(alice.address)).to.equal(before);
    expect(await contracts.clearinghouse.positions(account)).to.deep.equal([]);
  });
});
