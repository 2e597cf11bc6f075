// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { MarginAddOns } from "../../contracts/libraries/MarginAddOns.sol";
import { Test } from "../helpers/Test.sol";

/// The charge for strikes beyond the nodes, S·min(s/4, s²/(20·v))·min(long, 2·short), and the floor.
contract MarginAddOnsPinTest is Test {
    uint256 private constant SPOT = 2_000e18;

    /// v = 1 %: s = 6 % is more than 5·v, so a kink's s/4 = 1.5 % is the less; 3 units of 2,000.
    function test_AKinkCostsAQuarterOfTheSpacing() external pure {
        assertEq(MarginAddOns.pinCharge(SPOT, 0.06e18, 0.01e18, 3e18, 3e18), 90e18);
    }

    /// v = 2 %: s = 3 % is less than 5·v, so s²/(20·v) = 0.00225.
    function test_ASmoothBendCostsLess() external pure {
        assertEq(MarginAddOns.pinCharge(SPOT, 0.03e18, 0.02e18, 3e18, 3e18), 13.5e18);
    }

    function test_WithoutVolatilityItIsAKink() external pure {
        assertEq(MarginAddOns.pinCharge(SPOT, 0.06e18, 0, 1e18, 1e18), 30e18);
    }

    function test_NoMoreThanWhatIsLongAndThanTwiceWhatIsShort() external pure {
        assertEq(MarginAddOns.pinCharge(SPOT, 0.06e18, 0, 1e18, 100e18), 30e18);
        assertEq(MarginAddOns.pinCharge(SPOT, 0.06e18, 0, 100e18, 1e18), 60e18);
    }

    /// The branches meet at s = 5·v.
    function testFuzz_TheBranchesMeet(uint256 volatility) external pure {
        volatility = bound(volatility, 1e12, 0.1e18);
        uint256 below = MarginAddOns.pinCharge(SPOT, 5 * volatility - 5, volatility, 1e18, 1e18);
        uint256 above = MarginAddOns.pinCharge(SPOT, 5 * volatility + 5, volatility, 1e18, 1e18);
        assertLe(below, above);
        // The slope in s is S/10·s/v = S/2 at most; and a wei of log price is 2,000 wei.
        assertLe(above - below, 10 * 1_000 + 2 * 2_000);
    }

    function testFuzz_ThePinChargeRisesInEveryArgumentButTheVolatility(
        uint256 spacing,
        uint256 volatility,
        uint256 long,
        uint256 short,
        uint256 more
    ) external pure {
        (spacing, volatility) = (bound(spacing, 0, 0.34e18), bound(volatility, 0, 0.1e18));
        (long, short, more) = (bound(long, 0, 1e27), bound(short, 0, 1e27), bound(more, 0, 1e27));
        uint256 required = MarginAddOns.pinCharge(SPOT, spacing, volatility, long, short);
        assertGe(MarginAddOns.pinCharge(SPOT, spacing + more / 1e10, volatility, long, short), required);
        assertGe(MarginAddOns.pinCharge(SPOT, spacing, volatility, long + more, short), required);
        assertGe(MarginAddOns.pinCharge(SPOT, spacing, volatility, long, short + more), required);
        assertGe(MarginAddOns.pinCharge(SPOT + more, spacing, volatility, long, short), required);
        if (volatility == 0) return;
        assertLe(MarginAddOns.pinCharge(SPOT, spacing, volatility + more / 1e10, long, short), required);
    }

    function testFuzz_ThePinChargeIsRoundedUpAndDoesNotJump(
        uint256 spacing,
        uint256 volatility,
        uint256 units
    ) external pure {
        (spacing, volatility, units) = (
            bound(spacing, 0, 0.34e18),
            bound(volatility, 1, 0.1e18),
            bound(units, 0, 1e27)
        );
        uint256 exact = spacing / 4;
        if (spacing < 5 * volatility) exact = (spacing * spacing) / (20 * volatility);
        exact = (((units * SPOT) / 1e18) * exact) / 1e18;
        uint256 required = MarginAddOns.pinCharge(SPOT, spacing, volatility, units, units);
        uint256 wei_ = (units * SPOT) / 1e36 + 2;
        assertGe(required, exact);
        assertLe(required, exact + wei_);
        assertLe(MarginAddOns.pinCharge(SPOT, spacing + 1, volatility, units, units), required + 2 * wei_);
    }

    function testFuzz_TheFloorIsForTheLiable(uint256 requirement, uint256 floor) external pure {
        assertEq(MarginAddOns.withFloor(requirement, floor, false), requirement);
        assertEq(MarginAddOns.withFloor(requirement, floor, true), requirement > floor ? requirement : floor);
    }
}
