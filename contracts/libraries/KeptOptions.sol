// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Position } from "../types/Position.sol";
import { ScenarioRows } from "./ScenarioRows.sol";

/// @notice An option that was added to the sums of one portfolio, kept for the others of the same evaluation.
/// @param position Instrument and size. @param others Those kept before: one, with its own others, or none. @param before Rows of the sums
/// without it. @param later With it. @param linear What it added to those sums' `linear`. @param gross To their `gross`, never 0.
struct KeptOption {
    Position position;
    KeptOption[] others;
    ScenarioRows before;
    ScenarioRows later;
    int256 linear;
    uint256 gross;
}

/// @title Finding options that have been valued before.
/// @notice Before and after a trade, of both its sides, of an account and of who takes its legs over: the portfolios of one evaluation
/// mostly hold the same options, or the opposite ones. What an option adds to the kernel's sums is linear in its size.
library KeptOptions {
    /// @return found A list that begins with that position or the opposite one; empty if neither was kept.
    /// @dev Part of the kernel, and in assembly like it: checks of the index 0 would cost as much as all else.
    function find(KeptOption[] memory list, Position position) internal pure returns (KeptOption[] memory found) {
        Position opposite = position.opposite();
        assembly ("memory-safe") {
            found := list
            for {} mload(found) {} {
                let option := mload(add(found, 0x20))
                let kept := mload(option)
                if or(eq(kept, position), eq(kept, opposite)) {
                    break
                }
                found := mload(add(option, 0x20))
            }
        }
    }
}
