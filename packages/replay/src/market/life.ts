import { type Account, perpetual } from "@plimsoll/client";
import type { Random } from "../random.ts";
import { UNDERLYINGS } from "../prices/arguments.ts";
import { takeDue } from "./due.ts";
import type { LiquidationEvent } from "./events.ts";
import { type Activity, type MakerKey, makeActivities, makerKey } from "./population.ts";
import type { Holder, Venue } from "./venue.ts";
import { fromWad, toWad } from "./wad.ts";

/** Whoever is called pays in this much more than is missing, if he has it. */
const TOP_UP_EXCESS = 1.1;
const MINUTE = 60;

interface TopUp<H> {
  readonly time: number;
  readonly member: H;
  readonly usd: number;
}

/** The people of a replay and where they trade. */
export interface Society<H extends Holder> {
  readonly traders: readonly H[];
  readonly makers: ReadonlyMap<MakerKey, H>;
  readonly venue: Venue<H>;
}

/** What traders do while prices move: ordinary deposits, withdrawals and trades, and answers to margin calls. */
export class Life<H extends Holder> {
  done = 0;
  refused = 0;
  /** Paid in less taken out since the start, USD, by account. */
  readonly netDeposits = new Map<Account, number>();
  readonly #society: Society<H>;
  readonly #activities: Activity[];
  readonly #spares: Map<Account, number>;
  #topUps: TopUp<H>[] = [];

  constructor(society: Society<H>, period: { readonly start: number; readonly end: number }, random: Random) {
    this.#society = society;
    this.#activities = makeActivities(society.traders.length, period, random);
    this.#spares = new Map(society.traders.map(({ account, spare }) => [account, spare]));
  }

  /** Notes margin calls; some are answered later. */
  hear(events: readonly LiquidationEvent[]): void {
    for (const event of events) {
      if (event.name !== "MarginCalled") continue;
      const member = this.#society.traders.find(({ account }) => account === event.account);
      if (member?.topUp === undefined) continue;
      const time = event.time + member.topUp.afterMinutes * MINUTE;
      this.#topUps.push({ time, member, usd: fromWad(event.shortfall) * TOP_UP_EXCESS });
    }
  }

  /** Does everything that is due by now. */
  async pass(now: number): Promise<void> {
    for (const { member, usd } of this.#topUps.filter(({ time }) => time <= now)) await this.#pay(member, usd);
    this.#topUps = this.#topUps.filter(({ time }) => time > now);
    for (const activity of takeDue(this.#activities, now)) {
      const member = this.#society.traders[activity.trader];
      if (member !== undefined) await this.#act(member, activity);
    }
  }

  async #act(member: H, { action, share }: Activity): Promise<void> {
    if (action === "deposit") await this.#pay(member, member.spare * share);
    else if (action === "withdraw") await this.#take(member, member.spare * share);
    else await this.#resize(member, action === "increase" ? share : -share);
  }

  /** Nobody pays in more than he kept outside. */
  async #pay(member: H, usd: number): Promise<void> {
    const spare = this.#spares.get(member.account) ?? 0;
    const amount = Math.min(usd, spare);
    if (amount < 1) return;
    await this.#society.venue.deposit(member, amount);
    this.#spares.set(member.account, spare - amount);
    this.#note(member, amount);
    this.done++;
  }

  async #take(member: H, usd: number): Promise<void> {
    const refusal = await this.#society.venue.withdraw(member, usd);
    if (refusal === undefined) {
      this.#note(member, -usd);
      this.done++;
    } else this.refused++;
  }

  #note({ account }: H, usd: number): void {
    this.netDeposits.set(account, (this.netDeposits.get(account) ?? 0) + usd);
  }

  /** Trades perpetuals; who has none lets it be. */
  async #resize(member: H, change: number): Promise<void> {
    const leg = member.legs.find(({ kind }) => kind === "perpetual");
    if (leg === undefined) return;
    const { makers, venue } = this.#society;
    const instrument = perpetual(UNDERLYINGS[leg.asset]);
    const held = await venue.positionOf(member.account, instrument);
    const maker = makers.get(makerKey(leg));
    const size = (held * toWad(change)) / toWad(1);
    if (size === 0n || maker === undefined) return;
    const refusal = await venue.trade({ maker, taker: member, instrument, size, reduceOnly: change < 0 });
    if (refusal === undefined) this.done++;
    else this.refused++;
  }
}
