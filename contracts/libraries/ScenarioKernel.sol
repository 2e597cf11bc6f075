// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Position } from "../types/Position.sol";
import { PriceNode } from "../types/PriceNode.sol";
import { Black76 } from "./Black76.sol";
import { KeptOption } from "./KeptOptions.sol";
import { OptionLeg } from "./OptionLegs.sol";
import { ScenarioRows, ScenarioRowsLibrary } from "./ScenarioRows.sol";
import { Frame, Lattice, REACH, STEPS_PER_UNIT, TangentLattice } from "./TangentLattice.sol";
import {
    LOWER_VOLATILITY,
    MARK_VOLATILITY,
    MIDDLE_NODE,
    PRICE_NODES,
    UPPER_VOLATILITY,
    VOLATILITY_NODES
} from "./ScenarioGrid.sol";

/// @notice Where the options on one underlying are valued; shared by all portfolios of one evaluation.
/// @param spot USD WAD. @param lattice From `TangentLattice.load`.
/// @param nodes Price nodes that meet all volatilities: those of the grid, in its order and symmetric in log price, then any others.
/// @param stresses Prices that meet one volatility each. @param stressVolatilities Which one: its index in `OptionLeg`.
/// @param stressPlaces Their places in the rows of these volatilities.
/// @param reach Log move of the farthest pair, 2^-40. @param lowest Least log move of all prices, 2^-40. @param highest The greatest.
/// @param moves Log moves of the prices, 2^-40: of the nodes, then of the stresses that meet the volatility of the row.
struct ScenarioSet {
    uint256 spot;
    Lattice lattice;
    PriceNode[] nodes;
    PriceNode[] stresses;
    uint256[] stressVolatilities;
    uint256[] stressPlaces;
    int256 reach;
    int256 lowest;
    int256 highest;
    ScenarioRows moves;
}

/// @dev Columns of a twisted book: `VOLATILITY_NODES`, and the nearest and the farthest expiry alone, down and up; see `ScenarioProfits`.
uint256 constant TWISTED_COLUMNS = 7;
uint256 constant FARTHEST_COLUMN = 5;

/// @dev Which expiry the options are of that are being added; those of a book without a twist are all `Between`.
enum Phase {
    Nearest,
    Between,
    Farthest
}

/// @notice What the options of one portfolio are worth in the scenarios of a set.
/// @param isOpen Whether there are any. @param isTwisted Whether they are of more than one expiry: those of the nearest are added
/// first, those of the farthest last, and the rows are copied between.
/// @param linear Units and cash that no volatility touches, in a word of two lanes like the sums, but unscaled by N.
/// @param gross Σ|size|·(spot + strike), in quanta. @param rows Sums, at the places of the set's moves. @param nearest Those of the nearest
/// expiry. @param butFarthest Those of all but the farthest. @param snapshot A copy of `rows` as they are; 0 if there is none.
/// @param repeatedFrom With `repeatedTo`, if that is not 0: `rows` still lack `repeatedFactor` times the rows there less the rows here.
/// @param plain By cell and then stress: squared WAD of the legs outside the kernel's domain; empty without any.
struct ScenarioSums {
    bool isOpen;
    bool isTwisted;
    Phase phase;
    int256 linear;
    uint256 gross;
    Frame frame;
    ScenarioRows rows;
    ScenarioRows nearest;
    ScenarioRows butFarthest;
    ScenarioRows snapshot;
    ScenarioRows repeatedFrom;
    ScenarioRows repeatedTo;
    int256 repeatedFactor;
    int256[] plain;
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
    uint256 private constant WAD = 1e18;

    uint256 private constant MAX_VOLATILITY = 2e18;
    uint256 private constant MAX_STRIKE_RATIO = 16;
    /// @dev 2^42 USD, 2^89 quanta: 6·2^35 times as much stays below 2^127, a lane. Written out, as assembly wants it.
    uint256 private constant MAX_GROSS = 0x20000000000000000000000;
    /// @dev A quantum is 2^-47 USD; a squared WAD, 10^-36 USD, is 2^(47 − 36)/5^36 of them.
    uint256 private constant QUANTUM_BITS = 47;
    int256 private constant FIVE_TO_THE_36 = 5 ** 36;
    /// @dev 3.3e-10 of Σ|size|·(spot + strike), WAD, which is at least what `KernelTable` proves; and what 128 legs lose to
    /// quanta of 2^-47 USD and to the last rounding.
    uint256 private constant ERROR_SHARE = 3.3e8;
    uint256 private constant QUANTA_ERROR = 2e6;

