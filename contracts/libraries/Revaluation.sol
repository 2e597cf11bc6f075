// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Stress } from "../interfaces/IMarkets.sol";
import { MAX_STRESSES } from "../types/Limits.sol";
import { Black76 } from "./Black76.sol";
import { PRICE_NODES, PriceNode, VOLATILITY_NODES } from "./ScenarioGrid.sol";

/// @notice One option leg, with all that does not change from scenario to scenario. Sticky strike: the volatilities stay.
/// @param size Units, WAD, signed. @param logMoneyness ln(S/K) at the spot, WAD.
/// @param totalVolatilities σ√T at the lower, the mark and the upper volatility node, WAD.
/// @param mark Price now, USD WAD.
struct OptionLeg {
    bool isCall;
    int256 size;
    uint256 strike;
    int256 logMoneyness;
    uint256[VOLATILITY_NODES] totalVolatilities;
    uint256 mark;
}

/// @title Full revaluation of legs in every scenario.
/// @notice Profits are sums of size·(price − mark) in squared WAD, exact; they are rounded once, when all legs are in.
/// Sizes are below 2^127 and prices below 1e32, so a sum over `MAX_LEGS` stays below 1e73.
library Revaluation {
    /// @notice Adds an option's profit in each cell to `profits`: price node major, volatility node minor.
    function addOptionToGrid(int256[] memory profits, PriceNode[] memory nodes, OptionLeg memory leg) internal pure {
        unchecked {
            for (uint256 volatility = 0; volatility < VOLATILITY_NODES; ++volatility) {
                uint256 totalVolatility = leg.totalVolatilities[volatility];
                for (uint256 node = 0; node < PRICE_NODES; ++node) {
                    profits[node * VOLATILITY_NODES + volatility] += profit(leg, nodes[node], totalVolatility);
                }
            }
        }
    }

    /// @notice Adds an option's profit in each stress scenario that is in use.
    function addOptionToStresses(
        int256[] memory profits,
        PriceNode[] memory nodes,
        Stress[MAX_STRESSES] memory stresses,
        OptionLeg memory leg
    ) internal pure {
        unchecked {
            for (uint256 i = 0; i < MAX_STRESSES; ++i) {
                if (stresses[i].initialWeight == 0) continue;
                uint256 volatility = uint256(int256(stresses[i].volatilityNode) + 1);
                profits[i] += profit(leg, nodes[i], leg.totalVolatilities[volatility]);
            }
        }
    }

    /// @notice Adds the profit of `size` units of the underlying itself, which every volatility leaves alone.
    /// @param volatilities Cells for each price node: `VOLATILITY_NODES` in a grid, 1 among the stress scenarios.
    function addLinear(
        int256[] memory profits,
        PriceNode[] memory nodes,
        uint256 spot,
        int256 size,
        uint256 volatilities
    ) internal pure {
        unchecked {
            for (uint256 cell = 0; cell < profits.length; ++cell) {
                profits[cell] += size * (int256(nodes[cell / volatilities].price) - int256(spot));
            }
        }
    }

    function profit(
        OptionLeg memory leg,
        PriceNode memory node,
        uint256 totalVolatility
    ) private pure returns (int256) {
        unchecked {
            int256 logMoneyness = leg.logMoneyness + node.move;
            uint256 price = Black76.price(leg.isCall, node.price, leg.strike, logMoneyness, totalVolatility);
            return leg.size * (int256(price) - int256(leg.mark));
        }
    }
}
