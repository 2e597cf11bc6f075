import { ASSETS, type Asset } from "../prices/arguments.ts";
import type { Random } from "../random.ts";

/** A position that a participant wants. `size` in units, negative to sell; strike as a multiple of spot; `expiry` 0 is the nearer. */
export interface WantedLeg {
  readonly asset: Asset;
  readonly kind: "perpetual" | "call" | "put";
  readonly size: number;
  readonly moneyness: number;
  readonly expiry: 0 | 1;
}

/** Somebody with one account. Funds are what is paid in at the start, tokens in units; `borrowed` is taken out as cash, USD. */
export interface Participant {
  readonly label: string;
  readonly strategy: Strategy | "market maker";
  readonly funds: { readonly usd: number } & Readonly<Record<Asset, number>>;
  readonly borrowed: number;
  readonly legs: readonly WantedLeg[];
  /** How a margin call is answered: with a deposit after some minutes, or not at all. */
  readonly topUp: { readonly afterMinutes: number } | undefined;
  /** Left outside, for top-ups and later deposits, USD. */
  readonly spare: number;
}

/** A trader has one: that of the legs, or of what secures the loan. */
export function assetOf({ legs, funds }: Pick<Participant, "legs" | "funds">): Asset {
  return legs[0]?.asset ?? ASSETS.find((asset) => funds[asset] > 0) ?? "ETH";
}

export type Strategy =
  | "perpetual long"
  | "perpetual short"
  | "borrower"
  | "covered call"
  | "short put"
  | "short strangle"
  | "put spread"
  | "call spread";

/** Out of a hundred. Retail is mostly long and levered, which is what makes crashes. */
const MIX: readonly (readonly [Strategy, number])[] = [
  ["perpetual long", 34],
  ["perpetual short", 11],
  ["borrower", 16],
  ["covered call", 11],
  ["short put", 10],
  ["short strangle", 8],
  ["put spread", 6],
  ["call spread", 4],
];

const MEDIAN_EQUITY = 20_000;
/** Of the logarithm: the richest of a hundred has about ten times the median. */
const EQUITY_DEVIATION = 1;
const MIN_EQUITY = 2_000;
const SHARE_THAT_TOPS_UP = 0.35;

/** What the world looks like when the population is made. Prices in USD. */
export interface Opening {
  readonly assets: readonly Asset[];
  readonly prices: Readonly<Record<Asset, number>>;
}

/** Traders of all strategies; the first ones cover the strategies one by one, so that a small market has them all. */
export function makeTraders(count: number, opening: Opening, random: Random): Participant[] {
  const deck = MIX.flatMap(([strategy, share]) => Array.from({ length: share }, () => strategy));
  return Array.from({ length: count }, (_, i) => {
    const own = random.fork(`trader ${i}`);
    const strategy = MIX[i]?.[0] ?? own.pick(deck);
    return makeTrader(`trader ${i + 1}`, strategy, { opening, random: own });
  });
}

interface Draw {
  readonly opening: Opening;
  readonly random: Random;
}

function makeTrader(label: string, strategy: Strategy, { opening, random }: Draw): Participant {
  const asset =
    opening.assets.length > 1 && random.chance(0.4) ? (opening.assets[1] ?? "BTC") : (opening.assets[0] ?? "ETH");
  const price = opening.prices[asset];
  const equity = Math.max(MIN_EQUITY, MEDIAN_EQUITY * Math.exp(EQUITY_DEVIATION * random.normal()));
  const { funds, borrowed = 0, legs } = DESIGNS[strategy]({ asset, equity, units: equity / price, random });
  const topUp = random.chance(SHARE_THAT_TOPS_UP) ? { afterMinutes: Math.round(random.between(20, 240)) } : undefined;
  const spare = equity * random.between(0.2, 0.8);
  return { label, strategy, funds: { usd: 0, ETH: 0, BTC: 0, ...funds }, borrowed, legs, topUp, spare };
}

interface Budget {
  readonly asset: Asset;
  /** What the trader owns, USD, and the same in units of the asset. */
  readonly equity: number;
  readonly units: number;
  readonly random: Random;
}

interface Design {
  readonly funds: Partial<Participant["funds"]>;
  readonly borrowed?: number;
  readonly legs: readonly WantedLeg[];
}