    /// @notice Lays out the rows of a set whose `lattice`, `spot`, `nodes`, `stresses` and `stressVolatilities` are given.
    function prepare(ScenarioSet memory set) internal pure {
        unchecked {
            PriceNode[] memory nodes = set.nodes;
            uint256 stresses = set.stresses.length;
            ScenarioRows moves = ScenarioRowsLibrary.create(nodes.length + stresses);
            set.moves = moves;
            int256 move = 0;
            for (uint256 i = 0; i < MIDDLE_NODE; i += 2) {
                move = TangentLattice.toLattice(nodes[i].move());
                moves.push(0, move);
                // A lower move is not converted by itself: the fast path takes it for the upper one's opposite.
                moves.push(0, -move);
            }
            (set.reach, set.highest, set.lowest) = (move, move, -move);
            for (uint256 i = MIDDLE_NODE; i < nodes.length; ++i) pushMove(set, 0, nodes[i].move());
            moves.spread();
            uint256[] memory places = new uint256[](stresses);
            set.stressPlaces = places;
            for (uint256 i = 0; i < stresses; ++i) {
                uint256 volatility = set.stressVolatilities[i];
                places[i] = ScenarioRowsLibrary.countAt(moves.row(volatility));
                pushMove(set, volatility, set.stresses[i].move());
            }
        }
    }

    /// @notice Makes room for the options of a portfolio. @param isTwisted Whether their expiries differ.
    function open(ScenarioSet memory set, ScenarioSums memory sums, bool isTwisted) internal pure {
        sums.isOpen = true;
        sums.isTwisted = isTwisted;
        sums.phase = isTwisted ? Phase.Nearest : Phase.Between;
        sums.rows = set.moves.emptied();
    }

    /// @notice To be called between the options of the nearest expiry and the others.
    function endNearest(ScenarioSums memory sums) internal pure {
        sums.phase = Phase.Between;
        addRepeated(sums);
        sums.nearest = sums.rows.copied();
    }

    /// @notice To be called between the others and the options of the farthest expiry.
    function beginFarthest(ScenarioSums memory sums) internal pure {
        sums.phase = Phase.Farthest;
        addRepeated(sums);
        sums.butFarthest = sums.rows.copied();
    }

    /// @notice To be called after the last option.
    function close(ScenarioSums memory sums) internal pure {
        addRepeated(sums);
    }

    /// @notice Adds a leg to all scenarios. Its volatilities ascend.
    function addOption(ScenarioSet memory set, ScenarioSums memory sums, OptionLeg memory leg) internal pure {
        unchecked {
            // Sizes are below 2^127 and prices below 2^116.
            int256 asset = toQuanta(leg.size * int256(set.spot));
            int256 strike = toQuanta(leg.size * int256(leg.strike));
            uint256 gross = sums.gross + FixedPointMathLib.abs(asset) + FixedPointMathLib.abs(strike);
            if (isBeyond(gross, leg, set.spot)) return addPlain(set, sums, leg);
            sums.gross = gross;
            int256 forward = (asset << 128) - strike;
            if (!leg.isCall) sums.linear -= forward;
            sums.frame.asset = asset << 128;
            sums.frame.strike = -6 * strike;
            addCall(set, sums, leg, forward);
        }
    }

    /// @notice Adds a leg, and writes down what it added. @param kept Whose `gross` stays 0 if the leg cannot be repeated.
    function addAndKeep(
        ScenarioSet memory set,
        ScenarioSums memory sums,
        OptionLeg memory leg,
        KeptOption memory kept
    ) internal pure {
        unchecked {
            // Without what is still to be repeated: it would be in both.
            if (!sums.snapshot.exists()) sums.snapshot = sums.rows.copied();
            (int256 linear, uint256 gross) = (sums.linear, sums.gross);
            kept.before = sums.snapshot;
            addOption(set, sums, leg);
            sums.snapshot = sums.rows.copied();
            kept.later = sums.snapshot;
            (kept.linear, kept.gross) = (sums.linear - linear, sums.gross - gross);
        }
    }

    /// @notice Adds what an option added to other sums of the same set, to the bit. @param position The option or its opposite.
    /// @return isDone False where the sums have no room left in the kernel's domain, and nothing is added.
    function repeat(
        ScenarioSums memory sums,
        KeptOption memory kept,
        Position position
    ) internal pure returns (bool isDone) {
        unchecked {
            int256 factor = kept.position == position ? int256(1) : -1;
            uint256 gross = sums.gross + kept.gross;
            if (gross > MAX_GROSS) return false;
            sums.gross = gross;
            sums.linear += factor * kept.linear;
            // Options that were added one after the other are repeated at once, from either end.
            bool isSameWay = sums.repeatedFactor == factor;
            if (isSameWay && sums.repeatedTo == kept.before) {
                sums.repeatedTo = kept.later;
            } else if (isSameWay && sums.repeatedFrom == kept.later) {
                sums.repeatedFrom = kept.before;
            } else {
                addRepeated(sums);
                (sums.repeatedFrom, sums.repeatedTo, sums.repeatedFactor) = (kept.before, kept.later, factor);
            }
            return true;
        }
    }

