// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { NormalDistribution } from "../../contracts/libraries/NormalDistribution.sol";
import { Test } from "../helpers/Test.sol";

contract NormalDistributionTest is Test {
    /// WAD: the documented 2e-15.
    uint256 private constant MAX_ERROR = 2000;

    function test_AgreesWithTheHighPrecisionVectors() external view {
        string memory json = vm.readFile("vectors/normal.json");
        int256[] memory x = vm.parseJsonIntArray(json, ".x");
        uint256[] memory expected = vm.parseJsonUintArray(json, ".cdf");
        assertGt(x.length, 300);
        assertEq(x.length, expected.length);
        for (uint256 i = 0; i < x.length; ++i) {
            assertApproxEqAbs(NormalDistribution.cdf(x[i]), expected[i], MAX_ERROR, vm.toString(x[i]));
        }
    }

    function test_IsAHalfAtZero() external pure {
        assertApproxEqAbs(NormalDistribution.cdf(0), 0.5e18, 1);
    }

    function test_SaturatesAtBothEnds() external pure {
        assertEq(NormalDistribution.cdf(type(int256).max), 1e18);
        assertEq(NormalDistribution.cdf(type(int256).min), 0);
        assertEq(NormalDistribution.cdf(8.8e18), 1e18);
        assertEq(NormalDistribution.cdf(-8.8e18), 0);
    }

    function testFuzz_TheTwoSidesAddUpToOne(int256 x) external pure {
        x = bound(x, 1, 20e18);
        assertEq(NormalDistribution.cdf(x) + NormalDistribution.cdf(-x), 1e18);
    }

    /// Steps smaller than the error may go back by it, never by more.
    function testFuzz_Rises(int256 x, int256 step) external pure {
        x = bound(x, -10e18, 10e18);
        step = bound(step, 0, 1e18);
        assertGe(NormalDistribution.cdf(x + step) + 4, NormalDistribution.cdf(x));
    }

    function test_TheDensityIsKnownAtZeroAndOne() external pure {
        assertApproxEqAbs(NormalDistribution.density(0), 0.398942280401432678e18, 1);
        assertApproxEqAbs(NormalDistribution.density(-1e18), 0.241970724519143349e18, 1);
        assertEq(NormalDistribution.density(type(int256).min), 0);
        assertEq(NormalDistribution.density(type(int256).max), 0);
    }

    function testFuzz_BothTogetherAreWhatEachIsAlone(int256 x, bool isNear) external pure {
        if (isNear) x = bound(x, -12e18, 12e18);
        (uint256 probability, uint256 density) = NormalDistribution.cdfAndDensity(x);
        assertEq(probability, NormalDistribution.cdf(x));
        assertEq(density, NormalDistribution.density(x));
    }

    function testFuzz_TheDensityIsTheSlope(int256 x) external pure {
        x = bound(x, -12e18, 12e18);
        int256 step = 1e14;
        int256 rise = int256(NormalDistribution.cdf(x + step)) - int256(NormalDistribution.cdf(x - step));
        // The curvature of the step, and twice the error of the function over it.
        assertApproxEqAbs(int256(NormalDistribution.density(x)), (rise * 1e18) / (2 * step), 3e10);
        assertEq(NormalDistribution.density(x), NormalDistribution.density(-x));
    }
}
