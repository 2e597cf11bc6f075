// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";

/// @title What is required on top of the scan loss, the same in both tiers. USD WAD, rounded up.
library MarginAddOns {
    /// @notice For each option unit that is short, a share of spot: a far short loses a quarter of spot and more in a
    /// crash and next to nothing on the grid.
    /// @param shortUnits Units short, WAD, long ones not set off. @param rate WAD.
    function shortOptionMinimum(uint256 shortUnits, uint256 spot, uint256 rate) internal pure returns (uint256) {
        return FixedPointMathLib.mulWadUp(FixedPointMathLib.mulWadUp(shortUnits, spot), rate);
    }

    /// @notice For collateral held, the share of its value that selling it in haste may cost.
    /// @param value Of a long spot position, USD WAD. @param rate WAD.
    function haircut(uint256 value, uint256 rate) internal pure returns (uint256) {
        return FixedPointMathLib.mulWadUp(value, rate);
    }

    /// @notice The least requirement of an account with a debt or a derivative: every liquidation is worth its gas.
    function withFloor(uint256 requirement, uint256 floor, bool isLiable) internal pure returns (uint256) {
        return isLiable ? FixedPointMathLib.max(requirement, floor) : requirement;
    }
}
