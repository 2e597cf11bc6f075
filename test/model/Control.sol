// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AuctionCurve } from "../../contracts/libraries/AuctionCurve.sol";

/// What does not hold: a checker that does not refute it proves nothing.
contract ControlModel {
    function rateIsAlwaysBelowOne(uint256 elapsed) external pure {
        assert(AuctionCurve.rateDown(elapsed) < 1e18);
    }

    function bankruptcyPaymentIsBelowTheRequirement(int256 equity, uint256 requirement, uint256 elapsed) external pure {
        if (equity >= 0 && uint256(equity) >= requirement) return;
        assert(AuctionCurve.bankruptcyPaymentDown(equity, requirement, elapsed) < requirement);
    }
}
