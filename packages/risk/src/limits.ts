/** As `types/Limits.sol`. */
export const MAX_LEGS = 128;
export const MAX_UNDERLYINGS = 4;
export const MAX_EXPIRIES = 12;
export const MAX_STRESSES = 4;
export const MAX_TENORS = 4;
/** Strikes of one portfolio on one underlying that become price nodes. */
export const MAX_STRIKE_NODES = 6;
