// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { RiskParameters, Stress, Tier } from "../interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../types/Limits.sol";

/// @dev Price nodes at 0, ±⅓, ±⅔, ±1 of the maintenance range and at ⅓, ⅔, 1 of the way from there to the initial range.
uint256 constant PRICE_NODES = 13;
uint256 constant VOLATILITY_NODES = 3;
uint256 constant LOWER_VOLATILITY = 0;
uint256 constant MARK_VOLATILITY = 1;
uint256 constant UPPER_VOLATILITY = 2;
uint256 constant CELLS = PRICE_NODES * VOLATILITY_NODES;
/// @dev Price nodes below the first, or above the last, that the maintenance tier looks at.
uint256 constant OUTER_NODES = 3;
uint256 constant MIDDLE_NODE = 6;

/// @notice One price to revalue at. @param price USD WAD. @param move ln(price/spot), WAD.
struct PriceNode {
    uint256 price;
    int256 move;
}

/// @title Where a portfolio is revalued: one nested grid for both tiers, and the stress scenarios.
library ScenarioGrid {
    int256 private constant WAD = 1e18;
    uint256 private constant YEAR = 365 days;
    /// @dev The volatility nodes are quoted for this tenor; `exponentShort` holds below, `exponentLong` above.
    uint256 private constant REFERENCE_TENOR = 30 days;
    /// @dev Shorter options are shocked no harder than this tenor: below a day f would grow without bound.
    uint256 private constant SHORTEST_TENOR = 1 days;

    /// @notice Scan range x = clamp(z·σ·√((horizon + overdue)/1y), rangeMin, rangeMax) in log price, WAD.
    /// @param volatility Margin volatility σ of the tier, WAD. @param overdueSeconds How much older than its heartbeat the price is.
    function scanRange(Tier memory tier, uint256 volatility, uint256 overdueSeconds) internal pure returns (uint256) {
        uint256 horizon = uint256(tier.horizonSeconds) + overdueSeconds;
        uint256 perVolatility = (uint256(tier.z) * FixedPointMathLib.sqrt((horizon * 1e36) / YEAR)) / uint256(WAD);
        uint256 range = FixedPointMathLib.saturatingMul(perVolatility, volatility) / uint256(WAD);
        return FixedPointMathLib.clamp(range, tier.rangeMin, tier.rangeMax);
    }

    /// @notice The price nodes from the lowest to the highest.
    /// @param initialRange At least `maintenanceRange`.
    function priceNodes(
        uint256 spot,
        uint256 maintenanceRange,
        uint256 initialRange
    ) internal pure returns (PriceNode[] memory nodes) {
        nodes = new PriceNode[](PRICE_NODES);
        nodes[MIDDLE_NODE] = PriceNode(spot, 0);
        uint256 beyond = initialRange - maintenanceRange;
        for (uint256 third = 1; third <= OUTER_NODES; ++third) {
            setPair(nodes, spot, third, (maintenanceRange * third) / 3);
            setPair(nodes, spot, third + OUTER_NODES, maintenanceRange + (beyond * third) / 3);
        }
    }

    /// @notice The stress scenarios' prices, in the order of the parameters; unused ones too.
    function stressNodes(
        uint256 spot,
        Stress[MAX_STRESSES] memory stresses
    ) internal pure returns (PriceNode[] memory nodes) {
        nodes = new PriceNode[](MAX_STRESSES);
        for (uint256 i = 0; i < MAX_STRESSES; ++i) {
            int256 factor = WAD + stresses[i].move;
            nodes[i] = PriceNode((spot * uint256(factor)) / uint256(WAD), FixedPointMathLib.lnWad(factor));
        }
    }

    /// @notice What the volatility nodes multiply a mark volatility with: exp(−s·f) and exp(+s·f), WAD,
    /// f = (30d / max(T, 1d))^p, so that short options are shocked harder than long ones.
    function volatilityFactors(
        RiskParameters memory parameters,
        uint256 timeToExpirySeconds
    ) internal pure returns (uint256 down, uint256 up) {
        uint256 tenor = FixedPointMathLib.max(timeToExpirySeconds, SHORTEST_TENOR);
        uint256 exponent = tenor < REFERENCE_TENOR ? parameters.exponentShort : parameters.exponentLong;
        int256 logRatio = FixedPointMathLib.lnWad(int256((REFERENCE_TENOR * uint256(WAD)) / tenor));
        int256 scale = FixedPointMathLib.expWad((int256(exponent) * logRatio) / WAD);
        down = uint256(FixedPointMathLib.expWad(-(int256(uint256(parameters.volatilityDown)) * scale) / WAD));
        up = uint256(FixedPointMathLib.expWad((int256(uint256(parameters.volatilityUp)) * scale) / WAD));
    }

    function setPair(PriceNode[] memory nodes, uint256 spot, uint256 distance, uint256 move) private pure {
        nodes[MIDDLE_NODE - distance] = nodeAt(spot, -int256(move));
        nodes[MIDDLE_NODE + distance] = nodeAt(spot, int256(move));
    }

    function nodeAt(uint256 spot, int256 move) private pure returns (PriceNode memory) {
        return PriceNode((spot * uint256(FixedPointMathLib.expWad(move))) / uint256(WAD), move);
    }
}
