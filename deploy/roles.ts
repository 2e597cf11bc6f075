// Who may do what, after how long: the one table that the deployment sets, the verification compares and the tests assert.

const DAY_SECONDS = 24 * 60 * 60;

/** OpenZeppelin's administrator of an access manager. */
export const ADMIN_ROLE = 0n;

/** How long anything that an administrator does is public before it takes effect. */
export const ADMIN_DELAY_SECONDS = 7 * DAY_SECONDS;

export type RoleName = "module" | "announcer" | "feed" | "risk" | "guardian";
export type RestrictedContract = "Clearinghouse" | "Markets" | "PoolQuoter" | "PriceOracle" | "VolatilityOracle";

export interface Role {
  readonly id: bigint;
  readonly delaySeconds: number;
  /** The functions that only this role may call. */
  readonly functions: Readonly<Partial<Record<RestrictedContract, readonly string[]>>>;
}

export const ROLES: Readonly<Record<RoleName, Role>> = {
  module: {
    id: 1n,
    delaySeconds: 7 * DAY_SECONDS,
    functions: {
      Clearinghouse: ["setMarginEngine", "setLiquidator", "setFundingSource"],
      Markets: ["setCover"],
    },
  },
  // Without delay: the clearinghouse itself counts the seven days from the announcement.
  announcer: { id: 5n, delaySeconds: 0, functions: { Clearinghouse: ["announceModules"] } },
  feed: {
    id: 2n,
    delaySeconds: 7 * DAY_SECONDS,
    functions: {
      PriceOracle: ["setFeed"],
      VolatilityOracle: ["list", "setSigners"],
      Markets: ["listUnderlying", "listCollateral"],
    },
  },
  risk: {
    id: 3n,
    delaySeconds: 2 * DAY_SECONDS,
    functions: {
      Clearinghouse: ["setInterestRates"],
      Markets: ["setRiskParameters", "setAccountParameters", "setCollateralParameters", "setOpenInterestCap"],
      VolatilityOracle: ["setController", "lowerStressed"],
      PoolQuoter: ["setParameters"],
    },
  },
  guardian: { id: 4n, delaySeconds: 0, functions: { Markets: ["pauseOpening"] } },
};

export const ROLE_NAMES = Object.keys(ROLES) as RoleName[];
export const RESTRICTED_CONTRACTS: readonly RestrictedContract[] = [
  "Clearinghouse",
  "Markets",
  "PoolQuoter",
  "PriceOracle",
  "VolatilityOracle",
];
