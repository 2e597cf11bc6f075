// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IMarginModel, Portfolio } from "./IMarginEngine.sol";
import { Validity } from "./IPriceOracle.sol";

/// @notice Every scenario of the legs on one underlying. Profits in USD WAD, rounded down; moves in log price, WAD.
/// @param moves Of the price nodes: the grid from the lowest to the highest, the widened grid while the price is overdue, then strikes.
/// @param columns To each price node: lower, mark and upper volatility; with options of several expiries also the nearest alone at the
/// lower and at the upper volatility, and the farthest alone.
/// @param profits By price node, `columns` each. @param stressMoves Of the stress scenarios in use. @param stressProfits Unweighted.
struct Scenarios {
    int256[] moves;
    uint256 columns;
    int256[] profits;
    int256[] stressMoves;
    int256[] stressProfits;
}

/// @notice What one scenario proves of a portfolio, USD WAD.
/// @param equity No less than what `evaluate` says, and above it by twice the kernel's error bound at most.
/// @param initial Less it, equity is no less than in `evaluate`. Concentration, strike nodes and widened ranges are left out.
/// @param maintenance Likewise; without the scenario's loss where the node is beyond the maintenance range.
/// @param validity As `Risk.validity` of `evaluate`: what an invalid price says proves nothing.
struct Witness {
    int256 equity;
    uint256 initial;
    uint256 maintenance;
    Validity validity;
}

/// @title Scenario by scenario, what `IMarginEngine` computes of a portfolio.
/// @notice Stateless like the engine, and with its market data and code; the clearinghouse never calls it.
interface IMarginScenarios is IMarginModel {
    /// @notice There are `limit` price nodes and three volatility nodes.
    error UnknownScenario(uint256 node, uint256 volatility, uint256 limit);

    /// @notice A single scenario as a witness: what a portfolio needs at least, for a fraction of the cost of an evaluation. Who knows
    /// the worst scenario of an account proves with it that the account is below a requirement.
    /// @param node Price node of the grid, 0 (the lowest) to 12, at which all underlyings stand. @param volatility 0, 1 or 2: the lower,
    /// the mark or the upper volatility.
    function witness(
        Portfolio calldata portfolio,
        uint256 node,
        uint256 volatility
    ) external view returns (Witness memory);

    /// @notice What the legs on one underlying gain or lose in every scenario.
    function scenarios(Portfolio calldata portfolio, uint16 underlying) external view returns (Scenarios memory);
}
