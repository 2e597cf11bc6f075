import {
  type Account,
  type Batch,
  CASH,
  type Instrument,
  type PlimsollError,
  type SignedOrder,
  WAD,
  approveTrading,
  batchOf,
  executionOf,
  makeSingleOrder,
  perpetual,
  signOrder,
  spot,
  toAccount,
} from "@plimsoll/client";
import { Wallet, id } from "ethers";
import {
  Clearinghouse__factory,
  OrderSettlement__factory,
  TestToken__factory,
} from "../../../../typechain-types/index.ts";
import { ASSETS, type Asset, UNDERLYINGS } from "../prices/arguments.ts";
import type { Call, SimulatedChain } from "./chain.ts";
import type { Deployment } from "./deployment.ts";
import type { PoolRoute } from "./poolRoute.ts";
import type { Participant, WantedLeg } from "./population.ts";
import { attemptSettled } from "./settling.ts";
import { listedInstrument } from "./terms.ts";
import { type Holder, OPTION_SPREAD, PERPETUAL_SPREAD, type Trade, type Venue } from "./venue.ts";
import { toWad } from "./wad.ts";

/** A holder with a wallet. */
export interface Member extends Holder {
  readonly wallet: Wallet;
}

const USDC_SCALE = 1e6;
const UNLIMITED = 2n ** 255n;

const clearinghouse = Clearinghouse__factory.createInterface();
const settlement = OrderSettlement__factory.createInterface();
const token = TestToken__factory.createInterface();

const toUsdc = (usd: number) => BigInt(Math.floor(usd * USDC_SCALE));

/** What people do on the exchange, as transactions: pay in, take out, sign orders that somebody brings together. */
export class Exchange implements Venue<Member> {
  readonly #chain: SimulatedChain;
  readonly #deployment: Deployment;
  readonly #seed: string;
  readonly #pool: PoolRoute | undefined;
  #salt = 0n;

  /** @param pool The way to the liquidity pool, where people trade with it. */
  constructor(
    chain: SimulatedChain,
    deployment: Deployment,
    { seed, pool }: { readonly seed: string; readonly pool: PoolRoute | undefined },
  ) {
    this.#chain = chain;
    this.#deployment = deployment;
    this.#seed = seed;
    this.#pool = pool;
  }

  /** Gives a participant a wallet, the funds of the plan, and an account that lets the order settlement trade it. */
  async join(participant: Participant): Promise<Member> {
    const member = this.#enrol(participant);
    const { account, funds, wallet } = member;
    const { clearinghouse: custody } = this.#deployment.addresses;
    await this.#approve(wallet.address, this.#deployment.usdc, custody);
    const deposits = [{ account, asset: CASH, amountInTokens: await this.#mint(wallet.address, "USDC", funds.usd) }];
    for (const asset of ASSETS.filter((name) => funds[name] > 0)) {
      await this.#approve(wallet.address, this.#deployment.tokens[asset].address, custody);
      const amountInTokens = await this.#mint(wallet.address, asset, funds[asset]);
      deposits.push({ account, asset: spot(UNDERLYINGS[asset]), amountInTokens });
    }
    await this.#batch(wallet.address, {
      approvals: this.#operators().map((operator) => approveTrading(account, operator)),
      deposits: deposits.filter(({ amountInTokens }) => amountInTokens > 0n),
    });
    return member;
  }

  /** Mints USDC and pays it in. */
  async deposit({ wallet, account }: Member, usd: number): Promise<void> {
    const amountInTokens = await this.#mint(wallet.address, "USDC", usd);
    await this.#batch(wallet.address, { deposits: [{ account, asset: CASH, amountInTokens }] });
  }

  /** Takes cash out, as a loan where there is none left. @returns why it was refused, if it was. */
  async withdraw({ wallet, account }: Member, usd: number): Promise<PlimsollError | undefined> {
    const withdrawals = [{ account, asset: CASH, amountInTokens: toUsdc(usd), to: wallet.address }];
    return await this.#attempt(this.#batchCall(wallet.address, { withdrawals }));
  }

