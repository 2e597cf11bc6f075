// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { MAX_STRESSES, MAX_STRIKE_NODES, MAX_UNDERLYINGS } from "../types/Limits.sol";
import { PriceNode } from "../types/PriceNode.sol";
import { StressWord } from "../types/RiskWords.sol";
import { CELLS, MARK_VOLATILITY, MIDDLE_NODE, PRICE_NODES, ScenarioGrid, VOLATILITY_NODES } from "./ScenarioGrid.sol";
import { ScenarioKernel, ScenarioSums } from "./ScenarioKernel.sol";
import { Revaluation, ScenarioProfits } from "./ScenarioProfits.sol";

/// @notice A requirement in both tiers, USD WAD.
struct Tiers {
    uint256 initial;
    uint256 maintenance;
}

/// @notice What one underlying alone loses at a strike between two nodes of its grid. @param lower Place of the node below.
/// @param upper Of the node above. @param weight Share of the lower, WAD. @param gaps By volatility node: profit at the strike, less what
/// lies on the line between the nodes.
struct Gap {
    uint256 lower;
    uint256 upper;
    int256 weight;
    int256[VOLATILITY_NODES] gaps;
}

/// @notice Profits of all underlyings in one stress scenario: weighted by tier, squared WAD, and without weights, WAD.
struct StressSum {
    int256 initial;
    int256 maintenance;
    int256 unweighted;
}

/// @notice What has been scanned of a portfolio. @param separate Σ of the worst cells. @param stress The worst weighted stress loss, so
/// far of one underlying alone. @param unweighted Without weights. @param cells Σ of the profits in the cells of the grid; empty for a
/// portfolio on one underlying, as the other sums. @param twists By node of the grid: the least that a twist of one underlying adds
/// to the profit at mark volatilities. @param stresses By stress scenario. @param gapCount How many `gaps` there are.
struct Scan {
    Tiers separate;
    Tiers stress;
    uint256 unweighted;
    int256[] cells;
    int256[] twists;
    uint256 gapCount;
    Gap[] gaps;
    StressSum[] stresses;
}

