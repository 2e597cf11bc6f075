import type { Stress, UnderlyingMarket } from "./market.ts";
import {
  isInnerPlace,
  LOWER_VOLATILITY,
  MARK_VOLATILITY,
  PRICE_NODES,
  priceNodes,
  scanRanges,
  stressNode,
  UPPER_VOLATILITY,
  type PriceNode,
  type Ranges,
} from "./scenarioGrid.ts";

export interface StressScenario {
  readonly node: PriceNode;
  /** Place of its volatility node. */
  readonly volatility: number;
  readonly initialWeight: number;
  readonly maintenanceWeight: number;
}

/** Where everything on one underlying is revalued, strike nodes excepted: those follow from a portfolio. */
export interface Scenarios {
  readonly market: UnderlyingMarket;
  /** The grid and, while the price is overdue, the grid that it widens. */
  readonly nodes: readonly PriceNode[];
  /** Whether a node counts for maintenance. */
  readonly isInner: readonly boolean[];
  /** Widened while the price is overdue. */
  readonly ranges: Ranges;
  readonly isOverdue: boolean;
  readonly stresses: readonly StressScenario[];
}

export function scenariosOf(market: UnderlyingMarket): Scenarios {
  const isOverdue = market.overdueSeconds > 0;
  const grid = scanRanges(market, 0);
  const ranges = isOverdue ? scanRanges(market, market.overdueSeconds) : grid;
  const nodes = priceNodes(market.spot, grid);
  if (isOverdue) nodes.push(...priceNodes(market.spot, ranges));
  const isInner = nodes.map(({ move }, i) => isInnerPlace(i % PRICE_NODES) || Math.abs(move) <= ranges.maintenance);
  return { market, nodes, isInner, ranges, isOverdue, stresses: stressScenarios(market) };
}

function stressScenarios({ spot, parameters }: UnderlyingMarket): StressScenario[] {
  const end = parameters.stresses.findIndex(isUnused);
  const used = end === -1 ? parameters.stresses : parameters.stresses.slice(0, end);
  return used.map((stress) => ({
    node: stressNode(spot, stress),
    volatility: placeOf(stress),
    initialWeight: stress.initialWeight,
    maintenanceWeight: stress.maintenanceWeight,
  }));
}

function isUnused({ initialWeight, maintenanceWeight }: Stress): boolean {
  return initialWeight === 0 && maintenanceWeight === 0;
}

function placeOf({ volatilityNode }: Stress): number {
  if (volatilityNode === 0) return MARK_VOLATILITY;
  return volatilityNode < 0 ? LOWER_VOLATILITY : UPPER_VOLATILITY;
}
