// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AuctionCurve } from "../../contracts/libraries/AuctionCurve.sol";
import { Test } from "../helpers/Test.sol";

contract AuctionCurveTest is Test {
    function test_rateAtThePublishedTimes() public pure {
        assertEq(AuctionCurve.rateDown(0), -0.01e18, "start");
        assertEq(AuctionCurve.rateDown(150), 0.145e18, "half of the fast part");
        assertEq(AuctionCurve.rateDown(300), 0.3e18, "5 minutes");
        assertEq(AuctionCurve.rateDown(300 + 1800), 0.65e18, "half of the slow part");
        assertEq(AuctionCurve.rateDown(3900), 1e18, "65 minutes");
        assertEq(AuctionCurve.rateDown(type(uint40).max), 1e18, "for ever");
    }

    function test_rateIsRoundedTowardsTheAccount() public pure {
        // 0.31e18 / 300 a second is not a whole number of units: 1033333333333333.33
        assertEq(AuctionCurve.rateDown(1), -0.01e18 + 1033333333333333);
        assertEq(AuctionCurve.rateDown(301), 0.3e18 + 194444444444444);
    }

    function testFuzz_rateNeverFalls(uint256 elapsed, uint256 more) public pure {
        elapsed = bound(elapsed, 0, 2 hours);
        more = bound(more, 0, 2 hours);
        assertLe(AuctionCurve.rateDown(elapsed), AuctionCurve.rateDown(elapsed + more));
    }

    function test_fastPartIsSteeper() public pure {
        int256 fast = AuctionCurve.rateDown(300) - AuctionCurve.rateDown(299);
        int256 slow = AuctionCurve.rateDown(301) - AuctionCurve.rateDown(300);
        assertGt(fast, 5 * slow);
    }

    function test_hasReachedIsExactToTheWei() public pure {
        assertTrue(AuctionCurve.hasReached(0.3e18, 30e18, 100e18), "equal");
        assertFalse(AuctionCurve.hasReached(0.3e18, 30e18 + 1, 100e18), "one wei of equity more");
        assertFalse(AuctionCurve.hasReached(0.3e18 - 1, 30e18, 100e18), "one unit of rate less");
        assertFalse(AuctionCurve.hasReached(-0.01e18, 1, 100e18), "negative rate, some equity");
    }

    function test_bankruptWithoutEquityAtOnceElseAfterTheSecondPeriod() public pure {
        assertTrue(AuctionCurve.isBankrupt(-1, 0), "negative");
        assertTrue(AuctionCurve.isBankrupt(0, 0), "nothing left");
        assertFalse(AuctionCurve.isBankrupt(1, 2 hours), "last second of the second period");
        assertTrue(AuctionCurve.isBankrupt(1, 2 hours + 1), "over");
    }

    function test_bankruptcyPaymentRisesFromTheEquityToTheRequirement() public pure {
        assertEq(AuctionCurve.bankruptcyPaymentDown(-50e18, 100e18, 0), 0, "deficit, start");
        assertEq(AuctionCurve.bankruptcyPaymentDown(-50e18, 100e18, 15 minutes), 25e18, "deficit, a quarter");
        assertEq(AuctionCurve.bankruptcyPaymentDown(-50e18, 100e18, 60 minutes), 100e18, "deficit, end");
        assertEq(AuctionCurve.bankruptcyPaymentDown(-50e18, 100e18, 9 hours), 100e18, "deficit, for ever");
        assertEq(AuctionCurve.bankruptcyPaymentDown(20e18, 100e18, 2 hours), 20e18, "equity, period just over");
        assertEq(AuctionCurve.bankruptcyPaymentDown(20e18, 100e18, 2 hours + 30 minutes), 60e18, "equity, half");
        assertEq(AuctionCurve.bankruptcyPaymentDown(20e18, 100e18, 3 hours), 100e18, "equity, end");
    }

    function testFuzz_bankruptcyPaymentStaysBetweenEquityAndRequirement(
        int256 equity,
        uint256 requirement,
        uint256 elapsed
    ) public pure {
        requirement = bound(requirement, 1, 1e36);
        equity = bound(equity, -1e36, int256(requirement) - 1);
        elapsed = bound(elapsed, 0, 4 hours);
        uint256 payment = AuctionCurve.bankruptcyPaymentDown(equity, requirement, elapsed);
        assertGe(int256(payment), equity, "below equity");
        assertLe(payment, requirement, "above requirement");
        assertLe(payment, AuctionCurve.bankruptcyPaymentDown(equity, requirement, elapsed + 1), "falls");
    }
}