/** How each strategy turns a budget into positions. Leverage is notional over equity. */
const DESIGNS: Readonly<Record<Strategy, (budget: Budget) => Design>> = {
  "perpetual long": (budget) => perpetual(budget, 1),
  "perpetual short": (budget) => perpetual(budget, -1),
  borrower: ({ asset, equity, units, random }) => ({
    funds: { [asset]: units },
    borrowed: equity * random.between(0.5, 0.78),
    legs: [],
  }),
  "covered call": ({ asset, equity, units, random }) => ({
    funds: { [asset]: units },
    borrowed: equity * random.pick([0, 0.3, 0.55, 0.65]),
    legs: [option("call", { asset, size: -units * random.between(0.7, 1), random }, [1.05, 1.1, 1.2])],
  }),
  "short put": ({ asset, equity, units, random }) => ({
    funds: { usd: equity },
    legs: [option("put", { asset, size: -units * random.between(1.5, 4.5), random }, [0.85, 0.9, 0.95])],
  }),
  "short strangle": ({ asset, equity, units, random }) => {
    const size = -units * random.between(1.5, 4);
    const leg = { asset, size, random };
    return { funds: { usd: equity }, legs: [option("put", leg, [0.8, 0.85, 0.9]), option("call", leg, [1.1, 1.2])] };
  },
  "put spread": (budget) => spread(budget, { kind: "put", near: 0.95, far: 0.8 }),
  "call spread": (budget) => spread(budget, { kind: "call", near: 1.05, far: 1.2 }),
};

function perpetual({ asset, equity, units, random }: Budget, side: 1 | -1): Design {
  const leverage = 1.5 + 5 * random.next() ** 0.7;
  const leg: WantedLeg = { asset, kind: "perpetual", size: side * units * leverage, moneyness: 1, expiry: 0 };
  // Some secure their position with the coin itself, and lose twice when it falls.
  const inCoin = side > 0 && leverage < 4 && random.chance(0.3);
  return { funds: inCoin ? { [asset]: units } : { usd: equity }, legs: [leg] };
}

function option(
  kind: "call" | "put",
  { asset, size, random }: { readonly asset: Asset; readonly size: number; readonly random: Random },
  moneynesses: readonly number[],
): WantedLeg {
  return { asset, kind, size, moneyness: random.pick(moneynesses), expiry: random.chance(0.5) ? 0 : 1 };
}

/** Sells the strike nearer to spot, buys the farther one as protection, both of one expiry. The bought leg comes first. */
function spread(
  { asset, equity, units, random }: Budget,
  { kind, near, far }: { readonly kind: "call" | "put"; readonly near: number; readonly far: number },
): Design {
  const size = units * random.between(3, 7);
  const expiry = random.chance(0.5) ? 0 : 1;
  const bought: WantedLeg = { asset, kind, size, moneyness: far, expiry };
  return { funds: { usd: equity }, legs: [bought, { ...bought, size: -size, moneyness: near }] };
}

/** Capital of a market maker per USD of notional that it takes over, by what it makes. */
const MAKER_CAPITAL = { perpetuals: 0.5, options: 0.4 } as const;
const MAKER_MIN_EQUITY = 100_000;

export type MakerKey = `${Asset} ${"perpetuals" | "options"}`;

export function makerKey({ asset, kind }: WantedLeg): MakerKey {
  return `${asset} ${kind === "perpetual" ? "perpetuals" : "options"}`;
}

/** The counterparties of everybody: one market maker for each asset's perpetuals and one for its options, well funded. */
export function makeMakers(traders: readonly Participant[], { prices }: Opening): ReadonlyMap<MakerKey, Participant> {
  const notionals = new Map<MakerKey, number>();
  for (const leg of traders.flatMap(({ legs }) => legs)) {
    const key = makerKey(leg);
    notionals.set(key, (notionals.get(key) ?? 0) + Math.abs(leg.size) * prices[leg.asset]);
  }
  const toMaker = ([key, notional]: [MakerKey, number]): [MakerKey, Participant] => {
    const usd = MAKER_MIN_EQUITY + notional * MAKER_CAPITAL[key.endsWith("options") ? "options" : "perpetuals"];
    const funds = { usd, ETH: 0, BTC: 0 };
    return [
      key,
      {
        label: `maker of ${key}`,
        strategy: "market maker",
        funds,
        borrowed: 0,
        legs: [],
        topUp: undefined,
        spare: usd,
      },
    ];
  };
  return new Map([...notionals].map(toMaker));
}

/** Something that a trader does during the replay. `share` is of the own equity or position. */
export interface Activity {
  readonly time: number;
  readonly trader: number;
  readonly action: "deposit" | "withdraw" | "increase" | "reduce";
  readonly share: number;
}

const ACTIONS_PER_TRADER_AND_DAY = 0.5;
const DAY = 86_400;

/** Ordinary life: deposits, withdrawals and trades at random times, in order. Unix seconds. */
export function makeActivities(
  traders: number,
  { start, end }: { start: number; end: number },
  random: Random,
): Activity[] {
  const activities: Activity[] = [];
  for (let trader = 0; trader < traders; trader++) {
    const own = random.fork(`activity ${trader}`);
    const count = own.poisson((ACTIONS_PER_TRADER_AND_DAY * (end - start)) / DAY);
    for (let i = 0; i < count; i++) {
      const action = own.pick(["deposit", "withdraw", "increase", "reduce"] as const);
      activities.push({ time: own.between(start, end), trader, action, share: own.between(0.05, 0.3) });
    }
  }
  return activities.sort((a, b) => a.time - b.time);
}
