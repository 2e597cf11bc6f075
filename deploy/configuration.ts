// What a deployment is to look like, read from `deploy/parameters/<network>.json`. Numbers are written there as people say
// them (2.5 % is "0.025", days are days); here they become what the contracts store.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { getAddress, parseUnits, ZeroAddress } from "ethers";
import { z } from "zod/v4";

const HOUR = 3600;
const DAY = 24 * HOUR;
const STRIKE_DECIMALS = 8;

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/, "a decimal number in quotes");
const wad = decimal.transform((text) => parseUnits(text, 18));
const whole = z
  .string()
  .regex(/^\d+$/, "a whole number in quotes")
  .transform((text) => BigInt(text));
const address = z.string().transform((text) => getAddress(text));

const tier = z
  .strictObject({ z: wad, horizonHours: z.number().positive(), rangeMin: wad, rangeMax: wad })
  .transform(({ horizonHours, ...rest }) => ({ ...rest, horizonSeconds: horizonHours * HOUR }));

const stress = z.strictObject({
  move: wad,
  volatilityNode: z.union([z.literal(-1), z.literal(0), z.literal(1)]),
  initialWeight: wad,
  maintenanceWeight: wad,
});

/** The contract has a fixed number of stress scenarios; unused ones weigh nothing. */
const MAX_STRESSES = 4;
const UNUSED_STRESS = { move: 0n, volatilityNode: 0, initialWeight: 0n, maintenanceWeight: 0n } as const;

const risk = z.strictObject({
  initial: tier,
  maintenance: tier,
  volatilityUp: wad,
  volatilityDown: wad,
  exponentShort: wad,
  exponentLong: wad,
  shortOptionMinimum: wad,
  concentration: wad,
  depth: whole,
  vegaDepth: whole,
  stresses: z
    .array(stress)
    .max(MAX_STRESSES)
    .transform((used) => [...used, ...Array.from({ length: MAX_STRESSES - used.length }, () => UNUSED_STRESS)]),
});

/** A number of basis points (1e-4) or of per cent. */
const bp = z.number().int().nonnegative();

const interest = z.strictObject({
  atZeroInBp: bp,
  atKinkInBp: bp,
  atFullInBp: bp,
  kinkInPercent: bp,
  reserveFactorInPercent: bp,
});

const controller = z
  .strictObject({
    realisedHalfLifeDays: z.number().positive(),
    initialHalfLifeHours: z.number().positive(),
    floor: wad,
    stressedWeight: wad,
    maintenanceRisePerHour: wad,
  })
  .transform(({ realisedHalfLifeDays, initialHalfLifeHours, ...rest }) => ({
    realisedHalfLifeSeconds: realisedHalfLifeDays * DAY,
    initialHalfLifeSeconds: initialHalfLifeHours * HOUR,
    ...rest,
  }));

/** How the liquidity pool quotes: `PoolParameters` of the contract. */
const pool = z.strictObject({
  deviation: wad,
  deviationPerHour: wad,
  volatilitySpread: wad,
  volatilitySpreadPerHour: wad,
  standInSpread: wad,
  deltaSkew: wad,
  vegaSkew: wad,
  marginRate: wad,
  deltaLimit: wad,
  vegaLimit: wad,
});

const feed = z
  .strictObject({
    aggregator: address.optional(),
    description: z.string(),
    decimals: z.number().int().nonnegative(),
    heartbeatSeconds: z.number().int().positive(),
    maxAgeSeconds: z.number().int().positive(),
    minAnswer: decimal,
    maxAnswer: decimal,
    startPrice: decimal.optional(),
  })
  .transform(({ minAnswer, maxAnswer, startPrice, ...rest }) => ({
    ...rest,
    minAnswer: parseUnits(minAnswer, rest.decimals),
    maxAnswer: parseUnits(maxAnswer, rest.decimals),
    ...(startPrice === undefined ? {} : { startAnswer: parseUnits(startPrice, rest.decimals) }),
  }));

const collateral = z.strictObject({
  token: address.optional(),
  name: z.string(),
  symbol: z.string(),
  decimals: z.number().int().min(0).max(18),
  haircut: wad,
  cap: wad,
});

const underlying = z
  .strictObject({
    id: z.number().int().positive(),
    symbol: z.string().max(31),
    strikeStep: decimal,
    maxTenorDays: z.number().positive(),
    openInterestCap: wad,
    feed,
    risk,
    controller,
    pool,
    realised: wad,
    stressed: wad,
    collateral,
    /** Further tokens at the price of the underlying, numbered from 1: with larger haircuts. */
    otherCollateral: z.array(collateral).default([]),
  })
  .transform(({ strikeStep, maxTenorDays, ...rest }) => ({
    ...rest,
    strikeStep: parseUnits(strikeStep, STRIKE_DECIMALS),
    maxTenorSeconds: maxTenorDays * DAY,
  }));

/** Shares of the index value, and the most of an option's premium. */
const fees = z.strictObject({
  makerLinear: wad,
  takerLinear: wad,
  makerOption: wad,
  takerOption: wad,
  premiumShare: wad,
});

const configurationSchema = z.strictObject({
  /** USDC; without it a test token is deployed. */
  usdc: address.optional(),
  /** The L2's uptime feed; the zero address where there is no sequencer. */
  sequencer: z.strictObject({ feed: address.default(ZeroAddress), graceSeconds: z.number().int().nonnegative() }),
  account: z.strictObject({ floor: wad, credit: wad }),
  /** What debts in cash pay a year. */
  interest,
  /** What the order settlement charges. */
  fees,
  /** Who signs surface reports, in the order of their addresses, and how many must agree. */
  publishers: z.strictObject({ signers: z.array(address), threshold: z.number().int().nonnegative() }).optional(),
  /** Who holds each role in the end; the deployer where none is named. */
  roles: z.partialRecord(z.enum(["admin", "module", "announcer", "feed", "risk", "guardian"]), address).default({}),
  underlyings: z.array(underlying).min(1),
});

/** Everything that a deployment is given, in the units of the contracts. */
export type Configuration = z.infer<typeof configurationSchema>;
export type CollateralConfiguration = z.infer<typeof collateral>;
export type UnderlyingConfiguration = Configuration["underlyings"][number];

/** Checks a configuration as it is written in a file. */
export function parseConfiguration(value: unknown): Configuration {
  return configurationSchema.parse(value);
}

/** Reads the parameters of a network, or of the file at a path that ends in `.json`. */
export async function loadConfiguration(network: string): Promise<Configuration> {
  const file = network.endsWith(".json") ? network : new URL(`parameters/${network}.json`, import.meta.url);
  return parseConfiguration(JSON.parse(await readFile(file instanceof URL ? fileURLToPath(file) : file, "utf8")));
}
