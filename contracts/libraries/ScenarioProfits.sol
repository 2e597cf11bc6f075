// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { PriceNode } from "../types/PriceNode.sol";
import { LOWER_VOLATILITY, MARK_VOLATILITY, MIDDLE_NODE, UPPER_VOLATILITY, VOLATILITY_NODES } from "./ScenarioGrid.sol";
import { FARTHEST_COLUMN, ScenarioKernel, ScenarioSet, ScenarioSums } from "./ScenarioKernel.sol";
import { ScenarioRows } from "./ScenarioRows.sol";
import { SignedWad } from "./SignedWad.sol";
import { LANE_SCALE } from "./TangentLattice.sol";

/// @notice A book on one underlying, revalued. Amounts in USD WAD, rounded down.
/// @param set Where it is valued. @param sums Of its options. @param linear What all words of the sums lack, scaled like them, and 2^127, by
/// which their low lanes become natural numbers.
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
    uint256 private constant LANE_AND_RATIO_BITS = 240;
    /// @dev 2^127.
    int256 private constant LOW_LANE_OFFSET = 0x80000000000000000000000000000000;

    /// @notice Finds what the legs added so far, and `units` of the underlying itself (WAD), gain in every scenario.
    /// @param innerRange Moves of the maintenance tier, WAD.
    function revalue(Revaluation memory self, int256 units, uint256 innerRange) internal pure {
        unchecked {
            self.units = units;
            ScenarioSums memory sums = self.sums;
            if (sums.isOpen) {
                self.linear = sums.linear * LANE_SCALE + LOW_LANE_OFFSET;
                uint256 spot = self.set.spot;
                self.summedValue = valueOf(self, sums.rows.cell(MARK_VOLATILITY, MIDDLE_NODE), ratioOf(self, spot));
                self.value = self.summedValue;
            }
            if (sums.plain.length != 0) self.value += nowOf(sums.plain, sums.columnsOf()).fromSquareDown();
            if (sums.isOpen && sums.plain.length == 0) setLowest(self, innerRange);
            else setLowestOfCells(self, innerRange);
            setStress(self);
        }
    }

    /// @notice Profit in a cell.
    function profitAt(Revaluation memory self, uint256 node, uint256 column) internal pure returns (int256) {
        unchecked {
            ScenarioSums memory sums = self.sums;
            int256 word = sums.isOpen ? wordOf(sums, node, column) : int256(0);
            return profitOf(self, self.set.nodes[node].price(), word, node * sums.columnsOf() + column);
        }
    }

    /// @dev Of a book whose options are all in the sums. All words of a node stand at the same price: so they are compared before they are
    /// converted, and nodes too, where nothing but options tells them apart. In one loop without calls, which would cost as much again.
    function setLowest(Revaluation memory self, uint256 innerRange) private pure {
        PriceNode[] memory nodes = self.set.nodes;
        ScenarioRows rows = self.sums.rows;
        uint256 stride = rows.stride();
        int256 linear = self.linear;
        (int256 lowest, int256 lowestInner) = (type(int256).max, type(int256).max);
        assembly ("memory-safe") {
            // high·ratio + low·2^112 of a word with a natural number in its low lane, where high·2^240 + low·2^112 is the word
            // times 2^112, modulo 2^256.
            function scaled(word, ratioLess) -> value {
                value := add(shl(RATIO_BITS, word), mul(sar(128, word), ratioLess))
            }
            function lower(a, b) -> c {
                c := xor(a, mul(xor(a, b), slt(b, a)))
            }
            // `fromScaled` of such a number.
            function converted(value) -> amount {
                value := sar(RATIO_BITS, sub(value, shl(RATIO_BITS, LOW_LANE_OFFSET)))
                amount := sub(sar(82, sdiv(mul(value, WAD), 6)), 1)
            }
            // From a sum of the first row to its node.
            let toNode := sub(nodes, rows)
            let end := add(rows, shl(5, add(mload(nodes), 1)))
            for {
                let at := add(rows, 0x20)
            } lt(at, end) {
                at := add(at, 0x20)
            } {
                let node := mload(add(at, toNode))
                // `ratioOf`: the spot comes first in the set, and that in the revaluation.
                let ratio := sub(div(shl(RATIO_BITS, shr(128, node)), mload(mload(self))), shl(LANE_AND_RATIO_BITS, 1))
                let down := add(mload(at), linear)
                let mark := add(mload(add(at, stride)), linear)
                let up := add(mload(add(at, shl(1, stride))), linear)
                let profit := lower(lower(scaled(down, ratio), scaled(mark, ratio)), scaled(up, ratio))
                let sums := mload(add(self, 0x20))
                if mload(add(sums, 0x20)) {
                    // The farthest expiry alone: the others at the mark.
                    let part := add(mload(add(sums, 0x100)), sub(at, rows))
                    down := sub(down, mload(part))
                    part := add(part, stride)
                    up := sub(up, mload(add(part, stride)))
                    part := mload(part)
                    profit := lower(profit, scaled(add(part, down), ratio))
                    profit := lower(profit, scaled(add(part, up), ratio))
                    // The nearest alone.
                    part := add(mload(add(sums, 0xe0)), sub(at, rows))
                    down := mload(part)
                    part := add(part, stride)
                    mark := sub(mark, mload(part))
                    profit := lower(profit, scaled(add(mark, down), ratio))
                    profit := lower(profit, scaled(add(mark, mload(add(part, stride))), ratio))
                }
                let units := mload(add(self, 0x60))
                if units {
                    let gain := mul(units, sub(shr(128, node), mload(mload(self))))
                    profit := add(converted(profit), sub(sdiv(gain, WAD), slt(smod(gain, WAD), 0)))
                }
                if slt(profit, lowestInner) {
                    lowest := lower(lowest, profit)
                    let move := signextend(15, node)
                    if iszero(gt(xor(sub(0, slt(move, 0)), add(sub(0, slt(move, 0)), move)), innerRange)) {
                        lowestInner := profit
                    }
                }
            }
            if iszero(mload(add(self, 0x60))) {
                lowest := converted(lowest)
                lowestInner := converted(lowestInner)
            }
        }
        unchecked {
            int256 value = self.summedValue;
            self.lowest = FixedPointMathLib.min(lowest - value, 0);
            self.lowestInner = FixedPointMathLib.min(lowestInner - value, 0);
        }
    }

    /// @dev Of any other book, cell by cell.
    function setLowestOfCells(Revaluation memory self, uint256 innerRange) private pure {
        unchecked {
            PriceNode[] memory nodes = self.set.nodes;
            uint256 columns = self.sums.isOpen ? self.sums.columnsOf() : 1;
            (int256 lowest, int256 lowestInner) = (0, 0);
            for (uint256 i = 0; i < nodes.length; ++i) {
                bool isInner = FixedPointMathLib.abs(nodes[i].move()) <= innerRange;
                for (uint256 column = 0; column < columns; ++column) {
                    int256 profit = profitAt(self, i, column);
                    if (profit < lowest) lowest = profit;
                    if (isInner && profit < lowestInner) lowestInner = profit;
                }
            }
            (self.lowest, self.lowestInner) = (lowest, lowestInner);
        }
    }

    /// @dev The word of a cell.
    function wordOf(ScenarioSums memory sums, uint256 node, uint256 column) private pure returns (int256) {
        unchecked {
            ScenarioRows rows = sums.rows;
            if (column < VOLATILITY_NODES) return rows.cell(column, node);
            uint256 shocked = (column - VOLATILITY_NODES) % 2 == 0 ? LOWER_VOLATILITY : UPPER_VOLATILITY;
            bool isNearest = column < FARTHEST_COLUMN;
            ScenarioRows part = isNearest ? sums.nearest : sums.butFarthest;
            int256 shift = part.cell(shocked, node) - part.cell(MARK_VOLATILITY, node);
            return isNearest ? rows.cell(MARK_VOLATILITY, node) + shift : rows.cell(shocked, node) - shift;
        }
    }

    function setStress(Revaluation memory self) private pure {
        unchecked {
            ScenarioSet memory set = self.set;
            ScenarioSums memory sums = self.sums;
            uint256 nodes = set.nodes.length;
            uint256 columns = sums.columnsOf();
            self.stress = new int256[](set.stresses.length);
            for (uint256 i = 0; i < self.stress.length; ++i) {
                int256 word = 0;
                if (sums.isOpen) word = sums.rows.cell(set.stressVolatilities[i], set.stressPlaces[i]);
                self.stress[i] = profitOf(self, set.stresses[i].price(), word, nodes * columns + i);
            }
        }
    }

    /// @param word Of the sums; any where there are none. @param plainCell Index in `plain`.
    function profitOf(
        Revaluation memory self,
        uint256 price,
        int256 word,
        uint256 plainCell
    ) private pure returns (int256 profit) {
        unchecked {
            ScenarioSums memory sums = self.sums;
            profit = linearProfit(self, price);
            if (!sums.isOpen) return profit;
            profit += valueOf(self, word, ratioOf(self, price));
            int256[] memory plain = sums.plain;
            if (plain.length != 0) profit += (plain[plainCell] - nowOf(plain, sums.columnsOf())).fromSquareDown();
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

    /// @dev Of the legs outside the kernel's domain, squared WAD.
    function nowOf(int256[] memory plain, uint256 columns) private pure returns (int256) {
        unchecked {
            return plain[MIDDLE_NODE * columns + MARK_VOLATILITY];
        }
    }

    /// @dev What a word is worth at a price. @param ratio From `ratioOf`.
    function valueOf(Revaluation memory self, int256 word, int256 ratio) private pure returns (int256) {
        unchecked {
            word += self.linear;
            int256 low = int256(uint256(uint128(uint256(word)))) - LOW_LANE_OFFSET;
            return fromScaled((word >> 128) * ratio + (low << RATIO_BITS));
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
}
