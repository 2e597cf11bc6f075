// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import {
    LOWER_VOLATILITY,
    MARK_VOLATILITY,
    MIDDLE_NODE,
    PriceNode,
    UPPER_VOLATILITY,
    VOLATILITY_NODES
} from "./ScenarioGrid.sol";
import { FARTHEST_COLUMN, ScenarioKernel, ScenarioSet, ScenarioSums } from "./ScenarioKernel.sol";
import { SignedWad } from "./SignedWad.sol";
import { LANE_SCALE } from "./TangentLattice.sol";

/// @notice A book on one underlying, revalued. Amounts in USD WAD, rounded down.
/// @param set Where it is valued. @param sums Of its options. @param linear What all words of the sums lack, scaled like them.
/// @param units Of the underlying itself, WAD. @param value Of the options now. @param summedValue Of those in the sums, from which profits
/// are reckoned. @param lowest Least profit at any price node, 0 where none loses. @param lowestInner At nodes of the maintenance range.
/// @param stress Profits by stress scenario.
struct Revaluation {
    ScenarioSet set;
    ScenarioSums sums;
    int256 linear;
    int256 units;
    int256 value;
    int256 summedValue;
    int256 lowest;
    int256 lowestInner;
    int256[] stress;
}

/// @title From the kernel's sums to profits.
/// @notice Each price node has columns: the lower, the mark and the upper volatility; in a twisted book also the nearest expiry at the
/// lower, at the upper, the farthest at the lower, at the upper volatility, with the others at the mark.
/// @dev A sum is a word of two lanes, see `ScenarioKernel`; its value at a price is high·price/spot + low.
library ScenarioProfits {
    using ScenarioKernel for ScenarioSums;
    using SignedWad for int256;

    int256 private constant WAD = 1e18;
    /// @dev Of the fraction price/spot, which is below 2^3: a lane is below 2^127, and their product below 2^242.
    uint256 private constant RATIO_BITS = 112;

    /// @notice Finds what the legs added so far, and `units` of the underlying itself (WAD), gain in every scenario.
    /// @param innerRange Moves of the maintenance tier, WAD.
    function revalue(Revaluation memory self, int256 units, uint256 innerRange) internal pure {
        unchecked {
            self.units = units;
            ScenarioSums memory sums = self.sums;
            if (sums.isOpen) {
                self.linear = sums.linear * LANE_SCALE;
                uint256 spot = self.set.spot;
                self.summedValue = valueOf(self, wordAt(sums.rows[MARK_VOLATILITY], MIDDLE_NODE), ratioOf(self, spot));
                self.value = self.summedValue;
            }
            if (sums.plain.length != 0) self.value += nowOf(sums.plain, sums.columnsOf()).fromSquareDown();
            PriceNode[] memory nodes = self.set.nodes;
            for (uint256 i = 0; i < nodes.length; ++i) {
                PriceNode memory node = nodes[i];
                int256 profit = lowestAt(self, node.price, i);
                if (profit >= self.lowestInner) continue;
                if (profit < self.lowest) self.lowest = profit;
                if (FixedPointMathLib.abs(node.move) <= innerRange) self.lowestInner = profit;
            }
            setStress(self);
        }
    }

    /// @notice Profit in a cell.
    function profitAt(Revaluation memory self, uint256 node, uint256 column) internal pure returns (int256 profit) {
        unchecked {
            uint256 price = self.set.nodes[node].price;
            ScenarioSums memory sums = self.sums;
            profit = linearProfit(self, price);
            if (sums.isOpen) profit += valueOf(self, wordOf(sums, node, column), ratioOf(self, price));
            uint256 columns = sums.columnsOf();
            if (sums.plain.length != 0) profit += plainProfit(sums.plain, node * columns + column, columns);
        }
    }

    /// @dev The least of a node's columns.
    function lowestAt(Revaluation memory self, uint256 price, uint256 node) private pure returns (int256 lowest) {
        unchecked {
            ScenarioSums memory sums = self.sums;
            if (sums.isOpen && sums.plain.length == 0) {
                lowest = fromScaled(lowestScaled(sums, node, self.linear, ratioOf(self, price)));
                return lowest + linearProfit(self, price);
            }
            lowest = profitAt(self, node, LOWER_VOLATILITY);
            if (!sums.isOpen) return lowest;
            for (uint256 i = MARK_VOLATILITY; i < sums.columnsOf(); ++i) {
                lowest = FixedPointMathLib.min(lowest, profitAt(self, node, i));
            }
        }
    }

    /// @dev The least of the words of a node, as `scaled`. All stand at the same price: so they can be compared before they are converted.
    function lowestScaled(
        ScenarioSums memory sums,
        uint256 node,
        int256 linear,
        int256 ratio
    ) private pure returns (int256 lowest) {
        assembly ("memory-safe") {
            function scaled(word, ratio_) -> value {
                value := signextend(15, word)
                value := add(mul(sar(128, sub(word, value)), ratio_), shl(RATIO_BITS, value))
            }
            function lower(a, b) -> c {
                c := xor(a, mul(xor(a, b), slt(b, a)))
            }
            // From the start of a row to the sum of the node.
            let place := add(0x20, shl(5, node))
            let rows := mload(add(sums, 0xc0))
            let down := add(mload(add(mload(rows), place)), linear)
            let mark := add(mload(add(mload(add(rows, 0x20)), place)), linear)
            let up := add(mload(add(mload(add(rows, 0x40)), place)), linear)
            lowest := lower(lower(scaled(down, ratio), scaled(mark, ratio)), scaled(up, ratio))
            if mload(add(sums, 0x20)) {
                // The nearest expiry alone.
                rows := mload(add(sums, 0xe0))
                mark := sub(mark, mload(add(mload(add(rows, 0x20)), place)))
                lowest := lower(lowest, scaled(add(mark, mload(add(mload(rows), place))), ratio))
                lowest := lower(lowest, scaled(add(mark, mload(add(mload(add(rows, 0x40)), place))), ratio))
                // The farthest alone: the others at the mark.
                rows := mload(add(sums, 0x100))
                mark := mload(add(mload(add(rows, 0x20)), place))
                lowest := lower(lowest, scaled(add(mark, sub(down, mload(add(mload(rows), place)))), ratio))
                lowest := lower(lowest, scaled(add(mark, sub(up, mload(add(mload(add(rows, 0x40)), place)))), ratio))
            }
        }
    }

    /// @dev The word of a cell.
    function wordOf(ScenarioSums memory sums, uint256 node, uint256 column) private pure returns (int256) {
        unchecked {
            if (column < VOLATILITY_NODES) return wordAt(sums.rows[column], node);
            uint256 shocked = (column - VOLATILITY_NODES) % 2 == 0 ? LOWER_VOLATILITY : UPPER_VOLATILITY;
            if (column < FARTHEST_COLUMN) {
                int256 nearest = wordAt(sums.nearest[shocked], node) - wordAt(sums.nearest[MARK_VOLATILITY], node);
                return wordAt(sums.rows[MARK_VOLATILITY], node) + nearest;
            }
            int256 farthest = wordAt(sums.rows[shocked], node) - wordAt(sums.butFarthest[shocked], node);
            return wordAt(sums.butFarthest[MARK_VOLATILITY], node) + farthest;
        }
    }

    function setStress(Revaluation memory self) private pure {
        unchecked {
            ScenarioSet memory set = self.set;
            ScenarioSums memory sums = self.sums;
            uint256 nodes = set.nodes.length;
            uint256 columns = sums.columnsOf();
            self.stress = new int256[](set.stresses.length);
            uint256[VOLATILITY_NODES] memory before;
            for (uint256 i = 0; i < self.stress.length; ++i) {
                uint256 price = set.stresses[i].price;
                int256 profit = linearProfit(self, price);
                if (sums.isOpen) {
                    uint256 volatility = set.stressVolatilities[i];
                    int256 word = wordAt(sums.rows[volatility], nodes + before[volatility]++);
                    profit += valueOf(self, word, ratioOf(self, price));
                    if (sums.plain.length != 0) profit += plainProfit(sums.plain, nodes * columns + i, columns);
                }
                self.stress[i] = profit;
            }
        }
    }

    /// @dev Of the underlying itself, less the value now of what is in the sums.
    function linearProfit(Revaluation memory self, uint256 price) private pure returns (int256) {
        unchecked {
            int256 units = self.units;
            if (units == 0) return -self.summedValue;
            return (units * (int256(price) - int256(self.set.spot))).fromSquareDown() - self.summedValue;
        }
    }

    /// @dev Of the legs outside the kernel's domain. @param cell Index in `plain`.
    function plainProfit(int256[] memory plain, uint256 cell, uint256 columns) private pure returns (int256) {
        unchecked {
            return (plain[cell] - nowOf(plain, columns)).fromSquareDown();
        }
    }

    function nowOf(int256[] memory plain, uint256 columns) private pure returns (int256) {
        unchecked {
            return plain[MIDDLE_NODE * columns + MARK_VOLATILITY];
        }
    }

    /// @dev What a word is worth at a price. @param ratio From `ratioOf`.
    function valueOf(Revaluation memory self, int256 word, int256 ratio) private pure returns (int256) {
        unchecked {
            word += self.linear;
            int256 low = int256(int128(word));
            // The low lane may have borrowed from the high one.
            return fromScaled(((word - low) >> 128) * ratio + (low << RATIO_BITS));
        }
    }

    /// @dev price/spot.
    function ratioOf(Revaluation memory self, uint256 price) private pure returns (int256) {
        return int256(FixedPointMathLib.rawDiv(price << RATIO_BITS, self.set.spot));
    }

    /// @dev From the scale of the lanes, 6·2^35 in quanta of 2^-47, times that of a ratio, to WAD: rounded down, by three wei at most.
    function fromScaled(int256 scaled) private pure returns (int256) {
        unchecked {
            return (FixedPointMathLib.rawSDiv((scaled >> RATIO_BITS) * WAD, 6) >> 82) - 1;
        }
    }

    function wordAt(uint256[] memory row, uint256 slot) private pure returns (int256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(row, 0x20), shl(5, slot)))
        }
    }
}
