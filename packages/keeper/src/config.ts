import { z } from "zod";

const seconds = z.number().nonnegative();
const usd = z.number().nonnegative();
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "not an address");
const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;

/** Where the contracts are. `gasUnderlying`: whose price turns the gas token into USD. Without `autoTopUp` top-ups, without `backstopVault` its unwinding, without `liquidityPool` its upkeep, without `markets` caps on open interest are left to others. */
export const deploymentSchema = z.object({
  chainId: z.number().int().positive(),
  startBlock: z.number().int().nonnegative().default(0),
  clearinghouse: address,
  liquidator: address,
  lens: address,
  marginEngine: address,
  priceOracle: address,
  volatilityOracle: address,
  autoTopUp: address.optional(),
  backstopVault: address.optional(),
  liquidityPool: address.optional(),
  markets: address.optional(),
  underlyings: z.array(z.number().int().positive()).min(1),
  gasUnderlying: z.number().int().positive().default(1),
});
export type Deployment = z.infer<typeof deploymentSchema>;

const share = z.number().min(0).max(1);

/** What hedging and unwinding elsewhere costs: fee and slippage of what is linear, as a share of its value; of an option as a share of what it is on and of its own value. */
const hedgeSchema = z.object({
  linearShare: share.default(0.001),
  optionShare: share.default(0.0003),
  spreadShare: share.default(0.02),
  /** Of an option's value, at most. */
  optionCap: share.default(0.125),
});

const legsSchema = z.object({
  /** Most groups of legs that are sized and compared for one account. */
  maxGroups: z.number().int().positive().default(6),
  /** The Liquidator stops at this multiple of maintenance; the keeper aims a little below, as marks move. */
  targetRatio: z.number().default(1.15),
  targetMargin: z.number().min(0).max(0.5).default(0.03),
  /** Least share of the requirement that one call removes, unless the account is healthy afterwards. */
  minShare: z.number().default(0.05),
  /** A package removes at least this share of its own requirement. */
  minPackageShare: z.number().default(0.5),
  /** Share of a compensation that goes to the backstop. */
  feeShare: z.number().min(0).max(1).default(0.1),
  /** Equity of the taker above its initial margin afterwards, relative. */
  takerBuffer: z.number().nonnegative().default(0.05),
});

/** What nobody pays for and everybody may do; without it somebody else has to. */
const settlementsSchema = z.object({
  /** Whether settlement prices are proven, and series and their holders settled. */
  expiries: z.boolean().default(true),
  /** Whether funding is accrued. */
  funding: z.boolean().default(true),
  /** Below the hour beyond which time is lost, by more than a transaction may wait. */
  accrueAfterSeconds: seconds.default(3_300),
  maxAccountsPerCall: z.number().int().positive().default(32),
  /** No fewer than one account may hold. */
  maxSeriesPerCall: z.number().int().min(64).default(64),
  /** A series takes some 54,000 gas and a position 25,000: all together half of what a transaction may use. */
  maxLegsPerCall: z.number().int().positive().default(128),
  /** Accounts whose positions are read again in one pass. */
  readsPerPass: z.number().int().positive().default(200),
});

/** For who lends to the liquidity pool and the backstop; nobody pays for it. Shares are of a bucket's target, or of a limit. */
const vaultsSchema = z.object({
  isEnabled: z.boolean().default(true),
  /** Between two looks, unless a price has moved by `maxMove`. */
  lookAfterSeconds: seconds.default(300),
  maxMove: z.number().positive().default(0.01),
  /** A bucket that lacks so much is refreshed: a quarter of the way from its target down to initial margin. */
  missingShare: share.default(0.05),
  /** So is one with so much to spare. */
  spareShare: share.default(0.25),
  /** So are all buckets of an underlying on which the stored net exposure is off by so much of its limit. */
  driftShare: share.default(0.02),
  maxRequestsPerCall: z.number().int().positive().default(32),
});

