// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { MARK_VOLATILITY, MIDDLE_NODE, PriceNode, VOLATILITY_NODES } from "./ScenarioGrid.sol";
import { ScenarioKernel, ScenarioSet, ScenarioSums } from "./ScenarioKernel.sol";
import { SignedWad } from "./SignedWad.sol";
import { LANE_SCALE } from "./TangentLattice.sol";

/// @notice Profits by scenario, USD WAD, rounded down. @param value Of the options now. @param columns To each price node: the
/// lower, the mark and the upper volatility; in a twisted book also the nearest expiry at the lower, at the upper, the farthest at the lower,
/// at the upper volatility, with the others at the mark.
/// @param cells By price node, `columns` each. @param lowest Of each price node. @param stress By stress scenario.
struct Profits {
    int256 value;
    uint256 columns;
    int256[] cells;
    int256[] lowest;
    int256[] stress;
}

/// @dev How words become profits. @param linear What all words lack, scaled like them. @param units Of the underlying itself, WAD.
/// @param value What profits are reckoned from, USD WAD.
struct Terms {
    int256 linear;
    uint256 spot;
    int256 units;
    int256 value;
}

/// @title From the kernel's sums to profits.
/// @dev A sum is a word of two lanes, see `ScenarioKernel`; its value at a price is high·price/spot + low.
library ScenarioProfits {
    using SignedWad for int256;

    uint256 private constant WAD = 1e18;

    /// @notice What the legs added so far, and `units` of the underlying itself (WAD), gain in every scenario.
    function revalue(
        ScenarioSet memory set,
        ScenarioSums memory sums,
        int256 units
    ) internal pure returns (Profits memory result) {
        unchecked {
            uint256 nodes = set.nodes.length;
            result.columns = ScenarioKernel.columnsOf(sums);
            result.cells = new int256[](nodes * result.columns);
            result.lowest = new int256[](nodes);
            Terms memory terms = Terms(sums.linear * LANE_SCALE, set.spot, units, 0);
            if (sums.isOpen) {
                terms.value = valueOf(wordAt(sums.rows[MARK_VOLATILITY], MIDDLE_NODE), set.spot, terms);
                result.value = terms.value;
                setProfits(result, set.nodes, sums, terms);
            } else {
                setLinearProfits(result, set.nodes, terms);
            }
            result.stress = stressProfits(set, sums, terms);
            if (sums.plain.length != 0) addPlainProfits(sums.plain, result);
        }
    }

    /// @notice Profit in a cell.
    function at(Profits memory self, uint256 node, uint256 column) internal pure returns (int256) {
        unchecked {
            return self.cells[node * self.columns + column];
        }
    }

    /// @dev Turns words into profits, and notes the lowest of each price node. Rounded down, by four wei at most.
    function setProfits(
        Profits memory result,
        PriceNode[] memory nodes,
        ScenarioSums memory sums,
        Terms memory terms
    ) private pure {
        assembly ("memory-safe") {
            // What a word gains at the price in the scratch space, rounded down. Its low lane may have borrowed from its high one. At most
            // 2^128 · 2^104, and then 2^131 · 2^60. The scale of the lanes is 6·2^35, in quanta of 2^-47.
            function profitOf(word, terms_) -> profit {
                profit := signextend(15, word)
                profit := add(sdiv(mul(sar(128, sub(word, profit)), mload(0)), mload(add(terms_, 0x20))), profit)
                profit := add(sar(82, sub(sdiv(mul(profit, WAD), 6), 1)), mload(0x20))
            }
            function lower(a, b) -> c {
                c := xor(a, mul(xor(a, b), slt(b, a)))
            }
            let cell := add(mload(add(result, 0x40)), 0x20)
            // From the start of a row to the sum of a node; half of it from the start of a list to its entry.
            for {
                let place := 0x40
            } iszero(gt(place, shl(6, mload(nodes)))) {
                place := add(place, 0x40)
            } {
                // Scratch space: the price, and what the underlying itself gains less the value now.
                mstore(0, mload(mload(add(nodes, shr(1, place)))))
                let profit := mul(mload(add(terms, 0x40)), sub(mload(0), mload(add(terms, 0x20))))
                profit := sub(sdiv(profit, WAD), slt(smod(profit, WAD), 0))
                mstore(0x20, sub(profit, mload(add(terms, 0x60))))
                let rows := mload(add(sums, 0xc0))
                let down := add(mload(add(mload(rows), place)), mload(terms))
                let mark := add(mload(add(mload(add(rows, 0x20)), place)), mload(terms))
                let up := add(mload(add(mload(add(rows, 0x40)), place)), mload(terms))
                let lowest := profitOf(down, terms)
                mstore(cell, lowest)
                profit := profitOf(mark, terms)
                mstore(add(cell, 0x20), profit)
                lowest := lower(lowest, profit)
                profit := profitOf(up, terms)
                mstore(add(cell, 0x40), profit)
                lowest := lower(lowest, profit)
                cell := add(cell, 0x60)
                if mload(add(sums, 0x20)) {
                    // The nearest expiry alone.
                    rows := mload(add(sums, 0xe0))
                    mark := sub(mark, mload(add(mload(add(rows, 0x20)), place)))
                    profit := profitOf(add(mark, mload(add(mload(rows), place))), terms)
                    mstore(cell, profit)
                    lowest := lower(lowest, profit)
                    profit := profitOf(add(mark, mload(add(mload(add(rows, 0x40)), place))), terms)
                    mstore(add(cell, 0x20), profit)
                    lowest := lower(lowest, profit)
                    // The farthest alone: the others at the mark.
                    rows := mload(add(sums, 0x100))
                    mark := mload(add(mload(add(rows, 0x20)), place))
                    profit := profitOf(add(mark, sub(down, mload(add(mload(rows), place)))), terms)
                    mstore(add(cell, 0x40), profit)
                    lowest := lower(lowest, profit)
                    profit := profitOf(add(mark, sub(up, mload(add(mload(add(rows, 0x40)), place)))), terms)
                    mstore(add(cell, 0x60), profit)
                    lowest := lower(lowest, profit)
                    cell := add(cell, 0x80)
                }
                mstore(add(mload(add(result, 0x60)), shr(1, place)), lowest)
            }
        }
    }

    /// @dev Without options volatility does not matter.
    function setLinearProfits(Profits memory result, PriceNode[] memory nodes, Terms memory terms) private pure {
        unchecked {
            for (uint256 i = 0; i < nodes.length; ++i) {
                int256 profit = linearProfit(terms, nodes[i].price);
                result.lowest[i] = profit;
                for (uint256 j = 0; j < VOLATILITY_NODES; ++j) result.cells[i * VOLATILITY_NODES + j] = profit;
            }
        }
    }

    /// @dev Of the underlying itself, less the value now.
    function linearProfit(Terms memory terms, uint256 price) private pure returns (int256) {
        unchecked {
            return (terms.units * (int256(price) - int256(terms.spot))).fromSquareDown() - terms.value;
        }
    }

    function stressProfits(
        ScenarioSet memory set,
        ScenarioSums memory sums,
        Terms memory terms
    ) private pure returns (int256[] memory stress) {
        unchecked {
            stress = new int256[](set.stresses.length);
            uint256[VOLATILITY_NODES] memory before;
            for (uint256 i = 0; i < stress.length; ++i) {
                uint256 price = set.stresses[i].price;
                stress[i] = linearProfit(terms, price);
                if (!sums.isOpen) continue;
                uint256 volatility = set.stressVolatilities[i];
                int256 word = wordAt(sums.rows[volatility], set.nodes.length + before[volatility]++);
                stress[i] += valueOf(word, price, terms);
            }
        }
    }

    /// @dev What the legs outside the domain gain, beside those in the sums.
    function addPlainProfits(int256[] memory plain, Profits memory result) private pure {
        unchecked {
            uint256 columns = result.columns;
            int256 base = plain[MIDDLE_NODE * columns + MARK_VOLATILITY];
            result.value += base.fromSquareDown();
            uint256 cell = 0;
            for (uint256 i = 0; i < result.lowest.length; ++i) {
                int256 lowest = type(int256).max;
                for (uint256 j = 0; j < columns; ++j) {
                    int256 profit = result.cells[cell] + (plain[cell] - base).fromSquareDown();
                    result.cells[cell++] = profit;
                    lowest = FixedPointMathLib.min(profit, lowest);
                }
                result.lowest[i] = lowest;
            }
            for (uint256 i = 0; i < result.stress.length; ++i) {
                result.stress[i] += (plain[cell + i] - base).fromSquareDown();
            }
        }
    }

    /// @dev What a word is worth at a price, rounded down, as in `setProfits`.
    function valueOf(int256 word, uint256 price, Terms memory terms) private pure returns (int256) {
        unchecked {
            word += terms.linear;
            int256 low = int256(int128(word));
            int256 asset = FixedPointMathLib.rawSDiv(((word - low) >> 128) * int256(price), int256(terms.spot));
            return (FixedPointMathLib.rawSDiv((asset + low) * int256(WAD), 6) - 1) >> 82;
        }
    }

    function wordAt(uint256[] memory row, uint256 slot) private pure returns (int256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(row, 0x40), shl(6, slot)))
        }
    }
}
