// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Black76 } from "./Black76.sol";
import { OptionLeg } from "./Revaluation.sol";
import { Frame, LANE_SCALE, Lattice, REACH, TangentLattice } from "./TangentLattice.sol";
import {
    LOWER_VOLATILITY,
    MARK_VOLATILITY,
    MIDDLE_NODE,
    PRICE_NODES,
    PriceNode,
    UPPER_VOLATILITY,
    VOLATILITY_NODES
} from "./ScenarioGrid.sol";
import { SignedWad } from "./SignedWad.sol";

/// @notice Where the options on one underlying are valued; shared by all portfolios of one evaluation.
/// @param spot USD WAD. @param lattice From `TangentLattice.load`.
/// @param nodes Price nodes that meet all volatilities: those of the grid, symmetric in log price, then any others.
/// @param stresses Prices that meet one volatility each. @param stressVolatilities Which one: its index in `OptionLeg`.
/// @param reach Log move of the farthest pair, 2^-40. @param lowest Least log move of all prices, 2^-40. @param highest The greatest.
/// @param rows By volatility: two words for each price, its log move (2^-40) and room for a sum. The grid's pairs come
/// first, upper before lower and the nearest first, then the middle, then the other nodes, then the stresses.
struct ScenarioSet {
    uint256 spot;
    Lattice lattice;
    PriceNode[] nodes;
    PriceNode[] stresses;
    uint256[] stressVolatilities;
    int256 reach;
    int256 lowest;
    int256 highest;
    uint256[][VOLATILITY_NODES] rows;
}

/// @notice What the options of one portfolio are worth in the scenarios of a set.
/// @param linear Units and cash that no volatility touches, in a word of two lanes like the sums, but unscaled by N.
/// @param gross Σ|size|·(spot + strike), in quanta. @param rows As in the set, with the sums.
/// @param plain By scenario, in the order of `values`: squared WAD from outside the kernel's domain; empty without any.
struct ScenarioSums {
    int256 linear;
    uint256 gross;
    uint256[][VOLATILITY_NODES] rows;
    int256[] plain;
    Frame frame;
}

