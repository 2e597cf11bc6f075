// The measurements. Each starts from the same state, with everything cold unless it says warm, and leaves no trace.
import { artifacts } from "hardhat";
import { Interface } from "ethers";
import { toAccount, type Account } from "../../packages/client/src/account.ts";
import { batchOf, depositCash, withdrawCash } from "../../packages/client/src/batch.ts";
import { executionOf } from "../../packages/client/src/execution.ts";
import { call } from "../../packages/client/src/instrument.ts";
import { makeSingleOrder, signOrder } from "../../packages/client/src/order.ts";
import { toWad, WAD } from "../../packages/client/src/wad.ts";
import { Chain, GAS_LIMIT, type Executed } from "./chain.ts";
import { acceptedLegs, bearish, distress, liquidation } from "./distress.ts";
import type { Figures, Key } from "./figures.ts";
import { poolTrade } from "./pool.ts";
import { createMarket, ETH, fridayNear, openBook, positionsOf, spreadBook, tokenOf, USDC } from "./market.ts";
import type { Book, Market, Opened } from "./market.ts";

const DAYS = [7, 30, 90, 180] as const;
/** The nearest expiry half a day away, where a standard deviation is 3 %. */
const SHORT_DAYS = [0.5, 30, 90, 180] as const;
const SHORT_WIDTH = 0.05;
const PRICE_NODES = 13;
const VOLATILITY_NODES = 3;
const BTC = 2;
const BTC_STRIKE = toWad("100000");
/** In the backstop: half of it, which stands behind one underlying, is more than any of these accounts needs. */
const ENOUGH = 100_000_000n * USDC;

/** Gas, or the transaction whose gas is meant. */
type Measurement = (bench: Bench) => Promise<number | Executed>;

const MEASUREMENTS: Readonly<Record<Key, Measurement>> = {
  check1: (bench) => check(bench, bench.book(1)),
  check4: (bench) => check(bench, bench.book(4)),
  check16: (bench) => check(bench, bench.book(16)),
  check64: (bench) => check(bench, bench.book(64)),
  check128: (bench) => check(bench, bench.book(128)),
  engine16: (bench) => engine(bench, 16),
  cell,
  trade1: (bench) => trade(bench, 1),
  trade16: (bench) => trade(bench, 16),
  trade64: (bench) => trade(bench, 64),
  trade128: (bench) => trade(bench, 128),
  poolTrade32: (bench) => poolTrade(bench.market, 32),
  liquidate16: (bench) => liquidate(bench, 16),
  liquidate64: (bench) => liquidate(bench, 64),
  start16: start,
  witness16: startByWitness,
  takeover16: (bench) => takeOver(bench, 16),
  takeover128: (bench) => takeOver(bench, 128),
  absorb16: (bench) => absorb(bench, 16, ENOUGH),
  absorb128: (bench) => absorb(bench, 128, ENOUGH),
  deleverage128: (bench) => absorb(bench, 128, USDC),
  deposit,
  withdraw16: (bench) => withdraw(bench, 16),
  check16short: (bench) => check(bench, spreadBook(16, bench.expiriesIn(SHORT_DAYS), SHORT_WIDTH)),
  check16walked: async (bench) => {
    await bench.market.contracts.volatilityOracle.walk(ETH, 1);
    return await check(bench, bench.book(16));
  },
};

export interface Measured {
  readonly figures: Figures;
  /** What was executed, for the figures of whole transactions. */
  readonly transactions: ReadonlyMap<Key, Executed>;
}

/** The named figures, on a chain of their own. None depends on which others are measured. */
export async function measure(keys: readonly Key[]): Promise<Measured> {
  const chain = await Chain.create();
  try {
    const bench = await Bench.create(chain);
    const figures: Partial<Record<Key, number>> = {};
    const transactions = new Map<Key, Executed>();
    for (const key of keys) {
      const result = await chain.apart(() => MEASUREMENTS[key](bench));
      if (typeof result !== "number") transactions.set(key, result);
      figures[key] = typeof result === "number" ? result : result.gasUsed;
    }
    return { figures, transactions };
  } finally {
    await chain.close();
  }
}

interface Meter {
  readonly address: string;
  readonly interface: Interface;
}

/** An account that does nothing when it is called; the gas of its call is the access, and what the meter itself takes. */
const WITHOUT_CODE = `0x${"c0de".padStart(40, "0")}`;
const COLD_ACCESS_GAS = 2600;

