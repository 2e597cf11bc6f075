import { type Account, type Instrument, type PlimsollError, nearestWad, spot } from "@plimsoll/client";
import { type Call, toAnswer } from "@plimsoll/replay";
import type { LogDescription } from "ethers";
import { MockAggregator__factory } from "../../../../typechain-types/index.ts";
import { OutflowWatch } from "../audit/outflow.ts";
import type { Vault } from "../audit/shares.ts";
import { UnknownEventError } from "../errors.ts";
import { Authority } from "../model/authority.ts";
import type { FeedAction } from "../model/feed.ts";
import { LedgerModel } from "../model/ledger.ts";
import { OrderBook } from "../model/orders.ts";
import { PoolModel } from "../model/pool.ts";
import type { World } from "../model/world.ts";
import {
  SURFACE,
  SURFACE_CONTRACTS,
  type SurfaceContract,
  type SurfaceFunction,
  contractOf,
  encode,
  functionIn,
} from "./contracts.ts";
import { Estimates } from "./estimates.ts";
import type { Person } from "./people.ts";
import { Reads, type Risk } from "./reads.ts";
import { GRACE_SECONDS, TRANSMITTER, type Theatre, permissionsAtTheDoor } from "./theatre.ts";
import { type RawLog, act, declared, requireDone, transact } from "./transact.ts";

/** What came of a transaction. */
export interface Outcome {
  /** Why it was refused; undefined when it went through. */
  readonly refusal: PlimsollError | undefined;
  readonly ledger: readonly LogDescription[];
  readonly liquidator: readonly LogDescription[];
  readonly pool: readonly LogDescription[];
  readonly orders: readonly LogDescription[];
}

/** Whose events are read, and where they go in an outcome. */
const SPEAKERS = {
  ledger: "Clearinghouse",
  liquidator: "Liquidator",
  pool: "LiquidityPool",
  orders: "OrderSettlement",
} as const;
type Speaker = keyof typeof SPEAKERS;
const nobodySpoke = (): Record<Speaker, LogDescription[]> => ({ ledger: [], liquidator: [], pool: [], orders: [] });

const FOREVER = 2 ** 40 - 1;
const SUB_ID = 2n ** 96n - 1n;
const aggregator = MockAggregator__factory.createInterface();

/** One story's chain, world and books. Everything that a case needs. */
export class Stage {
  readonly theatre: Theatre;
  readonly world: World;
  readonly reads: Reads;
  readonly model = new LedgerModel();
  readonly authority = new Authority();
  /** Auctions that were started and not ended, as events say. */
  readonly auctions = new Set<Account>();
  readonly pool = new PoolModel();
  readonly orders = new OrderBook();
  readonly outflow = new OutflowWatch();
  /** When rounds came, by underlying: number and Unix seconds. */
  readonly rounds = new Map<number, { id: bigint; time: number }[]>();
  /** Accounts under a margin call. */
  readonly called = new Set<Account>();
  /** Who has let whom move his shares, at some time. */
  readonly allowances: { readonly vault: Vault; readonly owner: Person; readonly spender: Person }[] = [];
  /** Modules as they are after exchanges. */
  readonly addresses: Record<SurfaceContract, string>;
  readonly estimates: Estimates;
  readonly #risks = new Map<Account, Risk>();
  #audits = 0;
  #salt = 0n;
  #fresh = 1_000n;

  constructor(theatre: Theatre, world: World) {
    this.theatre = theatre;
    this.world = world;
    this.addresses = { ...theatre.addresses };
    this.reads = new Reads(theatre, this.addresses);
    this.model.cash.now = world.now;
    this.estimates = new Estimates(this.reads, world, this.model);
    for (const person of theatre.people) {
      for (const one of permissionsAtTheDoor(theatre, person)) {
        this.authority.set({ account: person.accounts[0], expiry: FOREVER, ...one });
      }
    }
  }

  get people(): readonly Person[] {
    return this.theatre.people;
  }

  of(...roles: readonly Person["role"][]): readonly Person[] {
    return this.people.filter(({ role }) => roles.includes(role));
  }

  /** Who owns the account, in words. */
  nameOf(account: Account): string {
    const owner = account >> 96n;
    const { BackstopVault, LiquidityPool } = this.theatre.addresses;
    if (owner === BigInt(BackstopVault)) return "the backstop";
    if (owner === BigInt(LiquidityPool)) return (account & SUB_ID) === 0n ? "the pool" : "a bucket of the pool";
    const wallet = this.people.find((one) => one.wallet === account);
    if (wallet !== undefined) return `${wallet.label}'s wallet`;
    const person = this.people.find(({ address }) => BigInt(address) === owner);
    const number = account & 0xffn;
    if (person === undefined) return "a stranger";
    return number === 0n ? person.label : `${person.label}'s account ${number.toString()}`;
  }

  /** @returns how many steps were audited, with this one. */
  countAudit(): number {
    return ++this.#audits;
  }

  salt(): bigint {
    return ++this.#salt;
  }

  freshSubId(): bigint {
    return ++this.#fresh;
  }

  call(name: SurfaceFunction, args: readonly unknown[], from: string): Call {
    return { from, to: this.addresses[contractOf(name)], data: encode(name, args) };
  }

  /** What a call calls; its target where that is no function of the surface. */
  functionOf({ to, data }: Call): string {
    const { addresses } = this;
    const contracts = SURFACE_CONTRACTS.filter((contract) => addresses[contract] === to);
    return functionIn(contracts, data) ?? to;
  }

  /** USD WAD a unit, as the engine has it to twelve digits. */
  async mark(instrument: Instrument): Promise<bigint> {
    await this.estimates.refresh();
    return nearestWad(this.estimates.mark(instrument));
  }