/** For the cap on open interest, which is to follow what the backstop answers for; nobody pays for it. Shares are of the lower of the cap in force and the refreshed one. */
const coverSchema = z.object({
  isEnabled: z.boolean().default(true),
  /** A cap that allows so much beyond what is covered is lowered. */
  excessShare: share.default(0.01),
  /** One that leaves so much of what is covered unused is raised, */
  unusedShare: share.default(0.1),
  /** and already at `excessShare` where so much of it is open. */
  nearShare: share.default(0.9),
});

export const configSchema = z.object({
  maxHeadAgeSeconds: seconds.default(60),
  /** Most blocks by which the node and its witness may differ. */
  maxNodeLagBlocks: z.number().int().nonnegative().default(3),
  /** USD wanted per USD of requirement taken on, beside what hedging costs. */
  riskCharge: z.number().nonnegative().default(0.03),
  minProfitUsd: usd.default(1),
  /** Most gas that one unpaid action may cost. */
  maintenanceBudgetUsd: usd.default(50),
  walkLagSeconds: seconds.default(300),
  marginCalls: z.boolean().default(true),
  /** Share of the requirement from which the backstop absorbs. */
  absorbAtShare: z.number().default(0.25),
  /** An auction lapses 40 minutes after it was last confirmed; the keeper confirms it after this long. */
  confirmAfterSeconds: seconds.default(600),
  deadlineSeconds: seconds.default(120),
  lensChunk: z.number().int().min(1).max(1000).default(500),
  recheck: z
    .object({
      /** Age at which an account at its line is due, and one with a headroom of one requirement. */
      minAgeSeconds: seconds.default(300),
      maxAgeSeconds: seconds.default(3_600),
      /** Price move that makes every account due. */
      maxMove: z.number().positive().default(0.02),
      /** Price move per requirement of headroom: below the narrowest maintenance range. */
      movePerHeadroom: z.number().positive().default(0.02),
    })
    .prefault({}),
  legs: legsSchema.prefault({}),
  settlements: settlementsSchema.prefault({}),
  cover: coverSchema.prefault({}),
  vaults: vaultsSchema.prefault({}),
  hedge: hedgeSchema.prefault({}),
  index: z
    .object({
      blocksPerQuery: z.number().int().positive().default(2_000),
      checkpoints: z.number().int().positive().default(64),
      saveEverySeconds: seconds.default(60),
    })
    .prefault({}),
  gas: z
    .object({
      mode: z.enum(["estimate", "fixed"]).default("estimate"),
      /** Of one transaction. */
      limit: z.bigint().positive().default(16_000_000n),
    })
    .prefault({}),
  fees: z
    .object({
      priorityFeeWei: z.bigint().nonnegative().default(GWEI),
      /** Of the base fee, so that some full blocks do not price the transaction out. */
      baseFeeMultiple: z.bigint().positive().default(2n),
      replaceAfterSeconds: seconds.default(30),
      /** Most of the expected profit that gas may take. */
      profitShare: z.number().min(0).max(1).default(0.5),
    })
    .prefault({}),
  backoff: z.object({ baseSeconds: seconds.default(15), capSeconds: seconds.default(900) }).prefault({}),
  maxInFlight: z.number().int().positive().default(8),
  policy: z
    .object({
      maxSpendPerTransactionWei: z.bigint().positive().default(ETHER),
      maxSpendPerDayWei: z
        .bigint()
        .positive()
        .default(5n * ETHER),
    })
    .prefault({}),
  book: z
    .object({
      /** Sub-account that holds the capital, takes legs and funds take-overs. */
      capital: z.bigint().nonnegative().default(0n),
      /** First sub-account for accounts taken whole. */
      freshFrom: z.bigint().positive().default(1_000n),
    })
    .prefault({}),
});
export type KeeperConfig = z.infer<typeof configSchema>;
export type KeeperOptions = z.input<typeof configSchema>;
