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
}
