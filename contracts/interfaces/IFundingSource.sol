// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Where the rate of funding comes from.
interface IFundingSource {
    /// @notice What longs of the underlying's perpetual pay a year as a share of its value, WAD; negative: shorts pay.
    function fundingRate(uint16 underlying) external view returns (int256 ratePerYear);
}
