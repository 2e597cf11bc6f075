import { type Asset, Random, type Round, toAnswer } from "@plimsoll/replay";
import type { Configuration } from "../../../deploy/configuration.ts";
import { SIDES, type Side } from "@plimsoll/risk";
import { type Book, OPTION_BOOKS, type OptionBookName, deltaOne, optionBook } from "./books.ts";
import type { AssetHistory } from "./marketHistory.ts";
import {
  BOOK_STEP_SECONDS,
  type BookHistory,
  type ImpulseResponse,
  type Observations,
  type Sample,
  type Tier,
  perNotional,
} from "./observations.ts";
import { MarketOnChain } from "./onChain.ts";

/** What is to be observed. Times in Unix seconds, whole steps. */
export interface Watch {
  readonly history: AssetHistory;
  /** Lists the asset of the history alone. */
  readonly configuration: Configuration;
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  readonly seed: string;
}

/** How often new books of options are opened. */
const OPENING_SECONDS = 86_400;
/** Half of the oracle's heartbeat for surfaces, so that one report may be lost. */
const PUBLISHING_SECONDS = 3 * 3600;
/** An index of implied volatility older than this is not published. */
const MAX_LEVEL_AGE_SECONDS = 2 * 86_400;

/** Plays a history through the deployed contracts and notes what they ask for. @param onProgress Told the share done. */
export async function observe(watch: Watch, onProgress: (share: number) => void): Promise<Observations> {
  const { history, configuration, from, to, stepSeconds } = watch;
  const market = await MarketOnChain.deploy(history.asset, configuration, from);
  try {
    const feed = new Feed(history, from);
    const shelf = new BookShelf(watch, market);
    const samples: Sample[] = [];
    for (let time = from + stepSeconds; time <= to; time += stepSeconds) {
      await market.advance(time, feed.until(time));
      const level = feed.impliedDue(time);
      if (level !== undefined) await market.publish(level);
      const sample = await sampleOf(market, history.asset, time);
      samples.push(sample);
      await shelf.pass(sample);
      onProgress((time - from) / (to - from));
    }
    return { asset: history.asset, stepSeconds, samples, books: shelf.histories };
  } finally {
    await market.close();
  }
}

async function sampleOf(market: MarketOnChain, asset: Asset, time: number): Promise<Sample> {
  const { mark, volatilities } = await market.read();
  const books = SIDES.map((side) => deltaOne(asset, mark, side));
  const risks = await market.evaluate(books.map(({ positions }) => positions));
  const required = SIDES.map((side, i): [Side, Record<Tier, number>] => {
    const [risk, book] = [risks[i], books[i]];
    if (risk === undefined || book === undefined) throw new RangeError("an answer for each book");
    return [side, perNotional(risk, book.notional)];
  });
  return { time, mark, volatilities, deltaOne: Object.fromEntries(required) as Sample["deltaOne"] };
}

/** What the feed and the options market say, in the order of time. */
class Feed {
  #next: number;
  #nextLevel = 0;
  #publishedAt = -Infinity;
  readonly #history: AssetHistory;

