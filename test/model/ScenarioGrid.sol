// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { PRICE_NODES, ScenarioGrid } from "../../contracts/libraries/ScenarioGrid.sol";

/// What holds of the places of the price nodes, lowest first.
contract ScenarioGridModel {
    function placeIsOnTheGrid(uint256 index) external pure {
        if (index >= PRICE_NODES) return;
        assert(ScenarioGrid.fromLowest(index) < PRICE_NODES);
    }

    function placeIsTakenOnce(uint256 index, uint256 other) external pure {
        if (index >= PRICE_NODES || other >= PRICE_NODES || index == other) return;
        assert(ScenarioGrid.fromLowest(index) != ScenarioGrid.fromLowest(other));
    }

    function nodeBelowStandsAfterTheOneAbove(uint256 index) external pure {
        if (index >= PRICE_NODES / 2) return;
        assert(ScenarioGrid.fromLowest(index) == ScenarioGrid.fromLowest(PRICE_NODES - 1 - index) + 1);
    }

    function maintenanceRangeHasNoGap(uint256 index) external pure {
        if (index >= PRICE_NODES) return;
        assert(ScenarioGrid.isInner(ScenarioGrid.fromLowest(index)) == (index >= 3 && index <= 9));
    }
}
