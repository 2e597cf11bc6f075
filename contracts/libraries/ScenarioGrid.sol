// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { VolatilitySnapshot } from "../interfaces/IVolatilityOracle.sol";
import { MAX_STRESSES } from "../types/Limits.sol";
import { PriceNode, toPriceNode } from "../types/PriceNode.sol";
import { RiskWords, ShockWord, StressWord, TierWord } from "../types/RiskWords.sol";
import { Logarithm } from "./Logarithm.sol";
import { SquareRoot } from "./SquareRoot.sol";

/// @dev Price nodes at ±⅓, ±⅔, ±1 of the maintenance range, at ⅓, ⅔, 1 of the way from there to the initial range, and at 0: in pairs from the
/// nearest to the farthest, upper before lower, and then the middle.
uint256 constant PRICE_NODES = 13;
uint256 constant NEAREST_ABOVE = 0;
uint256 constant NEAREST_BELOW = 1;
uint256 constant MIDDLE_NODE = 12;
/// @dev Nodes of the maintenance range, the middle apart.
uint256 constant INNER_NODES = 6;
uint256 constant VOLATILITY_NODES = 3;
uint256 constant LOWER_VOLATILITY = 0;
uint256 constant MARK_VOLATILITY = 1;
uint256 constant UPPER_VOLATILITY = 2;
uint256 constant CELLS = PRICE_NODES * VOLATILITY_NODES;
/// @notice Scan ranges of both tiers, log price, WAD, multiples of the spacing of their nodes. @param initial At least `maintenance`.
struct Ranges {
    uint256 maintenance;
    uint256 initial;
}

/// @title Where a portfolio is revalued: one nested grid for both tiers, and the stress scenarios.
library ScenarioGrid {
    int256 private constant WAD = 1e18;
    uint256 private constant YEAR = 365 days;
    /// @dev The volatility nodes are quoted for this tenor; `exponentShort` holds below, `exponentLong` above.
    uint256 private constant REFERENCE_TENOR = 30 days;
    /// @dev Shorter options are shocked no harder than this tenor: below a day f would grow without bound.
    uint256 private constant SHORTEST_TENOR = 1 days;

    /// @notice Scan ranges x = clamp(z·σ·√((horizon + overdue)/1y), rangeMin, rangeMax), rounded down to three equal steps. Whatever the
    /// two volatilities are, the initial range contains the maintenance range.
    /// @param volatilities Margin volatility σ of each tier. @param overdueSeconds How much older than its heartbeat the price is.
    function rangesOf(
        RiskWords memory parameters,
        VolatilitySnapshot memory volatilities,
        uint256 overdueSeconds
    ) internal pure returns (Ranges memory ranges) {
        unchecked {
            uint256 maintenance = scanRange(parameters.maintenance, volatilities.maintenance, overdueSeconds);
            uint256 initial = scanRange(parameters.initial, volatilities.initial, overdueSeconds);
            ranges.maintenance = maintenance - (maintenance % 3);
            uint256 beyond = FixedPointMathLib.zeroFloorSub(initial, ranges.maintenance);
            ranges.initial = ranges.maintenance + beyond - (beyond % 3);
        }
    }

    /// @notice Writes the price nodes of a grid. @param nodes Has empty ones from `offset` on.
    function setGrid(PriceNode[] memory nodes, uint256 offset, uint256 spot, Ranges memory ranges) internal pure {
        unchecked {
            nodes[offset + MIDDLE_NODE] = toPriceNode(spot, 0);
            int256 step = int256(ranges.maintenance) / 3;
            int256 growth = FixedPointMathLib.expWad(step);
            int256 factor = WAD;
            int256 move = 0;
            for (uint256 i = 0; i < MIDDLE_NODE; i += 2) {
                if (i == INNER_NODES) {
                    step = int256(ranges.initial - ranges.maintenance) / 3;
                    growth = FixedPointMathLib.expWad(step);
                }
                factor = FixedPointMathLib.rawSDiv(factor * growth, WAD);
                move += step;
                uint256 above = (spot * uint256(factor)) / uint256(WAD);
                uint256 below = FixedPointMathLib.rawDiv(spot * uint256(WAD), uint256(factor));
                nodes[offset + i] = toPriceNode(above, move);
                nodes[offset + i + 1] = toPriceNode(below, -move);
            }
        }
    }

    /// @notice Whether a node of the grid is of the maintenance range.
    function isInner(uint256 node) internal pure returns (bool) {
        return node < INNER_NODES || node == MIDDLE_NODE;
    }

    /// @notice The place of a node of the grid that is counted from the lowest, 0, to the highest.
    function fromLowest(uint256 index) internal pure returns (uint256) {
        unchecked {
            uint256 half = MIDDLE_NODE / 2;
            if (index == half) return MIDDLE_NODE;
            return index < half ? 2 * (half - index) - 1 : 2 * (index - half - 1);
        }
    }

    /// @notice How many stress scenarios are in use: those before the first without a weight.
    function usedStresses(StressWord[MAX_STRESSES] memory stresses) internal pure returns (uint256 count) {
        unchecked {
            while (count < MAX_STRESSES && !stresses[count].isUnused()) ++count;
        }
    }

    /// @notice The prices of the stress scenarios in use, in the order of the parameters.
    function stressNodes(
        uint256 spot,
        StressWord[MAX_STRESSES] memory stresses
    ) internal pure returns (PriceNode[] memory nodes) {
        unchecked {
            nodes = new PriceNode[](usedStresses(stresses));
            for (uint256 i = 0; i < nodes.length; ++i) {
                int256 factor = WAD + stresses[i].move();
                nodes[i] = toPriceNode((spot * uint256(factor)) / uint256(WAD), Logarithm.lnWad(uint256(factor)));
            }
        }
    }

    /// @notice What the volatility nodes multiply a mark volatility with: exp(−s·f) and exp(+s·f), WAD,
    /// f = (30d / max(T, 1d))^p, so that short options are shocked harder than long ones.
    function volatilityFactors(
        ShockWord shocks,
        uint256 timeToExpirySeconds
    ) internal pure returns (uint256 down, uint256 up) {
        unchecked {
            uint256 tenor = FixedPointMathLib.max(timeToExpirySeconds, SHORTEST_TENOR);
            uint256 exponent = tenor < REFERENCE_TENOR ? shocks.exponentShort() : shocks.exponentLong();
            int256 logRatio = Logarithm.lnWad((REFERENCE_TENOR * uint256(WAD)) / tenor);
            int256 scale = FixedPointMathLib.expWad((int256(exponent) * logRatio) / WAD);
            down = uint256(FixedPointMathLib.expWad(-(int256(shocks.down()) * scale) / WAD));
            up = uint256(FixedPointMathLib.expWad((int256(shocks.up()) * scale) / WAD));
        }
    }

    function scanRange(TierWord tier, uint256 volatility, uint256 overdueSeconds) private pure returns (uint256) {
        unchecked {
            uint256 horizon = tier.horizonSeconds() + overdueSeconds;
            uint256 perVolatility = (tier.z() * SquareRoot.sqrt((horizon * 1e36) / YEAR)) / uint256(WAD);
            uint256 range = FixedPointMathLib.saturatingMul(perVolatility, volatility) / uint256(WAD);
            return FixedPointMathLib.clamp(range, tier.rangeMin(), tier.rangeMax());
        }
    }
}