/// @title From profits by scenario to the loss that a tier must cover. Losses are rounded up and never negative.
/// @notice Every requirement is a maximum of sums that are linear in the legs, or a fixed mixture of such maxima: over the same nodes a
/// portfolio never needs more than the sum of its parts (INV-7), and initial is never below maintenance (INV-6).
/// @dev Unchecked: a profit is below 2^176, its product with a weight below 2^240, and there are at most `MAX_UNDERLYINGS` of each.
library ScanLoss {
    using ScenarioKernel for ScenarioSums;
    using ScenarioProfits for Revaluation;

    /// @param isJoint Whether more than one underlying is going to be added.
    function open(Scan memory scan, bool isJoint) internal pure {
        if (!isJoint) return;
        scan.cells = new int256[](CELLS);
        scan.twists = new int256[](PRICE_NODES);
        scan.stresses = new StressSum[](MAX_STRESSES);
        scan.gaps = new Gap[](MAX_UNDERLYINGS * MAX_STRIKE_NODES);
    }

    /// @notice Adds the legs on one underlying. @param grids How many there are: the grid, and the widened grid while the price is overdue.
    /// @param stresses Weights of its stress scenarios.
    function add(
        Scan memory scan,
        Revaluation memory book,
        uint256 grids,
        StressWord[MAX_STRESSES] memory stresses
    ) internal pure {
        unchecked {
            scan.separate.initial += uint256(-book.lowest);
            scan.separate.maintenance += uint256(-book.lowestInner);
            addStresses(scan, book.stress, stresses);
            if (scan.cells.length != 0) addCells(scan, book, grids);
        }
    }

    /// @notice L = Lsep − credit·(Lsep − Ljoint), no less than the worst stress loss.
    /// @param credit Share of the diversification between underlyings that is credited, WAD.
    /// @return tiers Scan loss. @return unweighted The worst stress loss without its weight, USD WAD.
    function result(Scan memory scan, uint256 credit) internal pure returns (Tiers memory tiers, uint256 unweighted) {
        unchecked {
            // A copy, for the scan may be asked again.
            (tiers.initial, tiers.maintenance) = (scan.separate.initial, scan.separate.maintenance);
            if (scan.cells.length != 0) {
                Tiers memory joint = jointLoss(scan);
                tiers.initial -= credited(credit, tiers.initial, joint.initial);
                tiers.maintenance -= credited(credit, tiers.maintenance, joint.maintenance);
                for (uint256 i = 0; i < MAX_STRESSES; ++i) {
                    StressSum memory sum = scan.stresses[i];
                    raiseStress(scan, sum.initial, sum.maintenance, sum.unweighted);
                }
            }
            Tiers memory stress = scan.stress;
            tiers.maintenance = FixedPointMathLib.max(tiers.maintenance, stress.maintenance);
            // Where one underlying gains and another loses, weights in different proportions could turn the tiers round.
            uint256 worst = FixedPointMathLib.max(stress.initial, stress.maintenance);
            tiers.initial = FixedPointMathLib.max(tiers.initial, worst);
            return (tiers, scan.unweighted);
        }
    }

    /// @dev Ljoint is no more than Lsep but for the rounding of points between nodes.
    function credited(uint256 credit, uint256 separate, uint256 joint) private pure returns (uint256) {
        return FixedPointMathLib.mulWad(credit, FixedPointMathLib.zeroFloorSub(separate, joint));
    }

    /// @dev The worst when all underlyings stand at the same place of their grids and at the same volatility node; or when one twists
    /// there and the others are at the mark; or when one stands at a strike, and the others in proportion between the nodes around it.
    function jointLoss(Scan memory scan) private pure returns (Tiers memory joint) {
        unchecked {
            int256[] memory cells = scan.cells;
            for (uint256 i = 0; i < CELLS; ++i) {
                uint256 node = i / VOLATILITY_NODES;
                int256 profit = cells[i];
                if (i % VOLATILITY_NODES == MARK_VOLATILITY) profit += scan.twists[node];
                raise(joint, profit, ScenarioGrid.isInner(node));
            }
            for (uint256 i = 0; i < scan.gapCount; ++i) {
                Gap memory gap = scan.gaps[i];
                bool isInnerGap = ScenarioGrid.isInner(gap.lower) && ScenarioGrid.isInner(gap.upper);
                for (uint256 j = 0; j < VOLATILITY_NODES; ++j) {
                    raise(joint, between(cells, gap, j) + gap.gaps[j], isInnerGap);
                }
            }
        }
    }

    /// @dev While the price is overdue, at each place the worse of the two grids: a widened range lowers no requirement.
    function addCells(Scan memory scan, Revaluation memory book, uint256 grids) private pure {
        unchecked {
            int256[] memory own = new int256[](CELLS);
            for (uint256 i = 0; i < CELLS; ++i) {
                own[i] = worse(book, grids, i / VOLATILITY_NODES, i % VOLATILITY_NODES);
                scan.cells[i] += own[i];
            }
            for (uint256 column = VOLATILITY_NODES; column < book.sums.columnsOf(); ++column) {
                for (uint256 node = 0; node < PRICE_NODES; ++node) {
                    int256 twist = worse(book, grids, node, column);
                    twist -= own[node * VOLATILITY_NODES + MARK_VOLATILITY];
                    scan.twists[node] = FixedPointMathLib.min(scan.twists[node], twist);
                }
            }
            PriceNode[] memory nodes = book.set.nodes;
            for (uint256 i = grids * PRICE_NODES; i < nodes.length; ++i) {
                Gap memory gap = scan.gaps[scan.gapCount++];
                setAround(gap, nodes, (grids - 1) * PRICE_NODES, nodes[i].move());
                for (uint256 j = 0; j < VOLATILITY_NODES; ++j) {
                    gap.gaps[j] = book.profitAt(i, j) - between(own, gap, j);
                }
            }
        }
    }

    function worse(
        Revaluation memory book,
        uint256 grids,
        uint256 node,
        uint256 column
    ) private pure returns (int256 profit) {
        unchecked {
            profit = book.profitAt(node, column);
            if (grids == 2) profit = FixedPointMathLib.min(profit, book.profitAt(node + PRICE_NODES, column));
        }
    }

    /// @dev Finds the nodes around a strike, in the widest grid. @param offset Where that begins.
    function setAround(Gap memory gap, PriceNode[] memory nodes, uint256 offset, int256 move) private pure {
        unchecked {
            (gap.lower, gap.upper) = (MIDDLE_NODE, MIDDLE_NODE);
            int256 distance = move < 0 ? -move : move;
            // Outwards, upper nodes at even places.
            uint256 outer = 0;
            while (outer < MIDDLE_NODE - 2 && nodes[offset + outer].move() < distance) outer += 2;
            uint256 inner = outer == 0 ? MIDDLE_NODE : outer - 2;
            int256 from = nodes[offset + inner].move();
            int256 width = nodes[offset + outer].move() - from;
            // Without width, at a price of a few wei, all nodes are one.
            int256 weight = FixedPointMathLib.rawSDiv((distance - from) * 1e18, width);
            // `weight` is the share of the outer node.
            if (move >= 0) (gap.lower, gap.upper, gap.weight) = (inner, outer, 1e18 - weight);
            else (gap.lower, gap.upper, gap.weight) = (outer + 1, inner == MIDDLE_NODE ? inner : inner + 1, weight);
        }
    }

    /// @dev On the line between the nodes around a strike.
    function between(int256[] memory cells, Gap memory gap, uint256 volatility) private pure returns (int256) {
        unchecked {
            int256 lower = cells[gap.lower * VOLATILITY_NODES + volatility];
            int256 upper = cells[gap.upper * VOLATILITY_NODES + volatility];
            return upper + ((lower - upper) * gap.weight) / 1e18;
        }
    }

    /// @dev Each stress scenario hits every underlying alone, and all together, each by its own move of that number.
    function addStresses(
        Scan memory scan,
        int256[] memory profits,
        StressWord[MAX_STRESSES] memory stresses
    ) private pure {
        unchecked {
            for (uint256 i = 0; i < profits.length; ++i) {
                int256 profit = profits[i];
                int256 initial = profit * int256(stresses[i].initialWeight());
                int256 maintenance = profit * int256(stresses[i].maintenanceWeight());
                raiseStress(scan, initial, maintenance, profit);
                if (scan.cells.length == 0) continue;
                StressSum memory sum = scan.stresses[i];
                sum.initial += initial;
                sum.maintenance += maintenance;
                sum.unweighted += profit;
            }
        }
    }

    /// @dev With the profits of a `StressSum`.
    function raiseStress(Scan memory scan, int256 initial, int256 maintenance, int256 unweighted) private pure {
        Tiers memory stress = scan.stress;
        stress.initial = FixedPointMathLib.max(stress.initial, FixedPointMathLib.divUp(lossOf(initial), 1e18));
        uint256 loss = FixedPointMathLib.divUp(lossOf(maintenance), 1e18);
        stress.maintenance = FixedPointMathLib.max(stress.maintenance, loss);
        scan.unweighted = FixedPointMathLib.max(scan.unweighted, lossOf(unweighted));
    }

    function raise(Tiers memory tiers, int256 profit, bool isInnerNode) private pure {
        uint256 loss = lossOf(profit);
        tiers.initial = FixedPointMathLib.max(tiers.initial, loss);
        if (isInnerNode) tiers.maintenance = FixedPointMathLib.max(tiers.maintenance, loss);
    }

    function lossOf(int256 profit) private pure returns (uint256) {
        unchecked {
            return profit < 0 ? uint256(-profit) : 0;
        }
    }
}
