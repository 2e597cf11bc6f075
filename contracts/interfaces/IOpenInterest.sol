// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title What the margin engine needs to know of the size of a market.
interface IOpenInterest {
    /// @notice Slow average of the units long over all accounts, derivatives on the underlying only, WAD, rounded towards
    /// its last value: it moves towards the units held by the share min(dt, 1 day)/1 day of the difference.
    /// @dev Readable while the clearinghouse is locked, unlike everything else, because the engine reads it inside a
    /// batch. Harmless: after the first change in a block dt is 0, so nothing that a batch does moves it.
    function averageOpenInterest(uint16 underlying) external view returns (uint256 units);
}
