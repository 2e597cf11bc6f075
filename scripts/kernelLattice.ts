/** The lattice of `ScenarioKernel`, as its constants have it. */

/** Nodes to a unit of d: the step is h = 1/240. */
export const STEPS_PER_UNIT = 240;
/** Where the kernel takes N for 0 or 1: 6.375 in steps. */
export const REACH = 1530;
/** Four-point interpolation needs one node below the lowest d and three above the highest. */
export const FIRST_NODE = -REACH - 1;
export const LAST_NODE = REACH + 3;
export const ENTRY_BITS = 35;
/** Fraction bits of the position between two nodes, hence of the interpolation weights. */
export const WEIGHT_BITS = 25;
/** Largest total volatility, and largest ratio of strike to forward, that the kernel accepts. */
export const MAX_VOLATILITY = 2;
export const MAX_STRIKE_RATIO = 16;