  /** With the pool where the trader goes there and it wants to, else by orders. @returns why it was refused, if it was. */
  async trade(trade: Trade<Member>): Promise<PlimsollError | undefined> {
    if (this.#pool?.takes(trade) !== true) return await this.#cross(trade);
    const answer = await this.#pool.trade(trade);
    if (answer === "refused") return await this.#cross(trade);
    return answer === "done" ? undefined : answer;
  }

  /** Both sign an order at a price around mark, and the maker has them filled. */
  async #cross(trade: Trade<Member>): Promise<PlimsollError | undefined> {
    const price = await this.#quote(trade);
    const maker = await this.#sign(trade.maker, { ...trade, size: -trade.size, reduceOnly: false }, price);
    const taker = await this.#sign(trade.taker, trade, price);
    const size = trade.size < 0n ? -trade.size : trade.size;
    const data = settlement.encodeFunctionData("fill", [maker, taker, executionOf(maker.order, size)]);
    const to = this.#deployment.addresses.orderSettlement;
    return await this.#attempt({ from: trade.maker.wallet.address, to, data });
  }

  async positionOf(account: Account, instrument: Instrument): Promise<bigint> {
    return await this.#deployment.contracts.clearinghouse.position(account, instrument);
  }

  instrumentOf(leg: WantedLeg, price: number): Instrument {
    return listedInstrument(leg, price, this.#deployment.terms);
  }

  /** Mints USDC for somebody outside and lets a contract take it. @returns how much, in USDC units. */
  async supply(owner: string, usd: number, spender: string): Promise<bigint> {
    const amountInTokens = await this.#mint(owner, "USDC", usd);
    await this.#approve(owner, this.#deployment.usdc, spender);
    return amountInTokens;
  }

  async #approve(owner: string, tokenAddress: string, spender: string): Promise<void> {
    const data = token.encodeFunctionData("approve", [spender, UNLIMITED]);
    await this.#chain.send({ from: owner, to: tokenAddress, data });
  }

  #operators(): string[] {
    const { liquidityPool, orderSettlement } = this.#deployment.addresses;
    return this.#pool === undefined ? [orderSettlement] : [orderSettlement, liquidityPool];
  }

  #enrol(participant: Participant): Member {
    const wallet = new Wallet(id(`plimsoll replay ${this.#seed} ${participant.label}`));
    return { ...participant, wallet, account: toAccount(wallet.address) };
  }

  async #mint(owner: string, asset: Asset | "USDC", amount: number): Promise<bigint> {
    const { usdc, tokens } = this.#deployment;
    const { address, decimals } = asset === "USDC" ? { address: usdc, decimals: 6 } : tokens[asset];
    const amountInTokens = toWad(amount) / 10n ** BigInt(18 - decimals);
    if (amountInTokens === 0n) return 0n;
    const data = token.encodeFunctionData("mint", [owner, amountInTokens]);
    await this.#chain.send({ from: owner, to: address, data });
    return amountInTokens;
  }

  /** @throws PlimsollError */
  async #batch(from: string, actions: Partial<Batch>): Promise<void> {
    const refusal = await this.#attempt(this.#batchCall(from, actions));
    if (refusal !== undefined) throw refusal;
  }

  async #attempt(call: Call): Promise<PlimsollError | undefined> {
    return await attemptSettled(this.#chain, this.#deployment, call);
  }

  #batchCall(from: string, actions: Partial<Batch>): Call {
    const data = clearinghouse.encodeFunctionData("batch", [batchOf(actions)]);
    return { from, to: this.#deployment.addresses.clearinghouse, data };
  }

  /** Mark, worse for the taker by the maker's spread. */
  async #quote({ instrument, size }: Trade<Member>): Promise<bigint> {
    const { marginEngine } = this.#deployment.contracts;
    const { price } = await marginEngine.mark(instrument);
    const isPerpetual = ASSETS.some((asset) => instrument === perpetual(UNDERLYINGS[asset]));
    const spread = (price * (isPerpetual ? PERPETUAL_SPREAD : OPTION_SPREAD)) / WAD;
    return size > 0n ? price + spread : price - spread;
  }

  async #sign(member: Member, { instrument, size, reduceOnly }: Trade<Member>, price: bigint): Promise<SignedOrder> {
    const expiry = BigInt(this.#chain.now + 60);
    const salt = ++this.#salt;
    const terms = { account: member.account, instrument, size, price, expiry, salt };
    const order = makeSingleOrder({ ...terms, reduceOnly: reduceOnly ?? false });
    return await signOrder(order, member.wallet, this.#deployment.venue);
  }
}
