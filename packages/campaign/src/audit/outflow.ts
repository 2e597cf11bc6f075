import { CASH } from "@plimsoll/client";
import type { Outcome, Stage } from "../chain/stage.ts";
import type { Violation } from "../model/conservation.ts";

const DAY_SECONDS = 86_400;
/** Modules that are announced let everybody leave, from a day after until the announcement lapses. */
const NOTICE_SECONDS = 14 * DAY_SECONDS;
/** USD WAD that may leave whatever share of custody it is, twice in a day. */
const MINIMUM = 50_000n * 10n ** 18n;
/** A unit of USDC for each rounding. */
const ROUNDING = 4n * 10n ** 12n;

/** Cash in custody at some time, Unix seconds. */
interface Level {
  readonly time: number;
  readonly custody: bigint;
}

/** The promise of OutflowLimit: in no 24 hours leaves more than a tenth of the cash that was there at their start, or twice the minimum, net of deposits. */
export class OutflowWatch {
  #levels: Level[] = [];
  #announcedAt = -NOTICE_SECONDS;

  note({ model, world: { now } }: Stage, { ledger }: Outcome): Violation[] {
    for (const { name, args } of ledger) {
      if (name === "ModulesAnnounced") this.#announcedAt = args.getValue("dueAt") === 0n ? -NOTICE_SECONDS : now;
    }
    const custody = model.custody.get(CASH) ?? 0n;
    this.#levels = this.#levels.filter(({ time }) => now - time < DAY_SECONDS);
    if (now - this.#announcedAt < NOTICE_SECONDS) this.#levels = [];
    const over = this.#levels.find((level) => level.custody - custody > mostOf(level.custody) + ROUNDING);
    if (this.#levels.at(-1)?.custody !== custody) this.#levels.push({ time: now, custody });
    if (over === undefined) return [];
    const detail = `${over.custody.toString()} to ${custody.toString()} in ${now - over.time} seconds`;
    return [{ invariant: "outflow", message: `cash in custody fell from ${detail}` }];
  }
}

function mostOf(custody: bigint): bigint {
  const tenth = custody / 10n;
  return tenth > 2n * MINIMUM ? tenth : 2n * MINIMUM;
}