/// @title Black-76 values of options in many scenarios at once.
/// @notice What `Black76` computes, an order of magnitude cheaper, to 1e-9 of the forward: see `TangentLattice`.
///
/// A sum is one word of two signed lanes: high Σ size·spot·N(d1), low −Σ size·strike·N(d2), in quanta of 2^-47 USD times
/// 6·2^35 (the table's 2^35; the interpolation weights have the denominator 6). The value in a scenario is
/// high·price/spot + low. Puts are calls less the forward plus the strike, which meets all scenarios alike: `linear`.
///
/// Domain: total volatilities up to 2, strikes up to 16 spots, Σ|size|·(spot + strike) up to 2^42 USD. Legs beyond are priced
/// plainly, so nothing that price or time do makes an evaluation impossible. Error bound: `KernelTable`, `docs/margin.md`.
library ScenarioKernel {
    using SignedWad for int256;

    uint256 private constant WAD = 1e18;

    uint256 private constant MAX_VOLATILITY = 2e18;
    uint256 private constant MAX_STRIKE_RATIO = 16;
    /// @dev 2^42 USD, 2^89 quanta: 6·2^35 times as much stays below 2^127, a lane. Written out, as assembly wants it.
    uint256 private constant MAX_GROSS = 0x20000000000000000000000;
    uint256 private constant QUANTUM_BITS = 47;
    /// @dev 1e-10 of Σ|size|·(spot + strike), WAD, which is at least what `KernelTable` proves; and what 128 legs lose to
    /// quanta of 2^-47 USD and to the last rounding.
    uint256 private constant ERROR_SHARE = 1e8;
    uint256 private constant QUANTA_ERROR = 2e6;

    /// @notice Lays out the rows of a set whose `lattice`, `spot`, `nodes`, `stresses` and `stressVolatilities` are given.
    function prepare(ScenarioSet memory set) internal pure {
        unchecked {
            uint256 shared = set.nodes.length;
            uint256[] memory row = new uint256[](2 * (shared + set.stresses.length));
            for (uint256 i = 0; i < PRICE_NODES; ++i) {
                // A lower move is not converted by itself: the fast path takes it for the upper one's opposite.
                int256 upper = TangentLattice.toLattice(set.nodes[i < MIDDLE_NODE ? PRICE_NODES - 1 - i : i].move);
                place(set, row, slotOf(i), i < MIDDLE_NODE ? -upper : upper);
            }
            set.reach = set.highest;
            for (uint256 i = PRICE_NODES; i < shared; ++i)
                place(set, row, i, TangentLattice.toLattice(set.nodes[i].move));
            for (uint256 volatility = 0; volatility < VOLATILITY_NODES; ++volatility) {
                uint256 prices = shared;
                for (uint256 i = 0; i < set.stresses.length; ++i) {
                    if (set.stressVolatilities[i] != volatility) continue;
                    place(set, row, prices++, TangentLattice.toLattice(set.stresses[i].move));
                }
                set.rows[volatility] = copyOf(row, 2 * prices);
            }
        }
    }

    /// @notice Empty sums for a portfolio.
    function open(ScenarioSet memory set) internal pure returns (ScenarioSums memory sums) {
        for (uint256 volatility = 0; volatility < VOLATILITY_NODES; ++volatility) {
            uint256[] memory row = set.rows[volatility];
            sums.rows[volatility] = copyOf(row, row.length);
        }
    }

    /// @notice Adds a leg to all scenarios. Its volatilities ascend; its `mark` is not looked at.
    function addOption(ScenarioSet memory set, ScenarioSums memory sums, OptionLeg memory leg) internal pure {
        unchecked {
            // Sizes are below 2^127 and prices below 2^120.
            int256 asset = toQuanta(leg.size * int256(set.spot));
            int256 strike = toQuanta(leg.size * int256(leg.strike));
            uint256 gross = sums.gross + FixedPointMathLib.abs(asset) + FixedPointMathLib.abs(strike);
            if (isBeyond(gross, leg, set.spot)) return addPlain(set, sums, leg);
            sums.gross = gross;
            int256 forward = (asset << 128) - strike;
            if (!leg.isCall) sums.linear -= forward;
            sums.frame.asset = asset * (6 << 128);
            sums.frame.strike = -strike;
            addCall(set, sums, leg, forward);
        }
    }

    /// @notice What the legs added so far are worth in every scenario, USD WAD, rounded down.
    /// @return sum By node of the set, three volatilities each, then by stress.
    function values(ScenarioSet memory set, ScenarioSums memory sums) internal pure returns (int256[] memory sum) {
        PriceNode[] memory nodes = set.nodes;
        PriceNode[] memory stresses = set.stresses;
        uint256 cells = VOLATILITY_NODES * nodes.length;
        sum = new int256[](cells + stresses.length);
        // Without any price nothing is in the sums.
        if (set.spot == 0) return addedPlain(sums, sum);
        unchecked {
            uint256 cell = 0;
            for (uint256 i = 0; i < nodes.length; ++i) {
                uint256 slot = slotOf(i);
                uint256 price = nodes[i].price;
                for (uint256 j = 0; j < VOLATILITY_NODES; ++j) {
                    sum[cell++] = valueOf(wordAt(rowAt(sums, j), slot), sums.linear, price, set.spot);
                }
            }
            uint256[VOLATILITY_NODES] memory before;
            for (uint256 i = 0; i < stresses.length; ++i) {
                uint256 j = set.stressVolatilities[i];
                int256 word = wordAt(sums.rows[j], nodes.length + before[j]++);
                sum[cell++] = valueOf(word, sums.linear, stresses[i].price, set.spot);
            }
        }
        return addedPlain(sums, sum);
    }

    /// @notice How far a value may be from the sum of the plain prices, USD WAD, rounded up: 1e-10 of Σ|size|·(spot + strike),
    /// and a few quanta, both times price/spot where the scenario's price is above the spot.
    function errorBound(
        ScenarioSet memory set,
        ScenarioSums memory sums,
        uint256 price
    ) internal pure returns (uint256) {
        uint256 gross = (sums.gross * WAD) >> QUANTUM_BITS;
        uint256 atSpot = FixedPointMathLib.mulWadUp(gross, ERROR_SHARE) + QUANTA_ERROR;
        return price <= set.spot ? atSpot : FixedPointMathLib.fullMulDivUp(atSpot, price, set.spot);
    }

    /// @dev In assembly because three comparisons without a jump cost less than one with.
    function isBeyond(uint256 gross, OptionLeg memory leg, uint256 spot) private pure returns (bool isTrue) {
        uint256 highest = leg.totalVolatilities[UPPER_VOLATILITY];
        uint256 strike = leg.strike;
        assembly ("memory-safe") {
            isTrue := or(or(gt(gross, MAX_GROSS), gt(highest, MAX_VOLATILITY)), gt(strike, mul(MAX_STRIKE_RATIO, spot)))
        }
    }

    function addCall(
        ScenarioSet memory set,
        ScenarioSums memory sums,
        OptionLeg memory leg,
        int256 forward
    ) private pure {
        unchecked {
            int256 moneyness = TangentLattice.toLattice(leg.logMoneyness);
            uint256 upper = leg.totalVolatilities[UPPER_VOLATILITY];
            // d1 and d2 lie at ±v/2 around moneyness/v: widest at the lowest volatility, and this half at the highest.
            int256 half = int256((upper << 74) / WAD);
            int256 widest = int256(FixedPointMathLib.abs(moneyness)) + set.reach;
            bool isInside =
                widest * TangentLattice.inverseOf(leg.totalVolatilities[LOWER_VOLATILITY]) + half <= REACH << 68;
            if (!isInside) {
                int256 inverse = TangentLattice.inverseOf(upper);
                // Far from the strike at all prices and volatilities it is a forward, or nothing.
                if ((moneyness + set.highest) * inverse + half < -REACH << 68) return;
                if ((moneyness + set.lowest) * inverse - half > REACH << 68) {
                    sums.linear += forward;
                    return;
                }
            }
            uint256[VOLATILITY_NODES] memory v = leg.totalVolatilities;
            uint256[][VOLATILITY_NODES] memory rows = sums.rows;
            Lattice memory lattice = set.lattice;
            Frame memory frame = sums.frame;
            TangentLattice.addRow(lattice, frame, moneyness, v[LOWER_VOLATILITY], rows[LOWER_VOLATILITY], isInside);
            TangentLattice.addRow(lattice, frame, moneyness, v[MARK_VOLATILITY], rows[MARK_VOLATILITY], isInside);
            TangentLattice.addRow(lattice, frame, moneyness, upper, rows[UPPER_VOLATILITY], isInside);
        }
    }

    /// @dev Outside the kernel's domain: every scenario by itself.
    function addPlain(ScenarioSet memory set, ScenarioSums memory sums, OptionLeg memory leg) private pure {
        uint256 cells = VOLATILITY_NODES * set.nodes.length;
        if (sums.plain.length == 0) sums.plain = new int256[](cells + set.stresses.length);
        for (uint256 i = 0; i < cells; ++i) {
            sums.plain[i] += plainValue(leg, set.nodes[i / VOLATILITY_NODES], i % VOLATILITY_NODES);
        }
        for (uint256 i = 0; i < set.stresses.length; ++i) {
            sums.plain[cells + i] += plainValue(leg, set.stresses[i], set.stressVolatilities[i]);
        }
    }

    function plainValue(OptionLeg memory leg, PriceNode memory node, uint256 volatility) private pure returns (int256) {
        int256 moneyness = leg.logMoneyness + node.move;
        uint256 totalVolatility = leg.totalVolatilities[volatility];
        return leg.size * int256(Black76.price(leg.isCall, node.price, leg.strike, moneyness, totalVolatility));
    }

    function addedPlain(ScenarioSums memory sums, int256[] memory sum) private pure returns (int256[] memory) {
        for (uint256 i = 0; i < sums.plain.length; ++i) sum[i] += sums.plain[i].fromSquareDown();
        return sum;
    }

    function rowAt(ScenarioSums memory sums, uint256 index) private pure returns (uint256[] memory row) {
        uint256[][VOLATILITY_NODES] memory rows = sums.rows;
        assembly ("memory-safe") {
            row := mload(add(rows, shl(5, index)))
        }
    }

    /// @dev Rounded down.
    function valueOf(int256 word, int256 linear, uint256 price, uint256 spot) private pure returns (int256) {
        unchecked {
            // The low lane of a word may have borrowed from its high one.
            int256 strike = int256(int128(word)) + int256(int128(linear)) * LANE_SCALE;
            int256 asset = ((word - int128(word)) >> 128) + ((linear - int128(linear)) >> 128) * LANE_SCALE;
            // At most 2^128 · 2^104, and then 2^131 · 2^60. The scale of the lanes is 6·2^35, in quanta.
            int256 scaled = (FixedPointMathLib.rawSDiv(asset * int256(price), int256(spot)) + strike) * int256(WAD);
            return (scaled / 6 - 1) >> (35 + QUANTUM_BITS);
        }
    }

    function wordAt(uint256[] memory row, uint256 slot) private pure returns (int256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(row, 0x40), shl(6, slot)))
        }
    }

    function place(ScenarioSet memory set, uint256[] memory row, uint256 slot, int256 move) private pure {
        assembly ("memory-safe") {
            mstore(add(add(row, 0x20), shl(6, slot)), move)
        }
        if (move < set.lowest) set.lowest = move;
        if (move > set.highest) set.highest = move;
    }

    function copyOf(uint256[] memory row, uint256 length) private pure returns (uint256[] memory copy) {
        assembly ("memory-safe") {
            copy := mload(0x40)
            mstore(copy, length)
            let bytesUsed := shl(5, length)
            mcopy(add(copy, 0x20), add(row, 0x20), bytesUsed)
            mstore(0x40, add(copy, add(bytesUsed, 0x20)))
        }
    }

    /// @dev Where a node of the set lies in a row: pairs from the middle outwards, the upper first.
    function slotOf(uint256 node) private pure returns (uint256) {
        unchecked {
            if (node >= PRICE_NODES) return node;
            if (node == MIDDLE_NODE) return PRICE_NODES - 1;
            return node > MIDDLE_NODE ? 2 * (node - MIDDLE_NODE - 1) : 2 * (MIDDLE_NODE - node) - 1;
        }
    }

    /// @dev Towards zero, so that a long and a short of the same size cancel.
    function toQuanta(int256 squaredWad) private pure returns (int256) {
        unchecked {
            return ((squaredWad / int256(WAD)) << QUANTUM_BITS) / int256(WAD);
        }
    }
}
