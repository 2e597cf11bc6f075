// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AuctionCurve } from "../../contracts/libraries/AuctionCurve.sol";

/// What holds of auctions at any time, for any account.
contract AuctionCurveModel {
    function rateIsBounded(uint256 elapsed) external pure {
        int256 rate = AuctionCurve.rateDown(elapsed);
        assert(rate >= -0.01e18 && rate <= 1e18);
    }

    function rateNeverFalls(uint256 earlier, uint256 later) external pure {
        if (earlier > later) return;
        assert(AuctionCurve.rateDown(earlier) <= AuctionCurve.rateDown(later));
    }

    function rateEndsAtOne(uint256 elapsed) external pure {
        if (elapsed < 65 minutes) return;
        assert(AuctionCurve.rateDown(elapsed) == 1e18);
    }

    function bankruptcyPaymentIsBounded(int256 equity, uint256 requirement, uint256 elapsed) external pure {
        if (equity >= 0 && uint256(equity) >= requirement) return;
        uint256 payment = AuctionCurve.bankruptcyPaymentDown(equity, requirement, elapsed);
        assert(payment <= requirement);
    }

    function bankruptcyPaymentIsAtLeastTheEquity(int256 equity, uint256 requirement, uint256 elapsed) external pure {
        if (equity < 0 || uint256(equity) >= requirement) return;
        assert(AuctionCurve.bankruptcyPaymentDown(equity, requirement, elapsed) >= uint256(equity));
    }

    function solventAccountIsNotBankruptInTheFirstTwoHours(int256 equity, uint256 elapsed) external pure {
        if (equity <= 0 || elapsed > 2 hours) return;
        assert(!AuctionCurve.isBankrupt(equity, elapsed));
    }
}
