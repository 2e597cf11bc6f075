// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { MarginAddOns } from "../../contracts/libraries/MarginAddOns.sol";
import { Test } from "../helpers/Test.sol";

/// The shapes of what is required on top of the scan loss: nothing at nothing, rising, without a jump, and no gain from splitting.
contract MarginAddOnsTest is Test {
    uint256 private constant WAD = 1e18;
    /// A hundred billion USD.
    uint256 private constant MAX_USD = 1e29;
    uint256 private constant MAX_UNITS = 1e30;
    uint256 private constant MAX_SPOT = 1e26;

    function testFuzz_TheShortOptionMinimumIsAShareOfSpotRoundedUp(
        uint256 units,
        uint256 spot,
        uint256 rate
    ) external pure {
        (units, spot, rate) = (bound(units, 0, MAX_UNITS), bound(spot, 0, MAX_SPOT), bound(rate, 0, WAD));
        uint256 required = MarginAddOns.shortOptionMinimum(units, spot, rate);
        uint256 exact = (((units * spot) / WAD) * rate) / WAD;
        assertGe(required, exact);
        assertLe(required, exact + 2);
    }

    function testFuzz_TheShortOptionMinimumRisesAndGainsNothingBySplitting(
        uint256 a,
        uint256 b,
        uint256 spot,
        uint256 rate
    ) external pure {
        (a, b, spot) = (bound(a, 0, MAX_UNITS), bound(b, 0, MAX_UNITS), bound(spot, 0, MAX_SPOT));
        rate = bound(rate, 0.01e18, 0.2e18);
        uint256 whole = MarginAddOns.shortOptionMinimum(a + b, spot, rate);
        uint256 part = MarginAddOns.shortOptionMinimum(a, spot, rate);
        uint256 other = MarginAddOns.shortOptionMinimum(b, spot, rate);
        assertGe(whole, part);
        assertLe(whole, part + other);
        assertGe(whole + 2, part + other, "linear");
    }

    function testFuzz_TheHaircutIsAShareOfTheValueRoundedUp(uint256 value, uint256 rate) external pure {
        (value, rate) = (bound(value, 0, MAX_USD), bound(rate, 0, 0.5e18));
        uint256 required = MarginAddOns.haircut(value, rate);
        assertGe(required * WAD, value * rate);
        assertLt(required * WAD, value * rate + WAD);
    }

    function testFuzz_TheHaircutGainsNothingBySplitting(uint256 a, uint256 b, uint256 rate) external pure {
        (a, b, rate) = (bound(a, 0, MAX_USD), bound(b, 0, MAX_USD), bound(rate, 0, 0.5e18));
        uint256 whole = MarginAddOns.haircut(a + b, rate);
        assertGe(whole, MarginAddOns.haircut(a, rate));
        assertLe(whole, MarginAddOns.haircut(a, rate) + MarginAddOns.haircut(b, rate));
    }

    function test_NothingNeedsNothing() external pure {
        assertEq(MarginAddOns.shortOptionMinimum(0, 2_000e18, 0.03e18), 0);
        assertEq(MarginAddOns.haircut(0, 0.02e18), 0);
        assertEq(MarginAddOns.concentration(0, 1e27, 1e24, 0.02e18), 0);
        assertEq(MarginAddOns.concentration(0, 0, 0, 0.02e18), 0, "no depth, no exposure");
        assertEq(MarginAddOns.concentration(1e24, 1e27, 1e24, 0), 0);
        assertEq(MarginAddOns.pinCharge(2_000e18, 0.01e18, 0.02e18, 0, 1e18), 0);
        assertEq(MarginAddOns.pinCharge(2_000e18, 0.01e18, 0.02e18, 1e18, 0), 0);
        assertEq(MarginAddOns.pinCharge(2_000e18, 0, 0.02e18, 1e18, 1e18), 0);
    }

    /// κ·x·√(x/depth) = 0.02·4e6·√(4e6/1e6) = 160,000; with the others at 9e6, 0.02·4e6·√9 = 240,000.
    function test_ConcentrationByHand() external pure {
        assertApproxEqAbs(MarginAddOns.concentration(4e24, 0, 1e24, 0.02e18), 160_000e18, 1e5);
        assertApproxEqAbs(MarginAddOns.concentration(4e24, 9e24, 1e24, 0.02e18), 240_000e18, 1e5);
        assertGt(MarginAddOns.concentration(4e24, 0, 1e24, 0.02e18), 160_000e18, "rounded up");
    }

    /// What one charge is rounded up by: the root by 1e-9 at most, where what it is taken of is a wei, and three wei.
    function concentrationRounding(uint256 exposure, uint256 rate) private pure returns (uint256) {
        return ((exposure / 1e9) * rate) / WAD + 3;
    }

    function testFuzz_ConcentrationRisesWithExposureAndOthersAndFallsWithDepth(
        uint256 exposure,
        uint256 others,
        uint256 depth,
        uint256 more
    ) external pure {
        (exposure, others) = (bound(exposure, 0, MAX_USD), bound(others, 0, MAX_USD));
        (depth, more) = (bound(depth, 1, MAX_USD), bound(more, 0, MAX_USD));
        uint256 required = MarginAddOns.concentration(exposure, others, depth, 0.02e18);
        assertGe(MarginAddOns.concentration(exposure + more, others, depth, 0.02e18), required);
        assertGe(MarginAddOns.concentration(exposure, others + more, depth, 0.02e18), required);
        assertLe(MarginAddOns.concentration(exposure, others, depth + more, 0.02e18), required);
    }

    function testFuzz_ConcentrationIsConvexInTheExposure(
        uint256 a,
        uint256 b,
        uint256 others,
        uint256 depth,
        uint256 rate
    ) external pure {
        (a, b, others) = (bound(a, 0, MAX_USD), bound(b, 0, MAX_USD), bound(others, 0, MAX_USD));
        (depth, rate) = (bound(depth, WAD, MAX_USD), bound(rate, 0, 0.25e18));
        uint256 middle = MarginAddOns.concentration((a + b) / 2, others, depth, rate);
        uint256 ends = MarginAddOns.concentration(a, others, depth, rate);
        ends += MarginAddOns.concentration(b, others, depth, rate);
        assertLe(2 * middle, ends + 2 * concentrationRounding((a + b) / 2, rate));
    }

    /// The slope is 3/2·κ·√(x/depth) while x is larger than the others, else κ·√(others/depth).
    function testFuzz_ConcentrationDoesNotJump(
        uint256 exposure,
        uint256 step,
        uint256 others,
        uint256 depth,
        uint256 rate
    ) external pure {
        (exposure, others) = (bound(exposure, 0, MAX_USD), bound(others, 0, MAX_USD));
        (step, depth) = (bound(step, 1, 1e18), bound(depth, WAD, MAX_USD));
        rate = bound(rate, 0, 0.25e18);
        uint256 next = MarginAddOns.concentration(exposure + step, others, depth, rate);
        uint256 largest = FixedPointMathLib.max(exposure + step, others);
        uint256 root = FixedPointMathLib.sqrt((largest * 1e36) / depth) + 1;
        uint256 rise = (((3 * step * rate) / 2 / WAD + 1) * root) / WAD + 1;
        uint256 allowed = MarginAddOns.concentration(exposure, others, depth, rate) + rise;
        assertLe(next, allowed + concentrationRounding(exposure + step, rate));
    }

    /// Beside what the market holds altogether the charge is linear.
    function testFuzz_ConcentrationGainsNothingBySplittingAmongOthers(
        uint256 a,
        uint256 b,
        uint256 others,
        uint256 depth,
        uint256 rate
    ) external pure {
        (a, b, depth) = (bound(a, 0, MAX_USD / 2), bound(b, 0, MAX_USD / 2), bound(depth, 1, MAX_USD));
        (others, rate) = (bound(others, a + b, MAX_USD), bound(rate, 0, 0.25e18));
        uint256 parts = MarginAddOns.concentration(a, others, depth, rate);
        parts += MarginAddOns.concentration(b, others, depth, rate);
        uint256 whole = MarginAddOns.concentration(a + b, others, depth, rate);
        assertGe(parts, whole);
        assertLe(parts, whole + 4, "linear");
    }

    /// Alone it costs more than twice its half: 2^1.5 times.
    function test_ConcentrationOfTwiceTheExposureIsMoreThanTwice() external pure {
        uint256 once = MarginAddOns.concentration(4e24, 0, 1e24, 0.02e18);
        uint256 twice = MarginAddOns.concentration(8e24, 0, 1e24, 0.02e18);
        assertApproxEqRel(twice, (once * 2_828_427_124_746) / 1e12, 1e6);
    }

    function testFuzz_ConcentrationNeverReverts(
        uint256 exposure,
        uint256 others,
        uint256 depth,
        uint256 rate
    ) external pure {
        uint256 capped = FixedPointMathLib.min(exposure, 1 << 127);
        (depth, rate) = (bound(depth, 1, 1e42), bound(rate, 0, 0.25e18));
        uint256 required = MarginAddOns.concentration(exposure, others, depth, rate);
        assertEq(required, MarginAddOns.concentration(capped, others, depth, rate), "beyond 2^127 it counts as that");
    }
}