  /** Risks that were read since prices or time last moved, or are read now. */
  async risksOf(accounts: readonly Account[]): Promise<Map<Account, Risk>> {
    const unknown = accounts.filter((account) => !this.#risks.has(account));
    for (const [account, risk] of await this.reads.risks(unknown)) this.#risks.set(account, risk);
    return new Map(
      accounts.flatMap((account) => {
        const risk = this.#risks.get(account);
        return risk === undefined ? [] : [[account, risk] as const];
      }),
    );
  }

  note(risks: ReadonlyMap<Account, Risk>): void {
    for (const [account, risk] of risks) this.#risks.set(account, risk);
  }

  forget(accounts: Iterable<Account>): void {
    for (const account of accounts) this.#risks.delete(account);
  }

  /** Prices, time or parameters moved: nothing that was read holds. */
  stir(): void {
    this.estimates.forget();
    this.#risks.clear();
  }

  /** Sends a transaction and says what came of it. Anything but a refusal by a known error is thrown. */
  async send(call: Call): Promise<Outcome> {
    const { refusal, logs } = await (this.#isWallet(call.from) ? transact : act)(this.theatre.chain, call);
    if (refusal === undefined) return this.#sort(logs);
    const known = declared(refusal);
    if (known === undefined) throw refusal;
    return { refusal: known, ...nobodySpoke() };
  }

  /** Lets time pass: prices move and feeds follow. Who waits is called when the sequencer is back. */
  async pass(seconds: number, stepSeconds: number): Promise<void> {
    const { world } = this;
    const wasDown = world.sequencerDownUntil !== 0;
    const end = world.now + Math.ceil(seconds);
    while (world.now < end && !(wasDown && world.sequencerDownUntil === 0)) {
      const back = world.sequencerDownUntil > world.now ? Math.ceil(world.sequencerDownUntil) : end;
      world.advance(Math.min(stepSeconds, end - world.now, back - world.now));
      this.theatre.chain.now = world.now;
      await this.#keepSequencer();
      await this.follow();
    }
    await this.theatre.chain.advanceTo(world.now);
    this.model.cash.now = world.now;
    this.stir();
  }

  /** Rounds that are due. */
  async follow(): Promise<void> {
    for (const { id, action } of this.world.follow()) await this.transmit(id, action);
  }

  async transmit(underlying: number, action: FeedAction): Promise<void> {
    const to = await this.theatre.aggregators.get(underlying)?.getAddress();
    if (to === undefined) return;
    const data =
      action.kind === "broken"
        ? aggregator.encodeFunctionData("setBroken", [action.isBroken])
        : aggregator.encodeFunctionData("push(int256)", [
            action.kind === "push" ? toAnswer(action.price) : action.answer,
          ]);
    await this.#must({ from: TRANSMITTER, to, data });
    if (action.kind !== "broken") this.#noteRound(underlying);
    this.stir();
  }

  #noteRound(underlying: number): void {
    const rounds = this.rounds.get(underlying) ?? [];
    const last = rounds.at(-1)?.id ?? this.theatre.firstRounds.get(underlying) ?? 0n;
    rounds.push({ id: last + 1n, time: this.world.now });
    this.rounds.set(underlying, rounds);
  }

  async setSequencer(isUp: boolean): Promise<void> {
    const to = await this.theatre.sequencer.getAddress();
    const data = aggregator.encodeFunctionData("push(int256)", [isUp ? 0n : 1n]);
    await this.#must({ from: TRANSMITTER, to, data });
    if (isUp) {
      this.world.sequencerDownUntil = 0;
      this.world.sequencerUpSince = this.world.now;
    }
    this.stir();
  }

  /** Whether prices of the underlying must not be relied on, by the campaign's own reckoning. */
  isInvalid(underlying: number): boolean {
    return this.world.isInvalid(underlying, GRACE_SECONDS);
  }

  /** USD of an account, roughly: for choosing sizes. */
  worth(account: Account): number {
    const book = this.model.accounts.get(account);
    if (book === undefined) return 0;
    let worth = Number(this.model.cashOf(account) / 10n ** 9n) / 1e9;
    for (const { id } of this.world.underlyings) {
      const units = Number((book.positions.get(spot(id)) ?? 0n) / 10n ** 9n) / 1e9;
      worth += units * this.world.price(id);
    }
    return Math.max(worth, 100);
  }

  async #must(call: Call): Promise<void> {
    requireDone(await transact(this.theatre.chain, call));
  }

  async #keepSequencer(): Promise<void> {
    const { sequencerDownUntil, now } = this.world;
    if (sequencerDownUntil !== 0 && now >= sequencerDownUntil) await this.setSequencer(true);
  }

  #isWallet(address: string): boolean {
    return address === this.theatre.market.deployer.address || this.people.some(({ key }) => key.address === address);
  }

  #sort(logs: readonly RawLog[]): Outcome {
    const { addresses } = this;
    const spoken = nobodySpoke();
    for (const log of logs) {
      for (const [speaker, contract] of Object.entries(SPEAKERS) as [Speaker, SurfaceContract][]) {
        if (addresses[contract].toLowerCase() === log.address.toLowerCase()) spoken[speaker].push(parse(contract, log));
      }
    }
    return { refusal: undefined, ...spoken };
  }
}

function parse(contract: keyof typeof SURFACE, log: RawLog): LogDescription {
  const event = SURFACE[contract].parseLog(log);
  if (event === null) throw new UnknownEventError(`${contract} ${log.topics[0] ?? ""}`);
  return event;
}
