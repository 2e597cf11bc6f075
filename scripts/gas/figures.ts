// What is measured, what it is compared with, and how figures compare with those of the snapshot. Nothing here has effects.

/** What is measured, in the order of the report. Gas, but `cell`: gas of one option in one scenario. */
export const KEYS = [
  "check1",
  "check4",
  "check16",
  "check64",
  "check128",
  "engine16",
  "cell",
  "trade1",
  "trade16",
  "trade64",
  "trade128",
  "poolTrade32",
  "liquidate16",
  "liquidate64",
  "start16",
  "witness16",
  "takeover16",
  "takeover128",
  "absorb16",
  "absorb128",
  "deleverage128",
  "deposit",
  "withdraw16",
  "check16short",
  "check16walked",
] as const;

/** Those whose data a rollup would charge differently. */
export const ROLLUP_KEYS = ["trade16", "liquidate16", "deposit", "withdraw16", "takeover128"] as const;

export type Key = (typeof KEYS)[number];
/** What was not measured is absent. */
export type Figures = Readonly<Partial<Record<Key, number>>>;

/** @param first - To be met now. @param final - To be met afterwards. */
export interface Goal {
  readonly first: number;
  readonly final: number;
}

/** Gas of one transaction that Ethereum admits since Osaka (EIP-7825). */
export const TRANSACTION_CAP = 2 ** 24;

const capped: Goal = { first: TRANSACTION_CAP, final: TRANSACTION_CAP };

export const GOALS: Readonly<Partial<Record<Key, Goal>>> = {
  check16: { first: 320_000, final: 290_000 },
  check128: { first: 2_000_000, final: 2_000_000 },
  engine16: { first: 240_000, final: 215_000 },
  cell: { first: 400, final: 250 },
  trade16: { first: 850_000, final: 700_000 },
  trade128: capped,
  poolTrade32: { first: 1_000_000, final: 1_000_000 },
  liquidate16: { first: 900_000, final: 750_000 },
  takeover128: capped,
  absorb128: capped,
  deleverage128: capped,
};

/** Derive, PMRM 2.1 with 33 scenarios, as measured on its own contracts. A check there answers for one tier, here for both. */
export const PEER: Readonly<Partial<Record<Key, number>>> = {
  check1: 920_000,
  check16: 5_520_000,
  check64: 20_800_000,
  check128: 42_300_000,
  cell: 9_600,
  trade1: 1_850_000,
  trade16: 11_100_000,
  trade64: 42_500_000,
  liquidate16: 4_270_000,
  liquidate64: 15_500_000,
};

export const MEANINGS: Readonly<Record<Key, string>> = {
  check1: "equity and both requirements of a stored account with 1 option",
  check4: "… with 4",
  check16: "… with 16",
  check64: "… with 64",
  check128: "… with 128",
  engine16: "the engine alone, everything warm",
  cell: "one more option in one more scenario",
  trade1: "two signed orders filled, 1 option a side",
  trade16: "… 16 a side",
  trade64: "… 64 a side",
  trade128: "… 128 a side",
  poolTrade32: "a leg of 32 in a bucket of the pool, bought by an account with cash",
  liquidate16: "4 of 16 legs to a taker with cash only",
  liquidate64: "4 of 64",
  start16: "the auction of an account of 16 legs begins",
  witness16: "… by one scenario that proves it",
  takeover16: "a whole account of 16 legs",
  takeover128: "… of 128",
  absorb16: "16 legs to the backstop, one of them on another underlying",
  absorb128: "… 128",
  deleverage128: "the same 128, of which the other side takes the first 32",
  deposit: "USDC into an account that has cash",
  withdraw16: "USDC from an account with 16 options",
  check16short: "16 options, 4 of them near the money and hours to go",
  check16walked: "16 options, and no round pending",
};

/** A figure above its snapshot, or one that the snapshot lacks. */
export interface Rise {
  readonly key: Key;
  readonly was: number | undefined;
  readonly is: number;
}

/** This share of a figure is no rise: addresses and signatures have more or fewer zero bytes in another deployment, and calldata prices
 * these differently. */
const NOISE = 0.001;

function isAbove(is: number, was: number): boolean {
  return is - was > was * NOISE;
}

/** What grew. */
export function risesOf(figures: Figures, snapshot: Figures): Rise[] {
  return measured(figures)
    .map(([key, is]) => ({ key, was: snapshot[key], is }))
    .filter(({ is, was }) => was === undefined || isAbove(is, was));
}

/** What shrank by more than noise: the snapshot should be taken again. */
export function fallsOf(figures: Figures, snapshot: Figures): Key[] {
  return measured(figures).flatMap(([key, is]) => (isAbove(snapshot[key] ?? 0, is) ? [key] : []));
}

/** In the order of `KEYS`, without what was not measured. */
export function measured(figures: Figures): [Key, number][] {
  return KEYS.flatMap((key) => (figures[key] === undefined ? [] : [[key, figures[key]]]));
}