  constructor(history: AssetHistory, from: number) {
    this.#history = history;
    this.#next = history.rounds.findIndex(({ time }) => time > from);
    if (this.#next === -1) this.#next = history.rounds.length;
  }

  /** The rounds since the last call. */
  until(time: number): readonly Round[] {
    const first = this.#next;
    while ((this.#history.rounds[this.#next]?.time ?? Infinity) <= time) this.#next++;
    return this.#history.rounds.slice(first, this.#next);
  }

  /** The level of implied volatility, if it is time to publish one. */
  impliedDue(time: number): number | undefined {
    const { implied } = this.#history;
    while ((implied[this.#nextLevel]?.time ?? Infinity) <= time) this.#nextLevel++;
    if (time - this.#publishedAt < PUBLISHING_SECONDS) return undefined;
    const known = implied[this.#nextLevel - 1];
    if (known === undefined || time - known.time > MAX_LEVEL_AGE_SECONDS) return undefined;
    this.#publishedAt = time;
    return known.level;
  }
}

interface OpenBook {
  readonly name: OptionBookName;
  readonly book: Book;
  readonly equity: number;
  readonly history: BookHistory & { readonly gains: number[] };
}

/** Opens books of options day by day and values them until the longest horizon is over. */
class BookShelf {
  readonly histories: Record<OptionBookName, BookHistory[]>;
  #open: OpenBook[] = [];
  readonly #watch: Watch;
  readonly #market: MarketOnChain;
  readonly #random: Random;

  constructor(watch: Watch, market: MarketOnChain) {
    this.#watch = watch;
    this.#market = market;
    this.#random = new Random(`${watch.seed}/books/${watch.history.asset}`);
    this.histories = { "short straddle": [], "short strangle": [], "random options": [] };
  }

  async pass(sample: Sample): Promise<void> {
    if (sample.time % BOOK_STEP_SECONDS !== 0) return;
    const opened = sample.time % OPENING_SECONDS === 0 ? this.#make(sample) : [];
    const risks = await this.#market.evaluate([...this.#open, ...opened].map(({ book }) => book.positions));
    this.#open.forEach(({ book, equity, history }, i) => {
      history.gains.push(((risks[i]?.equity ?? equity) - equity) / book.notional);
    });
    const longest = OPENING_SECONDS / BOOK_STEP_SECONDS;
    this.#open = this.#open.filter(({ history }) => history.gains.length < longest);
    opened.forEach(({ name, book }, i) => {
      const risk = risks[risks.length - opened.length + i];
      if (risk === undefined) throw new RangeError("an answer for each book");
      const history = {
        time: sample.time,
        observed: sample.volatilities.observed,
        required: perNotional(risk, book.notional),
        gains: [],
      };
      this.histories[name].push(history);
      this.#open.push({ name, book, equity: risk.equity, history });
    });
  }

  #make({ mark, time }: Sample): { name: OptionBookName; book: Book }[] {
    const opening = { asset: this.#watch.history.asset, spot: mark, time };
    return OPTION_BOOKS.map((name) => ({ name, book: optionBook(name, opening, this.#random.fork(String(time))) }));
  }
}

/** A fall in steps of the feed's deviation within an hour, then a month without news. */
const SHOCK = -0.2;
const SHOCK_ROUNDS = 40;
const HOUR = 3600;
const AFTERMATH_HOURS = 30 * 24;
const SHOCK_PRICE = 10_000;

/** What the contracts ask for after a shock, from the volatilities of the configuration on. @param start Unix seconds. */
export async function respond(asset: Asset, configuration: Configuration, start: number): Promise<ImpulseResponse> {
  const market = await MarketOnChain.deploy(asset, withPrice(configuration, SHOCK_PRICE), start);
  try {
    const required = [await requirement(market)];
    const step = (i: number) => ({
      time: start + (HOUR * i) / SHOCK_ROUNDS,
      answer: toAnswer(SHOCK_PRICE * (1 + SHOCK) ** (i / SHOCK_ROUNDS)),
    });
    await market.advance(
      start + HOUR,
      Array.from({ length: SHOCK_ROUNDS }, (_, i) => step(i + 1)),
    );
    required.push(await requirement(market));
    const { answer } = step(SHOCK_ROUNDS);
    for (let hour = 2; hour <= AFTERMATH_HOURS; hour++) {
      const time = start + hour * HOUR;
      await market.advance(time, [{ time, answer }]);
      required.push(await requirement(market));
    }
    return { asset, shock: SHOCK, required };
  } finally {
    await market.close();
  }

  async function requirement(from: MarketOnChain): Promise<Record<Tier, number>> {
    const { positions, notional } = deltaOne(asset, (await from.read()).mark, "long");
    const [risk] = await from.evaluate([positions]);
    if (risk === undefined) throw new RangeError("an answer for each book");
    return perNotional(risk, notional);
  }
}

/** The configuration with the first answer of its feeds. @param price USD. */
export function withPrice(configuration: Configuration, price: number): Configuration {
  const underlyings = configuration.underlyings.map((one) => ({
    ...one,
    feed: { ...one.feed, startAnswer: toAnswer(price) },
  }));
  return { ...configuration, underlyings };
}
