// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument } from "../types/Instrument.sol";
import { Position } from "../types/Position.sol";
import { ScenarioRows } from "./ScenarioRows.sol";

/// @notice An option that was added to the sums of one portfolio, kept for the others of the same evaluation.
/// @param position Instrument and size. @param before Rows of the sums without it. @param later With it. @param linear What it added to
/// those sums' `linear`. @param gross To their `gross`, never 0. @param others Those kept before: one, with its own others, or none.
struct KeptOption {
    Position position;
    ScenarioRows before;
    ScenarioRows later;
    int256 linear;
    uint256 gross;
    KeptOption[] others;
}

/// @title Finding options that have been valued before.
/// @notice Before and after a trade, of both its sides, of an account and of who takes its legs over: the portfolios of one evaluation
/// mostly hold the same options, or the opposite ones. What an option adds to the kernel's sums is linear in its size.
library KeptOptions {
    /// @return found A list that begins with that position or the opposite one; empty if neither was kept.
    function find(KeptOption[] memory list, Position position) internal pure returns (KeptOption[] memory found) {
        Instrument instrument = position.instrument();
        found = list;
        while (found.length != 0) {
            KeptOption memory kept = found[0];
            if (kept.position.instrument() == instrument) {
                if (kept.position == position || kept.position == position.opposite()) return found;
            }
            found = kept.others;
        }
    }
}
