// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { AuctionCurve } from "../../contracts/libraries/AuctionCurve.sol";
import { LegGuards } from "../../contracts/libraries/LegGuards.sol";
import { SignedWad } from "../../contracts/libraries/SignedWad.sol";

/// What does not hold: a checker that does not refute it proves nothing.
contract ControlModel {
    using LegGuards for Risk;

    function rateIsAlwaysBelowOne(uint256 elapsed) external pure {
        assert(AuctionCurve.rateDown(elapsed) < 1e18);
    }

    function bankruptcyPaymentIsBelowTheRequirement(int256 equity, uint256 requirement, uint256 elapsed) external pure {
        if (equity >= 0 && uint256(equity) >= requirement) return;
        assert(AuctionCurve.bankruptcyPaymentDown(equity, requirement, elapsed) < requirement);
    }

    function tenthOfTheRequirementIsRemoved(Risk memory before, uint256 removed) external pure {
        if (before.maintenance > type(uint128).max || removed > type(uint128).max) return;
        before.requireShare(removed);
        assert(10 * removed >= before.maintenance);
    }

    function quotientIsExact(int256 x) external pure {
        assert(SignedWad.fromSquareDown(x) * 1e18 == x);
    }
}
