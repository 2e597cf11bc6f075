// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";
import { Validity } from "./IPriceOracle.sol";

/// @notice A stored or hypothetical portfolio.
/// @param cash USD WAD, signed: the cash balance plus the entry values of the perpetuals (an entry value is what fills
/// would have moved in cash, so to margin it is cash).
/// @param positions At most `MAX_LEGS`, in any order; spot collateral is a position like any other.
struct Portfolio {
    int256 cash;
    Position[] positions;
}

/// @notice What one evaluation says of a portfolio. All amounts in USD WAD; equity rounded down, requirements up.
/// @param equity Cash and entry values plus every position at mark.
/// @param initial Requirement for anything that adds risk or takes value out. Never below `maintenance`.
/// @param maintenance Requirement below which the account may be liquidated, floor included.
/// @param maintenanceBeforeFloor The same without the account floor: what a package of legs contributes.
/// @param stressLoss The worst loss over the stress scenarios, unweighted; 0 if none loses.
/// @param validity The worst validity among the feeds that the portfolio depends on.
/// @param validSince Unix seconds since when all these feeds have been valid without an outage.
struct Risk {
    int256 equity;
    uint256 initial;
    uint256 maintenance;
    uint256 maintenanceBeforeFloor;
    uint256 stressLoss;
    Validity validity;
    uint40 validSince;
}

/// @title What reading a portfolio may refuse.
interface IMarginModel {
    /// @notice More than `MAX_LEGS` legs; of a bucket of the pool `legs` is how many it may hold.
    error TooManyLegs(uint256 legs);
    /// @notice The portfolio is on more than `limit` underlyings: close what is on one of them first, or use another account.
    error TooManyUnderlyings(uint256 limit);
    /// @notice The portfolio has options of more than `limit` expiries on the underlying: close one first, or use another account.
    error TooManyExpiries(uint16 underlying, uint256 limit);
    /// @notice The identifier's fields do not fit together. What is well formed but on an underlying that is not listed reverts
    /// `IMarkets.UnderlyingNotListed`.
    error UnknownInstrument(Instrument instrument);
    /// @notice The address does not hold the table of the scenario kernel.
    error InvalidKernelTable(address table);
}

/// @title Margin of whole portfolios by full revaluation over a nested scenario grid.
/// @notice Stateless: it reads market data and parameters, never balances, and prices any portfolio that is passed in.
interface IMarginEngine is IMarginModel {
    /// @notice Equity and both requirements of each portfolio, in one pass over shared market data.
    /// @dev Never reverts through price, time or volatility alone: a dead feed shows in `validity`. Cash adds its amount to
    /// equity; a debt makes a portfolio liable, as any derivative does, and cash has no other influence.
    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory);

    /// @notice Mark value of one unit, USD WAD, rounded down; the validity of the feeds behind it.
    function mark(Instrument instrument) external view returns (uint256 price, Validity validity);
}
