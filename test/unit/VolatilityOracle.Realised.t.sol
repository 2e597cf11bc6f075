// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Realised, RealisedVolatility } from "../../contracts/libraries/RealisedVolatility.sol";
import { MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract VolatilityOracleRealisedTest is OracleTest {
    using RealisedVolatility for Realised;

    uint256 private constant HALF_LIFE = 30 days;
    /// ln(0.995)² = 2.5125575...e-5; over τ = 30 d / ln 2 in years of 365 days: times 365·ln 2 / 30.
    uint256 private constant STEP_SQUARED = 25125575532780;
    uint256 private constant PER_TAU = 8.433290696812667931e18;

    function quiet(uint256 price) private pure returns (Realised memory self) {
        self.updatedAt = self.sampledAt = uint40(START);
        self.price = self.sampledPrice = uint96(price);
    }

    function tauShare(uint256 squaredReturn) private pure returns (uint256) {
        return (squaredReturn * PER_TAU) / 1e18;
    }

    function test_oneReturnAddsItsSquareOverTau() public pure {
        Realised memory self = quiet(2000e18);
        self.observe(1990e18, START, HALF_LIFE);
        assertApproxEqRel(self.variance, tauShare(STEP_SQUARED), 1e12);
    }

    function test_aVarianceHalvesInAHalfLife() public pure {
        Realised memory self = quiet(2000e18);
        self.variance = 0.36e18;
        assertApproxEqAbs(self.varianceUp(START + HALF_LIFE, HALF_LIFE), 0.18e18, 2);
        assertEq(self.varianceUp(START, HALF_LIFE), 0.36e18);
    }

    /// n equal steps: consecutive rounds count n of them, samples their net move, n² in the hour and n over the hours.
    function testFuzz_equalStepsCountSinglyByRoundAndByNetMoveInTheHour(uint256 steps) public pure {
        steps = bound(steps, 1, 40);
        Realised memory self = quiet(2000e18);
        uint256 price = 2000e18;
        for (uint256 i = 0; i < steps; ++i) {
            price = (price * 995) / 1000;
            self.observe(price, START, HALF_LIFE);
        }
        assertApproxEqRel(self.variance, steps * tauShare(STEP_SQUARED), 1e12, "consecutive");
        assertEq(self.sampledVariance, 0, "the hour is open");
        uint256 net = steps * steps * tauShare(STEP_SQUARED);
        assertApproxEqRel(self.varianceUp(START, HALF_LIFE), net, 1e12, "shows at once");
        self.observe(price, START + 1 hours, HALF_LIFE);
        assertApproxEqRel(self.sampledVariance, net, 1e12, "sampled");
        assertEq(self.sampledAt, START + 1 hours);
    }

    function testFuzz_equalStepsAnHourApartCountSinglyByBothRules(uint256 steps) public pure {
        steps = bound(steps, 1, 40);
        Realised memory self = quiet(2000e18);
        uint256 price = 2000e18;
        uint256 expected;
        uint256 hourly = uint256(FixedPointMathLib.expWad(-int256(0.693147180559945309e18) / 720));
        for (uint256 i = 1; i <= steps; ++i) {
            price = (price * 995) / 1000;
            self.observe(price, START + i * 1 hours, HALF_LIFE);
            expected = (expected * hourly) / 1e18 + tauShare(STEP_SQUARED);
        }
        assertApproxEqRel(self.variance, expected, 1e12, "consecutive");
        assertApproxEqRel(self.sampledVariance, expected, 1e12, "sampled");
    }

    function testFuzz_equalTimestampsAddEveryReturn(uint256 a, uint256 b) public pure {
        a = bound(a, 1500e18, 2600e18);
        b = bound(b, 1500e18, 2600e18);
        Realised memory self = quiet(2000e18);
        self.variance = 0.3e18;
        self.observe(a, START, HALF_LIFE);
        uint256 afterFirst = self.variance;
        assertEq(afterFirst, 0.3e18 + RealisedVolatility.squaredReturnUp(2000e18, a, HALF_LIFE));
        self.observe(b, START, HALF_LIFE);
        assertEq(self.variance, afterFirst + RealisedVolatility.squaredReturnUp(a, b, HALF_LIFE));
    }

    /// A print ten times off and back: two capped returns, 2 · 0.49/τ, instead of 2 · 5.3/τ.
    function testFuzz_oneAbsurdPrintIsBounded(uint256 print) public pure {
        print = bound(print, 1, type(uint96).max);
        Realised memory self = quiet(2000e18);
        self.observe(print, START, HALF_LIFE);
        self.observe(2000e18, START, HALF_LIFE);
        assertLe(self.variance, 2 * tauShare(0.49e18) + 1e7);
        assertLe(self.varianceUp(START, HALF_LIFE), RealisedVolatility.MAX_VARIANCE);
    }

    function test_variancesStopAtTheirLimit() public pure {
        Realised memory self = quiet(1000e18);
        for (uint256 i = 0; i < 10; ++i) self.observe(i % 2 == 0 ? 3000e18 : 1000e18, START, HALF_LIFE);
        assertEq(self.variance, RealisedVolatility.MAX_VARIANCE);
    }

    /// A volatility of 80 % a year, as alternating returns six hours to a day apart, is measured as 80 %.
    function test_aSteadyVolatilityIsMeasuredAsItself() public pure {
        uint256[3] memory steps = [uint256(6 hours), 12 hours, 1 days];
        for (uint256 s = 0; s < steps.length; ++s) {
            int256 move = int256(FixedPointMathLib.sqrt(uint256((0.64e36 * steps[s]) / 365 days)));
            uint256 high = uint256((1000e18 * FixedPointMathLib.expWad(move)) / 1e18);
            Realised memory self = quiet(1000e18);
            for (uint256 i = 1; i * steps[s] <= 300 days; ++i) {
                self.observe(i % 2 == 0 ? 1000e18 : high, START + i * steps[s], HALF_LIFE);
            }
            assertApproxEqRel(FixedPointMathLib.sqrt(uint256(self.variance) * 1e18), 0.8e18, 0.01e18);
            assertApproxEqRel(FixedPointMathLib.sqrt(uint256(self.sampledVariance) * 1e18), 0.8e18, 0.01e18);
        }
    }

    function testFuzz_oneRoundPendingReadsAsIfItWereWalked(uint256 elapsed, uint256 answer, uint256 later) public {
        pushAfter(bound(elapsed, 0, 2 days), int256(bound(answer, 500e8, 5000e8)));
        skip(bound(later, 0, 3 days));
        MarginVolatility memory pending = oracle.marginVolatility(ETH);
        oracle.walk(ETH, 128);
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(pending));
    }

    /// Whatever a trend's backlog hides, its net move shows at least as much as walking it would.
    function testFuzz_aBacklogOfATrendNeverShowsLess(uint256 seed, uint256 rounds, bool falling) public {
        int256 price = ETH_PRICE;
        rounds = bound(rounds, 1, 20);
        for (uint256 i = 0; i < rounds; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int256 change = int256((uint256(price) * (seed % 100)) / 10_000);
            // The whole trend stays inside the limit of one return.
            if (price > 1200e8 && price < 3800e8) price += falling ? -change : change;
            pushAfter((seed >> 64) % 3 hours, price);
        }
        MarginVolatility memory pending = oracle.marginVolatility(ETH);
        walkAll(oracle);
        MarginVolatility memory walked = oracle.marginVolatility(ETH);
        // A few roundings, in each of which a unit may be lost.
        assertGe(pending.observed + 100, walked.observed, "observed");
        assertGe(pending.target + 100, walked.target, "target");
    }

    /// For any path the backlog's move only adds to what consecutive rounds have shown so far.
    function testFuzz_aBacklogNeverShowsLessThanWithoutItsMove(uint256 answer, uint256 elapsed) public {
        elapsed = bound(elapsed, 0, 10 days);
        VolatilityOracle idle = newOracle();
        skip(elapsed);
        MarginVolatility memory without = idle.marginVolatility(ETH);
        aggregator.push(int256(bound(answer, uint128(MIN_ANSWER) + 1, uint128(MAX_ANSWER) - 1)));
        MarginVolatility memory with = idle.marginVolatility(ETH);
        assertGe(with.observed + 2, without.observed);
        assertGe(with.target + 2, without.target);
        assertGe(with.initial + 2, without.initial);
    }

    function test_anUnusableNewestPriceIsReadAsTheLastUsable() public {
        pushAfter(60, 1800e8);
        MarginVolatility memory before = oracle.marginVolatility(ETH);
        aggregator.push(0);
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(before));
        aggregator.setBroken(true);
        assertLt(oracle.marginVolatility(ETH).observed, before.observed, "nothing can be read, nothing is added");
    }
}
