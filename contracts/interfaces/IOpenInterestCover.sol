// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title How much open interest somebody answers for with his money.
interface IOpenInterestCover {
    /// @notice Units long over all accounts on an underlying, WAD, rounded down. Reverts while there is no fresh price.
    function coveredOpenInterest(uint16 underlying) external view returns (uint256 units);
}
