// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IVolatilityOracle, MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

/// The one way in which the stressed peak falls.
contract VolatilityOracleStressedTest is OracleTest {
    uint256 private constant STEP_SECONDS = 7 days;
    uint256 private constant LOWER = 1.863e18;

    function assertOutOfBounds(uint256 value, uint256 least, uint256 most) private {
        bytes4 selector = IVolatilityOracle.OutOfBounds.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, bytes32("stressed"), value, least, most));
        oracle.lowerStressed(ETH, value);
    }

    function test_oneStepLowersThePeakByATenth() public {
        assertOutOfBounds(LOWER - 1, LOWER, STRESSED);
        assertOutOfBounds(STRESSED + 1, LOWER, STRESSED);
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.StressedLowered(ETH, STRESSED, LOWER);
        oracle.lowerStressed(ETH, LOWER);
        assertEq(oracle.marginVolatility(ETH).stressed, LOWER);
    }

    function test_stepsAreAWeekApart() public {
        oracle.lowerStressed(ETH, LOWER);
        skip(STEP_SECONDS - 1);
        bytes4 tooEarly = IVolatilityOracle.StressedStepTooEarly.selector;
        vm.expectRevert(abi.encodeWithSelector(tooEarly, ETH, uint40(START + STEP_SECONDS)));
        oracle.lowerStressed(ETH, LOWER - 1);
        skip(1);
        oracle.lowerStressed(ETH, LOWER - 1);
        assertEq(oracle.marginVolatility(ETH).stressed, LOWER - 1);
    }

    /// Initial falls to the lower target by its half-life, maintenance, which it relieves, at once.
    function test_initialFallsByItsHalfLifeOnly() public {
        MarginVolatility memory before = oracle.marginVolatility(ETH);
        oracle.lowerStressed(ETH, LOWER);
        MarginVolatility memory after_ = oracle.marginVolatility(ETH);
        assertEq(after_.initial, before.initial);
        assertEq(after_.maintenance, after_.target);
        assertApproxEqAbs(after_.target, before.target - (0.4e18 * (STRESSED - LOWER)) / 1e18, 2);
        skip(72 hours);
        after_ = oracle.marginVolatility(ETH);
        assertApproxEqAbs(after_.initial - after_.target, (before.initial - after_.target) / 2, 0.02e18);
    }

    function test_neverBelowWhatIsObserved() public {
        pushAfter(60, 1100e8);
        pushAfter(60, 2000e8);
        pushAfter(60, 1100e8);
        pushAfter(60, 2000e8);
        pushAfter(60, 1100e8);
        oracle.walk(ETH, 128);
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertGt(volatility.observed, (STRESSED * 9) / 10, "fixture");
        assertOutOfBounds(volatility.observed - 1, volatility.observed, volatility.stressed);
        oracle.lowerStressed(ETH, volatility.observed);
    }

    /// However often governance steps, never under the lowest volatility that could have been seeded.
    function test_neverBelowTheSeedBound() public {
        uint256 stressed = STRESSED;
        for (uint256 i = 0; i < 60; ++i) {
            skip(STEP_SECONDS * 10);
            uint256 least = (stressed * 9 + 9) / 10;
            uint256 observed = oracle.marginVolatility(ETH).observed;
            if (least < observed) least = observed;
            if (least < 0.05e18) least = 0.05e18;
            oracle.lowerStressed(ETH, least);
            stressed = least;
        }
        assertEq(stressed, 0.05e18);
        skip(STEP_SECONDS);
        assertOutOfBounds(0.05e18 - 1, 0.05e18, 0.05e18);
    }

    function test_pendingRoundsComeFirst() public {
        pushAfter(60, 1900e8);
        oracle.lowerStressed(ETH, LOWER);
        (uint80 round, , ) = oracle.cursor(ETH);
        assertEq(uint64(round), 2, "walked");
        for (uint256 i = 0; i < 130; ++i) pushAfter(10, ETH_PRICE);
        skip(STEP_SECONDS);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.RoundsPending.selector, ETH));
        oracle.lowerStressed(ETH, LOWER);
    }

    function test_aPeakThatIsObservedAgainIsBack() public {
        oracle.lowerStressed(ETH, LOWER);
        for (uint256 i = 0; i < 8; ++i) pushAfter(60, i % 2 == 0 ? int256(1000e8) : ETH_PRICE);
        oracle.walk(ETH, 128);
        assertGt(oracle.marginVolatility(ETH).stressed, STRESSED);
    }
}
