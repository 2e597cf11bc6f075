// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Who brings the funding of perpetuals up to date.
interface IFundingAccrual {
    /// @notice Adds to the funding index of an underlying what has accrued until now at the rate so far. Anyone.
    function accrueFunding(uint16 underlying) external;
}
