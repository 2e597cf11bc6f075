// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Slice, VolatilitySurface } from "../../contracts/libraries/VolatilitySurface.sol";
import { Test } from "../helpers/Test.sol";

contract VolatilitySurfaceTest is Test {
    /// 36 % at 7 days, 60 % at 30, 70 % at 90: total variances as σ²·T/365d.
    function sample() private pure returns (Surface memory surface) {
        surface.tenorSeconds = [uint32(7 days), 30 days, 90 days, 0];
        surface.totalVariance = [uint64(0.0024e18), 0.0296e18, 0.12e18, 0];
        surface.rho = -0.4e18;
        surface.eta = 1e18;
    }

    /// A surface whose at-the-money variance is the given one.
    function sliceOf(Surface memory surface, uint256 variance) private pure returns (Slice memory) {
        Surface memory level = surface;
        level.tenorSeconds = [uint32(1), 0, 0, 0];
        level.totalVariance = [uint64(variance), 0, 0, 0];
        return VolatilitySurface.sliceAt(level, 1);
    }

    function test_AgreesWithTheHighPrecisionVectors() external view {
        string memory json = vm.readFile("vectors/ssvi.json");
        uint256[] memory theta = vm.parseJsonUintArray(json, ".theta");
        int256[] memory rho = vm.parseJsonIntArray(json, ".rho");
        uint256[] memory eta = vm.parseJsonUintArray(json, ".eta");
        int256[] memory k = vm.parseJsonIntArray(json, ".k");
        uint256[] memory expected = vm.parseJsonUintArray(json, ".totalVolatility");
        assertGt(theta.length, 40);
        for (uint256 i = 0; i < theta.length; ++i) {
            Surface memory surface;
            surface.rho = int64(rho[i]);
            surface.eta = uint64(eta[i]);
            uint256 actual = VolatilitySurface.totalVolatility(sliceOf(surface, theta[i]), k[i]);
            assertApproxEqAbs(actual, expected[i], 200, vm.toString(i));
        }
    }

    function test_TakesTheTenorsAsTheyAre() external pure {
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 7 days), 0.0024e18);
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 30 days), 0.0296e18);
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 90 days), 0.12e18);
    }

    function test_InterpolatesTotalVarianceLinearly() external pure {
        // Half-way between 30 and 90 days.
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 60 days), 0.0748e18);
    }

    function test_KeepsTheVolatilityFlatBeyondTheEnds() external pure {
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 3.5 days), 0.0012e18);
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 180 days), 0.24e18);
        assertEq(VolatilitySurface.atTheMoneyVariance(sample(), 0), 0);
    }

    function test_IsTheAtTheMoneyVarianceAtTheMoney() external pure {
        assertEq(VolatilitySurface.totalVolatility(sliceOf(sample(), 0.04e18), 0), 0.2e18);
    }

    function test_WithoutATenorThereIsNoVariance() external pure {
        Surface memory none;
        assertEq(VolatilitySurface.atTheMoneyVariance(none, 30 days), 0);
        assertEq(VolatilitySurface.totalVolatility(sliceOf(none, 0), 1e18), 0);
    }

    function testFuzz_VarianceRisesWithTime(uint256 time, uint256 more) external pure {
        time = bound(time, 0, 400 days);
        more = bound(more, 0, 400 days);
        uint256 earlier = VolatilitySurface.atTheMoneyVariance(sample(), time);
        assertLe(earlier, VolatilitySurface.atTheMoneyVariance(sample(), time + more));
    }

    function testFuzz_NothingReverts(uint64 theta, int64 rho, uint64 eta, int256 k) external pure {
        Surface memory surface;
        surface.rho = int64(bound(rho, -0.999999e18, 0.999999e18));
        surface.eta = eta;
        VolatilitySurface.totalVolatility(sliceOf(surface, theta), bound(k, -178e18, 178e18));
    }

    function testFuzz_ASymmetricSmileIsSymmetric(uint256 k) external pure {
        Surface memory surface;
        surface.eta = 0.8e18;
        int256 logStrike = int256(bound(k, 0, 3e18));
        uint256 right = VolatilitySurface.totalVolatility(sliceOf(surface, 0.09e18), logStrike);
        assertEq(VolatilitySurface.totalVolatility(sliceOf(surface, 0.09e18), -logStrike), right);
        assertGe(right, 0.3e18);
    }
}