    function addRepeated(ScenarioSums memory sums) private pure {
        (ScenarioRows to, ScenarioRows from) = (sums.repeatedTo, sums.repeatedFrom);
        if (!to.exists()) return;
        if (sums.repeatedFactor > 0) sums.rows.addDifference(to, from);
        else sums.rows.addDifference(from, to);
        (sums.repeatedFactor, sums.repeatedTo, sums.snapshot) = (0, ScenarioRows.wrap(0), ScenarioRows.wrap(0));
    }

    /// @notice How far a value may be from the sum of the plain prices, USD WAD, rounded up: 3.3e-10 of Σ|size|·(spot + strike),
    /// and a few quanta, both times price/spot where the scenario's price is above the spot.
    function errorBound(
        ScenarioSet memory set,
        ScenarioSums memory sums,
        uint256 price
    ) internal pure returns (uint256) {
        unchecked {
            uint256 gross = (sums.gross * WAD) >> QUANTUM_BITS;
            uint256 atSpot = FixedPointMathLib.mulWadUp(gross, ERROR_SHARE) + QUANTA_ERROR;
            // Below 2^70 · 2^104.
            return price <= set.spot ? atSpot : FixedPointMathLib.divUp(atSpot * price, set.spot);
        }
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
            int256 half = int256((upper * (STEPS_PER_UNIT << 67)) / WAD);
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
            uint256 stride = set.moves.stride();
            uint256 moves = set.moves.row(0);
            uint256 row = sums.rows.row(0);
            Lattice memory lattice = set.lattice;
            Frame memory frame = sums.frame;
            uint256 inside = isInside ? PRICE_NODES : 0;
            TangentLattice.addRow(lattice, frame, moneyness, v[0], moves, row, inside);
            TangentLattice.addRow(lattice, frame, moneyness, v[1], moves + stride, row + stride, inside);
            TangentLattice.addRow(lattice, frame, moneyness, v[2], moves + 2 * stride, row + 2 * stride, inside);
        }
    }

    /// @dev Outside the kernel's domain: every scenario by itself.
    function addPlain(ScenarioSet memory set, ScenarioSums memory sums, OptionLeg memory leg) private pure {
        unchecked {
            uint256 columns = columnsOf(sums);
            uint256 cells = columns * set.nodes.length;
            if (sums.plain.length == 0) sums.plain = new int256[](cells + set.stresses.length);
            int256[] memory plain = sums.plain;
            uint256 cell = 0;
            for (uint256 i = 0; i < set.nodes.length; ++i) {
                for (uint256 j = 0; j < columns; ++j) {
                    plain[cell++] += plainValue(leg, set.nodes[i], volatilityOf(sums.phase, j));
                }
            }
            for (uint256 i = 0; i < set.stresses.length; ++i) {
                plain[cell++] += plainValue(leg, set.stresses[i], set.stressVolatilities[i]);
            }
        }
    }

    /// @dev At which volatility node an option stands in a column of `ScenarioProfits`.
    function volatilityOf(Phase phase, uint256 column) private pure returns (uint256) {
        unchecked {
            if (column < VOLATILITY_NODES) return column;
            // Two columns for the nearest expiry, then two for the farthest.
            bool isShocked = phase == (column < FARTHEST_COLUMN ? Phase.Nearest : Phase.Farthest);
            if (!isShocked) return MARK_VOLATILITY;
            return (column - VOLATILITY_NODES) % 2 == 0 ? LOWER_VOLATILITY : UPPER_VOLATILITY;
        }
    }

    /// @notice How many columns a price node has.
    function columnsOf(ScenarioSums memory sums) internal pure returns (uint256) {
        return sums.isTwisted ? TWISTED_COLUMNS : VOLATILITY_NODES;
    }

    function plainValue(OptionLeg memory leg, PriceNode node, uint256 volatility) private pure returns (int256) {
        unchecked {
            int256 moneyness = leg.logMoneyness + node.move();
            uint256 totalVolatility = leg.totalVolatilities[volatility];
            return leg.size * int256(Black76.price(leg.isCall, node.price(), leg.strike, moneyness, totalVolatility));
        }
    }

    /// @param move WAD.
    function pushMove(ScenarioSet memory set, uint256 volatility, int256 move) private pure {
        move = TangentLattice.toLattice(move);
        set.moves.push(volatility, move);
        if (move < set.lowest) set.lowest = move;
        if (move > set.highest) set.highest = move;
    }

    /// @dev Towards zero, so that a long and a short of the same size cancel.
    function toQuanta(int256 squaredWad) private pure returns (int256) {
        unchecked {
            return (squaredWad << (QUANTUM_BITS - 36)) / FIVE_TO_THE_36;
        }
    }
}
