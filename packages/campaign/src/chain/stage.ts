import { type Account, type Instrument, type PlimsollError, nearestWad, spot } from "@plimsoll/client";
import { type Call, toAnswer } from "@plimsoll/replay";
import type { LogDescription } from "ethers";
import { MockAggregator__factory } from "../../../../typechain-types/index.ts";
import { UnknownEventError } from "../errors.ts";
import { Authority } from "../model/authority.ts";
import type { FeedAction } from "../model/feed.ts";
import { LedgerModel } from "../model/ledger.ts";
import type { World } from "../model/world.ts";
import { SURFACE, type SurfaceFunction, contractOf, encode } from "./contracts.ts";
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
}

const FOREVER = 2 ** 40 - 1;
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
  /** Accounts under a margin call. */
  readonly called = new Set<Account>();
  readonly estimates: Estimates;
  readonly #risks = new Map<Account, Risk>();
  #audits = 0;
  #salt = 0n;
  #fresh = 1_000n;

  constructor(theatre: Theatre, world: World) {
    this.theatre = theatre;
    this.world = world;
    this.reads = new Reads(theatre);
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
    const person = this.people.find(({ address }) => BigInt(address) === account >> 96n);
    const number = account & 0xffn;
    if (person === undefined)
      return BigInt(this.theatre.addresses.BackstopVault) === account >> 96n ? "the backstop" : "a stranger";
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
    return { from, to: this.theatre.addresses[contractOf(name)], data: encode(name, args) };
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
    const isDeployer = call.from === this.theatre.market.deployer.address;
    const { refusal, logs } = await (isDeployer ? transact : act)(this.theatre.chain, call);
    if (refusal === undefined) return this.#sort(logs);
    const known = declared(refusal);
    if (known === undefined) throw refusal;
    return { refusal: known, ledger: [], liquidator: [] };
  }

  /** Lets time pass: prices move and feeds follow. */
  async pass(seconds: number, stepSeconds: number): Promise<void> {
    for (let left = Math.ceil(seconds); left > 0; left -= stepSeconds) {
      this.world.advance(Math.min(left, stepSeconds));
      this.theatre.chain.now = this.world.now;
      await this.#keepSequencer();
      await this.follow();
    }
    await this.theatre.chain.advanceTo(this.world.now);
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
    this.stir();
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

  #sort(logs: readonly RawLog[]): Outcome {
    const { addresses } = this.theatre;
    const outcome = { refusal: undefined, ledger: [] as LogDescription[], liquidator: [] as LogDescription[] };
    for (const log of logs) {
      const is = (contract: keyof typeof addresses) => addresses[contract].toLowerCase() === log.address.toLowerCase();
      if (is("Clearinghouse")) outcome.ledger.push(parse("Clearinghouse", log));
      else if (is("Liquidator")) outcome.liquidator.push(parse("Liquidator", log));
    }
    return outcome;
  }
}

function parse(contract: keyof typeof SURFACE, log: RawLog): LogDescription {
  const event = SURFACE[contract].parseLog(log);
  if (event === null) throw new UnknownEventError(`${contract} ${log.topics[0] ?? ""}`);
  return event;
}