/** The market and the contract that measures reads. */
class Bench {
  readonly market: Market;
  readonly #meter: Meter;
  #overhead = 0;

  private constructor(market: Market, meter: Meter) {
    this.market = market;
    this.#meter = meter;
  }

  static async create(chain: Chain): Promise<Bench> {
    const market = await createMarket(chain);
    const meter = await chain.connection.ethers.deployContract("GasMeter");
    const { abi } = await artifacts.readArtifact("GasMeter");
    const bench = new Bench(market, { address: await meter.getAddress(), interface: new Interface(abi) });
    bench.#overhead = (await bench.read(WITHOUT_CODE, "0x")) - COLD_ACCESS_GAS;
    return bench;
  }

  expiriesIn(days: readonly number[]): number[] {
    return days.map((count) => fridayNear(this.market.chain.now, count));
  }

  book(count: number): Book {
    return spreadBook(count, this.expiriesIn(DAYS));
  }

  /** Gas of a read that a contract makes, the access to the target included; of the second of two where everything is to be warm. */
  async read(target: string, input: string, warmth: "cold" | "warm" = "cold"): Promise<number> {
    const repetitions = warmth === "cold" ? 1 : 2;
    const data = this.#meter.interface.encodeFunctionData("measure", [target, input, repetitions]);
    const result = await this.market.chain.read(this.#meter.address, data);
    return Number(BigInt(result)) - this.#overhead;
  }
}

async function open({ market }: Bench, book: Book): Promise<Opened> {
  return await openBook(market, 1n, book);
}

/** One account, both tiers, from storage. */
async function check(bench: Bench, book: Book): Promise<number> {
  const { contracts, addresses } = bench.market;
  const { account } = await open(bench, book);
  const input = contracts.clearinghouse.interface.encodeFunctionData("risk", [account]);
  return await bench.read(addresses.clearinghouse, input);
}

/** The engine alone, on a portfolio that is passed in. */
async function engine(bench: Bench, count: number): Promise<number> {
  const { contracts, addresses } = bench.market;
  const portfolio = { cash: 10n ** 6n * WAD, positions: positionsOf(bench.book(count)) };
  const input = contracts.marginEngine.interface.encodeFunctionData("evaluate", [[portfolio]]);
  return await bench.read(addresses.marginEngine, input, "warm");
}

async function cell(bench: Bench): Promise<number> {
  const more = (await engine(bench, 32)) - (await engine(bench, 16));
  return Math.round(more / (16 * scenariosOf(bench.market)));
}

/** In how many scenarios an option is valued: the grid, and the stress scenarios that weigh something. */
function scenariosOf({ configuration }: Market): number {
  const [eth] = configuration.underlyings;
  const inUse = eth?.risk.stresses.filter(({ initialWeight }) => initialWeight !== 0n) ?? [];
  return PRICE_NODES * VOLATILITY_NODES + inUse.length;
}

/** Two signed orders, new and filled whole, brought together by a third party; both sides add to a leg that they have, and pay fees to a
 * reserve that has received some before. */
async function trade(bench: Bench, count: number): Promise<Executed> {
  const { chain, alice, bob, carol, venue, contracts, addresses } = bench.market;
  const { account, counterparty, book } = await open(bench, bench.book(count));
  await contracts.clearinghouse.connect(bob).fundReserve(USDC);
  const [leg] = book;
  if (leg === undefined) throw new RangeError("an empty book");
  const size = leg.isShort ? -WAD : WAD;
  const terms = { instrument: leg.instrument, price: 100n * WAD, salt: 2n ** 90n };
  const maker = await signOrder(makeSingleOrder({ ...terms, account: counterparty, size: -size }), bob, venue);
  const taker = await signOrder(makeSingleOrder({ ...terms, account, size }), alice, venue);
  const data = contracts.orderSettlement.interface.encodeFunctionData("fill", [
    maker,
    taker,
    executionOf(maker.order, WAD),
  ]);
  return await chain.execute({ from: carol, to: addresses.orderSettlement, data });
}

async function deposit({ market }: Bench): Promise<Executed> {
  const { alice, contracts, addresses, chain } = market;
  const batch = batchOf({ deposits: [depositCash(toAccount(alice.address, 1n), 1000n * USDC)] });
  await contracts.clearinghouse.connect(alice).batch(batch);
  const data = contracts.clearinghouse.interface.encodeFunctionData("batch", [batch]);
  return await chain.execute({ from: alice, to: addresses.clearinghouse, data });
}

async function withdraw(bench: Bench, count: number): Promise<Executed> {
  const { alice, contracts, addresses, chain } = bench.market;
  const { account } = await open(bench, bench.book(count));
  const batch = batchOf({ withdrawals: [withdrawCash(account, 1000n * USDC, alice.address)] });
  const data = contracts.clearinghouse.interface.encodeFunctionData("batch", [batch]);
  return await chain.execute({ from: alice, to: addresses.clearinghouse, data });
}

/** Four short calls, whole, two and a half minutes into the auction, to an account of the keeper with cash only. */
async function liquidate(bench: Bench, count: number): Promise<Executed> {
  const { market } = bench;
  const { contracts, addresses, carol, chain } = market;
  const taker = await fundKeeper(market);
  const { account, book } = await distress(market, 1n, { book: bearish(bench.book(count)), health: 0.7 });
  await startAuction(market, account, 150);
  const legs = await acceptedLegs(market, { account, book, taker, count: 4 });
  const data = contracts.liquidator.interface.encodeFunctionData("liquidate", [liquidation({ account, taker, legs })]);
  return await chain.execute({ from: carol, to: addresses.liquidator, data });
}

/** Once the compensation rate has reached equity / maintenance, into a new account of the keeper, with cash from another. */
async function takeOver(bench: Bench, count: number): Promise<Executed> {
  const { market } = bench;
  const { contracts, addresses, carol, chain } = market;
  const funder = await fundKeeper(market);
  const { account } = await distress(market, 1n, { book: bearish(bench.book(count)), health: 0.2 });
  await startAuction(market, account, 300);
  const order = {
    account,
    taker: toAccount(carol.address, 1n),
    funder,
    funding: 2_000_000n * WAD,
    minPayment: 0n,
    deadline: 2n ** 40n - 1n,
  };
  const data = contracts.liquidator.interface.encodeFunctionData("takeOver", [order]);
  return await chain.execute({ from: carol, to: addresses.liquidator, data });
}

async function start(bench: Bench): Promise<Executed> {
  const { market } = bench;
  const { contracts, addresses, carol, chain } = market;
  const { account } = await distress(market, 1n, { book: bearish(bench.book(16)), health: 0.7 });
  const data = contracts.liquidator.interface.encodeFunctionData("startAuction", [account]);
  return await chain.execute({ from: carol, to: addresses.liquidator, data });
}

async function startByWitness(bench: Bench): Promise<Executed> {
  const { market } = bench;
  const { contracts, addresses, carol, chain } = market;
  const { account } = await distress(market, 1n, { book: bearish(bench.book(16)), health: 0.7 });
  const { node, column } = (await contracts.lens.scenarios(account, ETH)).maintenance;
  const data = contracts.liquidator.interface.encodeFunctionData("startAuctionByWitness", [account, node, column]);
  return await chain.execute({ from: carol, to: addresses.liquidator, data });
}

/** Without a reserve, so that it is the backstop's turn at once, or the other side's where the backstop has next to nothing. Two underlyings, of
 * which it finds out which count. */
async function absorb(bench: Bench, count: number, backstop: bigint): Promise<Executed> {
  const { market } = bench;
  const { contracts, addresses, alice, carol, chain } = market;
  await tokenOf(market).connect(alice).approve(addresses.backstopVault, backstop);
  await contracts.backstopVault.connect(alice).deposit(backstop, alice.address);
  const [expiry = 0] = bench.expiriesIn([DAYS[1]]);
  const book = bearish(bench.book(count - 1));
  const { account } = await distress(market, 1n, {
    book: [...book, { instrument: call(BTC, { expiry, strike: BTC_STRIKE }), isShort: false }],
    health: -0.1,
  });
  await startAuction(market, account, 0);
  const data = contracts.liquidator.interface.encodeFunctionData("absorb", [account]);
  return await chain.execute({ from: carol, to: addresses.liquidator, data });
}

/** And lets so many seconds of it pass. */
async function startAuction({ contracts, chain, carol }: Market, account: Account, seconds: number): Promise<void> {
  await contracts.liquidator.connect(carol).startAuction(account, { gasLimit: GAS_LIMIT });
  await chain.wait(seconds);
}

async function fundKeeper({ contracts, carol }: Market): Promise<Account> {
  const account = toAccount(carol.address);
  const deposits = [depositCash(account, 5_000_000n * USDC)];
  await contracts.clearinghouse.connect(carol).batch(batchOf({ deposits }));
  return account;
}
