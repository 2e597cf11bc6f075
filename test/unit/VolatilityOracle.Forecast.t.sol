// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { ControllerParameters, MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { PublisherTest } from "../helpers/PublisherTest.sol";

/// What volatility alone can do to an account by then, and how long until it can.
contract VolatilityOracleForecastTest is PublisherTest {
    uint256 private constant CAP = 4e18;
    uint256 private constant SAMPLES = 8;

    struct Promise {
        uint256 until;
        uint256 most;
    }

    function grown(uint256 volatility, uint256 elapsed, int256 rise) private pure returns (uint256) {
        int256 exponent = (FixedPointMathLib.lnWad(1e18 + rise) * int256(elapsed)) / 1 hours;
        return (volatility * uint256(FixedPointMathLib.expWad(exponent))) / 1e18;
    }

    function test_growsByThePublishedSpeed() public view {
        uint256 start = oracle.marginVolatility(ETH).maintenance;
        assertApproxEqRel(oracle.forecast(ETH, 0), start, 1e7);
        assertApproxEqRel(oracle.forecast(ETH, 1 hours), (start * 102) / 100, 1e7);
        assertApproxEqRel(oracle.forecast(ETH, 10 hours), grown(start, 10 hours, 0.02e18), 1e7);
    }

    function test_stopsAtWhatCanEverBeObserved() public view {
        assertEq(oracle.forecast(ETH, 30 days), CAP);
        assertEq(oracle.forecast(ETH, type(uint256).max), CAP);
    }

    /// It is reached, so it is no larger than need be: at its end in a crash that the target leads by far.
    function test_aCrashReachesIt() public {
        uint256 promised = oracle.forecast(ETH, 12 hours);
        aggregator.push(1000e8);
        for (uint256 i = 0; i < 12; ++i) pushAfter(1 hours, i % 2 == 0 ? int256(1000e8) : ETH_PRICE);
        oracle.walk(ETH, 128);
        assertApproxEqRel(oracle.marginVolatility(ETH).maintenance, promised, 1e7);
    }

    /// Counts from the last write: who has not walked for an hour is told an hour more.
    function test_walkingTightensIt() public {
        pushAfter(1 hours, ETH_PRICE);
        uint256 loose = oracle.forecast(ETH, 1 hours);
        oracle.walk(ETH, 1);
        assertApproxEqRel(oracle.forecast(ETH, 1 hours), (loose * 100) / 102, 0.001e18);
    }

    function test_aRunningRampCounts() public {
        ControllerParameters memory p = parameters();
        p.maintenanceRisePerHour = 0.1e18;
        oracle.setController(ETH, p);
        uint256 start = oracle.marginVolatility(ETH).maintenance;
        assertApproxEqRel(oracle.forecast(ETH, 0), start, 1e7, "nothing yet");
        // After 7.2 hours the rise is a tenth of the way from 2 % to 10 %.
        assertApproxEqRel(oracle.forecast(ETH, 7.2 hours), grown(start, 7.2 hours, 0.028e18), 1e7);
    }

    /// Prints, holes, outages, reports, ramps, lowered peaks, walks in any split: no promise is ever broken.
    function testFuzz_nothingEverExceedsIt(uint256 seed) public {
        Promise[SAMPLES] memory promises;
        for (uint256 i = 0; i < 80; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % 16 == 0 ? (seed >> 16) % 2 days : (seed >> 16) % 5000);
            act(seed);
            uint256 maintenance = oracle.marginVolatility(ETH).maintenance;
            for (uint256 k = 0; k < SAMPLES; ++k) {
                if (vm.getBlockTimestamp() <= promises[k].until) assertLe(maintenance, promises[k].most, "broken");
            }
            uint256 ahead = (seed >> 224) % 3 days;
            promises[i % SAMPLES] = Promise(vm.getBlockTimestamp() + ahead, oracle.forecast(ETH, ahead));
            // A change may shorten what an earlier promise said, as it is not known when that is given.
            if ((seed >> 100) % 23 == 0) {
                oracle.walk(ETH, 128);
                oracle.setController(ETH, randomParameters(seed));
                delete promises;
            }
        }
    }

    function act(uint256 seed) private {
        uint256 kind = (seed >> 112) % 12;
        if (kind < 9) feed(kind, seed >> 120);
        else if (kind == 9) oracle.walk(ETH, (seed >> 120) % 3);
        else govern(kind, seed >> 120);
    }

    function feed(uint256 kind, uint256 random) private {
        if (kind < 5) aggregator.push(int256(1200e8 + (random % 1600e8)));
        if (kind == 5) aggregator.push(int256(20_000e8));
        if (kind == 6) aggregator.push(random % 2 == 0 ? int256(0) : int256(MAX_ANSWER));
        if (kind == 7) aggregator.skip();
        // Dated before others that a reader has seen.
        if (kind == 8) aggregator.push(int256(1500e8), vm.getBlockTimestamp() - (random % 600));
    }

    function govern(uint256 kind, uint256 random) private {
        oracle.walk(ETH, 128);
        if (kind == 10 && vm.getBlockTimestamp() > oracle.surface(ETH).timestamp) {
            send(three(flatReport(0.2e18 + (random % 3.7e18))));
        }
        if (kind != 11) return;
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        uint256 lower = FixedPointMathLib.max((volatility.stressed * 95) / 100, volatility.observed);
        try oracle.lowerStressed(ETH, lower) {} catch {}
    }

    function testFuzz_noticeIsItsInverse(uint256 level, uint256 idle, uint256 rise) public {
        ControllerParameters memory p = parameters();
        p.maintenanceRisePerHour = uint64(bound(rise, 0.005e18, 0.1e18));
        oracle.setController(ETH, p);
        skip(bound(idle, 0, 4 days));
        level = bound(level, 0.1e18, CAP - 1);
        uint256 notice = oracle.noticeSeconds(ETH, level);
        if (notice > 0) assertLe(oracle.forecast(ETH, notice), level, "too long");
        (, , uint40 end) = oracle.controller(ETH);
        // While a ramp is running, its highest rise is taken for all of the time.
        if (end == 0) assertGt(oracle.forecast(ETH, notice + 3), level, "needlessly short");
    }

    /// What is reached after so many seconds is no level to be promised for as many.
    function testFuzz_aWeiBelowWhatIsReachedIsPromisedForLess(uint256 elapsed, uint256 rise) public {
        ControllerParameters memory p = parameters();
        p.maintenanceRisePerHour = uint64(bound(rise, 0.005e18, 0.1e18));
        oracle.setController(ETH, p);
        pushAfter(3 days, ETH_PRICE);
        oracle.walk(ETH, 128);
        elapsed = bound(elapsed, 1, 6 hours);
        uint256 level = oracle.forecast(ETH, elapsed) - 1;
        assertLt(level, CAP - 1, "fixture");
        uint256 notice = oracle.noticeSeconds(ETH, level);
        assertLt(notice, elapsed);
        assertGe(notice + 2, elapsed, "needlessly short");
        assertLe(oracle.forecast(ETH, notice), level);
    }

    function test_noticeOfLevelsThatAreReachedOrNeverAre() public view {
        uint256 maintenance = oracle.marginVolatility(ETH).maintenance;
        assertEq(oracle.noticeSeconds(ETH, maintenance), 0);
        assertEq(oracle.noticeSeconds(ETH, 0), 0);
        assertApproxEqAbs(oracle.noticeSeconds(ETH, (maintenance * 102) / 100), 1 hours, 3);
        assertEq(oracle.noticeSeconds(ETH, CAP), type(uint256).max);
        assertEq(oracle.noticeSeconds(ETH, type(uint256).max), type(uint256).max);
    }
}
