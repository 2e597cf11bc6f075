import {
  approveTrading,
  batchOf,
  call,
  decodeError,
  depositCash,
  perpetual,
  put,
  spot,
  toAccount,
} from "@plimsoll/client";
import { toPosition, type Position } from "@plimsoll/client";
import {
  accountFromChain,
  auctionState,
  MarginModel,
  portfolioFromChain,
  seize,
  toNumber,
  underlyingFromChain,
  type Market,
} from "@plimsoll/risk";
import { expect } from "chai";
import { network } from "hardhat";
import { deployPlimsoll, type TestMarket } from "../helpers/deploy.ts";
import { isNear } from "../helpers/near.ts";
import { randomFrom, type Random } from "../helpers/kernel.ts";
import { fridayAfter, USDC } from "../helpers/trading.ts";

const ETH = 1;
const WAD = 10n ** 18n;
const LEAST_RATE = -(2n ** 255n);
const SEED = 20_211_204;
/** At each time. */
const PACKAGES = 40;
/** Seconds after the start of the auction, confirmed all the way: within its lapse each. */
const TIMES = [20, 60, 150, 320, 900];
/** Of what was traded, as the engine's parity. */
const TOLERANCE = 1e-9;

const createChain = () => network.create("market");

describe("A liquidation in Solidity and in float64", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let market: TestMarket;
  let now: number;
  let gross: number;

  const debtor = () => toAccount(market.alice.address, 1n);
  const keeper = () => toAccount(market.carol.address, 1n);

  /** Alice is short of calls and puts, long of a perpetual and pledges ether; Bob takes the other side; Carol has cash. */
  before(async () => {
    chain = await createChain();
    market = await deployPlimsoll(chain);
    const { alice, bob, carol, contracts, networkHelpers } = market;
    const { clearinghouse } = contracts;
    const maker = toAccount(bob.address, 1n);
    const near = fridayAfter(await networkHelpers.time.latest(), 2);
    const far = fridayAfter(near, 20);
    const terms = (expiry: number, strike: bigint) => ({ expiry, strike: strike * WAD });
    const sold = [call(ETH, terms(near, 2_100n)), put(ETH, terms(near, 1_900n)), call(ETH, terms(far, 2_400n))];
    const bought = [perpetual(ETH), put(ETH, terms(far, 1_600n)), call(ETH, terms(near, 2_300n))];
    const fill = { size: 20n * WAD, price: 50n * WAD };
    const alices = debtor();
    const fills = [
      ...sold.map((instrument) => ({ buyer: maker, seller: alices, instrument, ...fill })),
      ...bought.map((instrument) => ({ buyer: alices, seller: maker, instrument, ...fill })),
    ].map((one) => (one.instrument === perpetual(ETH) ? { ...one, price: 2_000n * WAD } : one));
    gross = 20 * 4_000 * fills.length;
    await clearinghouse
      .connect(bob)
      .batch(
        batchOf({ approvals: [approveTrading(maker, alice.address)], deposits: [depositCash(maker, 900_000n * USDC)] }),
      );
    await clearinghouse.connect(carol).batch(batchOf({ deposits: [depositCash(keeper(), 6_000n * USDC)] }));
    const collateral = { account: alices, asset: spot(ETH), amountInTokens: 2n * WAD };
    await clearinghouse
      .connect(alice)
      .batch(batchOf({ deposits: [depositCash(alices, 22_000n * USDC), collateral], fills }));
    for (let price = 1_990n; (await riskOf()).equity >= (await riskOf()).maintenance; price -= 5n) {
      await market.aggregators.ETH?.["push(int256)"](price * 10n ** 8n);
    }
    await contracts.liquidator.startAuction(alices);
  });

  async function riskOf() {
    const [risk] = await market.contracts.lens.risks([debtor()]);
    if (!risk) throw new RangeError("no risk");
    return risk;
  }

  /** What the contracts know at this block. */
  async function readMarket(): Promise<Market> {
    const { priceOracle, volatilityOracle, markets, clearinghouse } = market.contracts;
    const ids = [1, 2];
    const underlyings = await Promise.all(
      ids.map(async (underlying) => {
        const price = await priceOracle.price(underlying);
        const volatility = await volatilityOracle.snapshot(underlying, price.value, price.updatedAt);
        const parameters = await markets.riskParameters(underlying);
        const averageOpenInterest = await clearinghouse.averageOpenInterest(underlying);
        return underlyingFromChain({ underlying, price, volatility, parameters, averageOpenInterest });
      }),
    );
    const haircut = async (id: number) => [spot(id), toNumber(await markets.haircut(spot(id)))] as const;
    const haircuts = new Map(await Promise.all(ids.map(haircut)));
    return { now, underlyings, account: accountFromChain(await markets.accountParameters()), haircuts };
  }

  async function warpTo(seconds: number): Promise<void> {
    const { auction } = await market.contracts.liquidator.auctionState(debtor());
    await market.networkHelpers.time.increaseTo(auction.startedAt + BigInt(seconds));
    // A call sees the time of the newest block.
    now = Number(await market.ethers.provider.call({ data: "0x4260005260206000f3" }));
  }

  /** By the contracts: what would be paid, or the name of the error. */
  async function onChain(legs: Position[]): Promise<{ payment?: number; refusal?: string }> {
    const order = { account: debtor(), taker: keeper(), legs, minRate: LEAST_RATE, deadline: 2n ** 40n - 1n };
    try {
      const payment = await market.contracts.liquidator.connect(market.carol).liquidate.staticCall(order);
      return { payment: toNumber(payment) };
    } catch (thrown) {
      const error = decodeError(thrown);
      if (error === undefined) throw thrown;
      return { refusal: error.errorName };
    }
  }

  function anyPackage(random: Random, held: readonly { instrument: bigint; size: bigint }[]): Position[] {
    const share = () => BigInt(Math.ceil(100 * random()));
    const even = random() < 0.3 ? share() : undefined;
    const chosen = even === undefined ? held.filter(() => random() < 0.4) : held;
    const legs = chosen.map(({ instrument, size }) => toPosition(instrument, (size * (even ?? share())) / 100n));
    return legs.length > 0 ? legs : anyPackage(random, held);
  }

  it("agrees on where an auction stands from its start to bankruptcy", async () => {
    const snapshot = await market.networkHelpers.takeSnapshot();
    for (const seconds of [3, 149, 300, 301, 1_000]) {
      await warpTo(seconds);
      await compareState();
    }
    // Unattended, an auction lapses.
    for (let seconds = 2_000; seconds <= 11_400; seconds += 940) {
      await market.contracts.liquidator.confirmAuction(debtor());
      await warpTo(seconds);
      await market.aggregators.ETH?.["push(int256)"](await lastAnswer());
      await market.contracts.liquidator.confirmAuction(debtor());
      await compareState();
    }
    await snapshot.restore();
  });

  async function lastAnswer(): Promise<bigint> {
    return ((await market.contracts.priceOracle.price(ETH)).value * 10n ** 8n) / WAD;
  }

  async function compareState(): Promise<void> {
    const { liquidator, clearinghouse } = market.contracts;
    const [state, risk, reserve] = await Promise.all([
      liquidator.auctionState(debtor()),
      riskOf(),
      clearinghouse.reserve(),
    ]);
    const numbers = {
      equity: toNumber(risk.equity),
      initial: toNumber(risk.initial),
      maintenance: toNumber(risk.maintenance),
      maintenanceBeforeFloor: toNumber(risk.maintenanceBeforeFloor),
      stressLoss: toNumber(risk.stressLoss),
    };
    const due = Number(state.auction.dueInCents) / 100;
    const model = auctionState(numbers, Number(state.elapsedSeconds), { reserve: toNumber(reserve), due });
    expect(model.rate).to.satisfy(isNear(toNumber(state.rate), 1e-15));
    expect(model.isOfferedWhole || model.isFloorBound).to.equal(state.isWhole);
    expect(model.isBankrupt).to.equal(state.isBankrupt);
    expect(model.payment).to.satisfy(isNear(toNumber(state.payment), 1e-9));
  }

  it("pays and refuses the same packages, and names the same guard", async () => {
    const random = randomFrom(SEED);
    const { clearinghouse, liquidator } = market.contracts;
    const seen = new Map<string, number>();
    for (const seconds of TIMES) {
      await warpTo(seconds);
      const model = new MarginModel(await readMarket());
      const read = async (account: bigint) => {
        const { cash, positions } = await clearinghouse.portfolio(account);
        return portfolioFromChain({ cash, positions });
      };
      const [from, to] = [await read(debtor()), await read(keeper())];
      const held = from.legs.map(({ instrument, size }) => ({
        instrument,
        size: BigInt(Math.round(size * 1e6)) * 10n ** 12n,
      }));
      const rate = toNumber((await liquidator.auctionState(debtor())).rate);
      for (let i = 0; i < PACKAGES; i++) {
        const positions = anyPackage(random, held);
        const { legs } = portfolioFromChain({ cash: 0n, positions });
        const expected = await onChain(positions);
        const found = seize(model, { from, to, legs, rate });
        expect(found.refusal, `package ${i} after ${seconds} s`).to.equal(expected.refusal);
        if (expected.payment !== undefined) {
          expect(found.payment).to.satisfy(isNear(expected.payment, TOLERANCE * gross));
        }
        const name = found.refusal ?? "taken";
        seen.set(name, (seen.get(name) ?? 0) + 1);
      }
    }
    // What never happens is not compared.
    expect([...seen.keys()], [...seen].join(" ")).to.include.members([
      "taken",
      "HedgeStripped",
      "HealthLowered",
      "OverLiquidation",
      "TailWorsened",
      "TooSmall",
      "BelowInitialMargin",
    ]);
  });
});
