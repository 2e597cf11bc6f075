// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Why legs that somebody chose are not given to him. Requirements at the maintenance tier, USD WAD.
interface ILegGuards {
    /// @notice The package would remove less than half of its own requirement: it strips a hedge.
    error HedgeStripped(uint256 requirementRemoved, uint256 packageRequirement);
    /// @notice Less than the published share of the requirement.
    error TooSmall(uint256 requirementRemoved, uint256 requirement);
    /// @notice The worst stress loss would rise, and exceed the equity.
    error TailWorsened(uint256 stressLossBefore, uint256 stressLossAfter, int256 equityAfter);
}
