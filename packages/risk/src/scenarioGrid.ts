import type { RiskParameters, Stress, Tier } from "./market.ts";
import { YEAR_SECONDS } from "./volatilitySurface.ts";

/** Price nodes of a grid: the middle, three on each side in the maintenance range, three more on each side beyond. */
export const PRICE_NODES = 13;
export const MIDDLE_NODE = 6;
/** Nodes at either end that the initial tier alone looks at. */
const OUTER_NODES = 3;
export const VOLATILITY_NODES = 3;
/** Places of the volatility nodes. */
export const LOWER_VOLATILITY = 0;
export const MARK_VOLATILITY = 1;
export const UPPER_VOLATILITY = 2;

/** The volatility nodes are quoted for this tenor; the short exponent holds below, the long one from there on. */
const REFERENCE_TENOR = 30 * 86_400;
/** Shorter options are shocked no harder than this tenor. */
const SHORTEST_TENOR = 86_400;

/** A price to revalue at. */
export interface PriceNode {
  /** USD. */
  readonly price: number;
  /** ln(price/spot). */
  readonly move: number;
}

/** Scan ranges in log price; the initial one is no smaller than the maintenance one. */
export interface Ranges {
  readonly maintenance: number;
  readonly initial: number;
}

/** What scales the ranges of an underlying. */
export interface RangeInputs {
  readonly parameters: RiskParameters;
  /** Margin volatilities of the two tiers, per year. */
  readonly initialVolatility: number;
  readonly maintenanceVolatility: number;
}

/** Both tiers' ranges with a price that is `overdueSeconds` older than its heartbeat. */
export function scanRanges(inputs: RangeInputs, overdueSeconds: number): Ranges {
  const { parameters, initialVolatility, maintenanceVolatility } = inputs;
  const maintenance = scanRange(parameters.maintenance, maintenanceVolatility, overdueSeconds);
  const initial = scanRange(parameters.initial, initialVolatility, overdueSeconds);
  return { maintenance, initial: Math.max(initial, maintenance) };
}

/** x = clamp(z·σ·√((horizon + overdue)/1y), rangeMin, rangeMax). */
function scanRange(tier: Tier, volatility: number, overdueSeconds: number): number {
  const range = tier.z * volatility * Math.sqrt((tier.horizonSeconds + overdueSeconds) / YEAR_SECONDS);
  return Math.min(Math.max(range, tier.rangeMin), tier.rangeMax);
}

/**
 * The grid's nodes from the lowest to the highest: at 0, ±⅓, ±⅔, ±1 of the maintenance range x, and on both sides at
 * x + (⅓, ⅔, 1)·(initial − x).
 */
export function priceNodes(spot: number, { maintenance, initial }: Ranges): PriceNode[] {
  // At the share of 1 exact, because nodes are compared with ranges.
  const shares = [1 / 3, 2 / 3, 1];
  const inner = shares.map((share) => maintenance * share);
  const outer = shares.map((share) => maintenance * (1 - share) + initial * share);
  const up = [...inner, ...outer];
  const moves = [...up.toReversed().map((move) => -move), 0, ...up];
  return moves.map((move) => ({ price: spot * Math.exp(move), move }));
}

/** Whether a node of a grid, counted from its lowest, lies inside the maintenance range that the grid was made for. */
export function isInnerPlace(place: number): boolean {
  return place >= OUTER_NODES && place < PRICE_NODES - OUTER_NODES;
}

/** Where a stress scenario takes the price. */
export function stressNode(spot: number, { move }: Stress): PriceNode {
  return { price: spot * (1 + move), move: Math.log1p(move) };
}

/** f = (30 d / max(T, 1 d))^p, by which short options are shocked harder than long ones. */
export function volatilityScale(parameters: RiskParameters, seconds: number): number {
  const tenor = Math.max(seconds, SHORTEST_TENOR);
  const exponent = tenor < REFERENCE_TENOR ? parameters.exponentShort : parameters.exponentLong;
  return (REFERENCE_TENOR / tenor) ** exponent;
}
