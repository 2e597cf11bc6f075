// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { LegGuards } from "../../contracts/libraries/LegGuards.sol";

/// What holds of legs that pass. Amounts have 128 bits, so that no product reverts.
contract LegGuardsModel {
    using LegGuards for Risk;

    function twentiethOfTheRequirementIsRemoved(Risk memory before, uint256 removed) external pure {
        if (before.maintenance > type(uint128).max || removed > type(uint128).max) return;
        before.requireShare(removed);
        assert(20 * removed >= before.maintenance);
    }

    function halfOfWhatThePackageRequiresIsRemoved(Risk memory package, uint256 removed) external pure {
        if (package.maintenanceBeforeFloor > type(uint128).max || removed > type(uint128).max) return;
        package.requireOwnShare(removed);
        assert(2 * removed >= package.maintenanceBeforeFloor);
    }

    function largerTailIsCoveredByEquity(Risk memory before, Risk memory remaining) external pure {
        if (remaining.stressLoss <= before.stressLoss || remaining.stressLoss > type(uint128).max) return;
        before.requireTail(remaining);
        assert(remaining.equity > 0 && uint256(remaining.equity) >= remaining.stressLoss);
    }
}
