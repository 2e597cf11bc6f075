// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import {
    IVolatilityOracle,
    MarginVolatility,
    Surface,
    SurfaceReport
} from "../../contracts/interfaces/IVolatilityOracle.sol";
import { SurfaceArbitrage } from "../../contracts/libraries/SurfaceArbitrage.sol";
import { PublisherTest } from "../helpers/PublisherTest.sol";

/// What publishers can and cannot do: one bad key, all keys bad, replays, silence.
contract VolatilityOraclePublishersTest is PublisherTest {
    uint16 private constant BTC = 2;

    /// Between 40 % and 160 % at every tenor, volatility rising or falling with the tenor, with a moderate smile.
    function honest(uint256 seed) private view returns (SurfaceReport memory report) {
        report = flatReport(0.4e18 + (seed % 1.2e18));
        // Steps between the tenors from 1 wei up, so that a rounding could turn them round.
        for (uint256 i = 1; i < 4; ++i) {
            uint256 rise = (seed >> (32 * i)) % 4 == 0 ? 1 : ((seed >> (32 * i)) % 0.2e18) + 1;
            report.totalVariance[i] = report.totalVariance[i - 1] + uint64(rise);
        }
        if (report.totalVariance[3] < 0.002e18) report = flatReport(0.7e18);
        report.rho = int64(int256((seed >> 128) % 0.8e18) - 0.4e18);
        report.eta = uint64(0.1e18 + ((seed >> 160) % 0.9e18));
        report.rate = int64(int256((seed >> 192) % 0.4e18) - 0.2e18);
    }

    function wild(uint256 seed) private view returns (SurfaceReport memory report) {
        report = flatReport(0.7e18);
        for (uint256 i = 0; i < 4; ++i) report.totalVariance[i] = uint64(seed >> (48 * i));
        report.rho = int64(uint64(seed >> 16));
        report.eta = uint64(seed >> 32);
        report.rate = int64(uint64(seed >> 48));
    }

    function assertBetween(int256 value, int256 a, int256 b, string memory component) private pure {
        assertLe(FixedPointMathLib.min(a, b), value, component);
        assertLe(value, FixedPointMathLib.max(a, b), component);
    }

    /// Of three keys one is bad, whatever it signs and wherever it stands in the order.
    function testFuzz_oneBadKeyMovesNoComponentOutsideTheHonestRange(uint256 a, uint256 b, uint256 bad) public {
        SurfaceReport[] memory reports = new SurfaceReport[](SIGNERS);
        uint256 badAt = bad % SIGNERS;
        SurfaceReport memory first = flatReport(0.4e18 + (a % 0.3e18));
        SurfaceReport memory second = flatReport(0.7e18 + (b % 0.3e18));
        (first.rho, second.rho) = (-0.3e18, int64(int256(b % 0.5e18)));
        (first.eta, second.eta) = (uint64(0.2e18 + (a % 0.5e18)), 0.9e18);
        (first.rate, second.rate) = (-0.1e18, int64(int256(a % 0.2e18)));
        for (uint256 i = 0; i < SIGNERS; ++i) {
            reports[i] =
                i == badAt
                    ? wild(bad)
                    : i == (badAt + 1) % SIGNERS
                        ? first
                        : second;
        }
        bytes[] memory signatures = signAll(oracle, reports);
        // It can spoil a set, by a mixture that is not rising; then the honest send without it.
        try oracle.report(reports, signatures) {} catch {
            SurfaceReport[] memory pair = new SurfaceReport[](2);
            bytes[] memory two = new bytes[](2);
            for ((uint256 i, uint256 k) = (0, 0); i < SIGNERS; ++i) {
                if (i == badAt) continue;
                (pair[k], two[k]) = (reports[i], signatures[i]);
                ++k;
            }
            oracle.report(pair, two);
        }
        Surface memory surface = oracle.surface(ETH);
        for (uint256 i = 0; i < 4; ++i) {
            int256 variance = int256(uint256(surface.totalVariance[i]));
            int256 low = int256(uint256(first.totalVariance[i]));
            assertBetween(variance, low, int256(uint256(second.totalVariance[i])), "variance");
        }
        assertBetween(surface.rho, first.rho, second.rho, "rho");
        assertBetween(int256(uint256(surface.eta)), int256(uint256(first.eta)), int256(uint256(second.eta)), "eta");
        assertBetween(surface.rate, first.rate, second.rate, "rate");
    }

    function test_ofFourTheMedianIsTheMeanOfTheMiddleTwo() public {
        uint256[4] memory fourKeys;
        address[] memory four = new address[](4);
        for ((uint256 key, uint256 found) = (1, 0); found < 4; ++key) {
            if (found > 0 && vm.addr(key) <= four[found - 1]) continue;
            (fourKeys[found], four[found]) = (key, vm.addr(key));
            ++found;
        }
        oracle.setSigners(four, 3);
        SurfaceReport[] memory reports = new SurfaceReport[](4);
        bytes[] memory signatures = new bytes[](4);
        uint256[4] memory levels = [uint256(0.9e18), 0.5e18, 0.6e18, 0.8e18];
        int64[4] memory rhos = [int64(-0.5e18), 0.3e18, -0.1e18, -0.4e18];
        for (uint256 i = 0; i < 4; ++i) {
            reports[i] = flatReport(levels[i]);
            reports[i].rho = rhos[i];
            signatures[i] = sign(oracle, reports[i], fourKeys[i]);
        }
        oracle.report(reports, signatures);
        Surface memory surface = oracle.surface(ETH);
        assertEq(surface.totalVariance[2], (reports[2].totalVariance[2] + reports[3].totalVariance[2]) / 2);
        assertEq(surface.rho, -0.25e18);
    }

    /// However an hour is cut, each component comes no further than by one report at its end.
    function testFuzz_manyReportsMoveNoFurtherThanOne(uint256 from, uint256 to, uint256 cuts) public {
        send(three(honest(uint256(keccak256(abi.encode(from))))));
        Surface memory start = oracle.surface(ETH);
        SurfaceReport memory goal = honest(uint256(keccak256(abi.encode(to))));
        uint256 begin = vm.getBlockTimestamp();
        uint256 count = 1 + (cuts % 12);
        for (uint256 i = 1; i <= count; ++i) {
            vm.warp(begin + (1 hours * i) / count);
            goal.timestamp = uint40(vm.getBlockTimestamp());
            send(three(goal));
        }
        Surface memory surface = oracle.surface(ETH);
        for (uint256 i = 0; i < 4; ++i) {
            assertLe(surface.totalVariance[i], (uint256(start.totalVariance[i]) * 5) / 4 + 1, "up");
            assertGe(surface.totalVariance[i] + 1, (uint256(start.totalVariance[i]) * 4) / 5, "down");
        }
        assertApproxEqAbs(int256(surface.rho), int256(start.rho), 0.2e18);
        assertApproxEqAbs(int256(surface.rate), int256(start.rate), 0.05e18);
        assertLe(surface.eta, start.eta + 0.2e18, "eta");
    }

    /// Whatever admissible surfaces follow one another, fading in between or not: variances never fall with the tenor, no butterfly.
    function testFuzz_whatMarksIsFreeOfArbitrageAtAnyTime(uint256 seed) public {
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(1 + ((seed >> 240) % 12 hours));
            SurfaceReport memory report = honest(seed);
            report.timestamp = uint40(vm.getBlockTimestamp());
            try this.submit(report) {} catch (bytes memory reason) {
                // Only for a variance below the least of its tenor.
                assertEq(bytes32(bytes4(reason)), bytes32(IVolatilityOracle.OutOfBounds.selector), "refused");
            }
            assertFreeOfArbitrage();
            skip((seed >> 224) % 10 hours);
            assertFreeOfArbitrage();
        }
    }

    function submit(SurfaceReport calldata report) external {
        SurfaceReport[] memory reports = three(report);
        oracle.report(reports, signAll(oracle, reports));
    }

    function assertFreeOfArbitrage() private view {
        Surface memory surface = oracle.surface(ETH);
        for (uint256 i = 1; i < 4; ++i) assertGe(surface.totalVariance[i], surface.totalVariance[i - 1], "calendar");
        uint256 greatest = SurfaceArbitrage.greatestEtaDown(surface.totalVariance[3], surface.rho);
        assertLe(surface.eta, greatest, "butterfly");
    }

    function test_anOldReportCannotBePlayedAgain() public {
        SurfaceReport[] memory old = three(flatReport(1.2e18));
        skip(60);
        send(three(flatReport(0.7e18)));
        bytes4 invalid = IVolatilityOracle.ReportTimeInvalid.selector;
        assertRefused(old, abi.encodeWithSelector(invalid, START, START + 60));
        old[0] = flatReport(0.7e18);
        assertRefused(old, abi.encodeWithSelector(invalid, START + 60, START + 60));
    }

    function test_aReportIsForOneUnderlyingOnly() public {
        prices.setFeed(BTC, ethFeed());
        oracle.list(BTC, parameters(), REALISED, STRESSED);
        SurfaceReport[] memory reports = three(flatReport(0.9e18));
        bytes[] memory signatures = signAll(oracle, reports);
        for (uint256 i = 0; i < SIGNERS; ++i) reports[i].underlying = BTC;
        vm.expectPartialRevert(IVolatilityOracle.UnknownSigner.selector);
        oracle.report(reports, signatures);
        send(reports);
        assertApproxEqRel(volatilityAt(oracle.surface(BTC), 1), 0.9e18, 1e9);
        assertEq(oracle.surface(ETH).timestamp, 0, "the other is untouched");
        // And its time is its own.
        send(three(flatReport(0.8e18)));
        assertApproxEqRel(volatilityAt(oracle.surface(ETH), 1), 0.8e18, 1e9);
    }

    function test_aThresholdAboveTheReportsIsNotMet() public {
        oracle.setSigners(signers, 3);
        SurfaceReport[] memory pair = new SurfaceReport[](2);
        pair[0] = flatReport(0.7e18);
        pair[1] = flatReport(0.7e18);
        assertRefused(pair, abi.encodeWithSelector(IVolatilityOracle.TooFewReports.selector, 2, 3));
        send(three(flatReport(0.7e18)));
    }

    /// Silence moves marks no faster than a report could, and ends flat at the realised volatility.
    function test_silenceFadesTheSurfaceAtThePublishedSpeed() public {
        send(three(flatReport(1.2e18)));
        Surface memory accepted = oracle.surface(ETH);
        skip(oracle.SURFACE_HEARTBEAT_SECONDS());
        assertEq(abi.encode(oracle.surface(ETH)), abi.encode(accepted));
        skip(1);
        Surface memory first = oracle.surface(ETH);
        assertEq(first.timestamp, 0, "not by a report any more");
        assertApproxEqRel(volatilityAt(first, 1), 1.2e18, 0.0001e18);
        assertApproxEqAbs(uint256(first.eta), 0.8e18, 0.0001e18);
        skip(1 hours - 1);
        Surface memory second = oracle.surface(ETH);
        assertApproxEqRel(second.totalVariance[1], (uint256(accepted.totalVariance[1]) * 4) / 5, 1e9);
        assertEq(second.eta, 0.6e18);
        assertEq(second.rho, 0);
        assertEq(second.rate, 0);
        skip(12 hours);
        assertApproxEqRel(volatilityAt(oracle.surface(ETH), 1), oracle.marginVolatility(ETH).observed, 1e9);
        assertEq(oracle.surface(ETH).eta, 0);
    }

    function test_theFadingSurfaceIsNeverWithoutVolatility() public {
        send(three(flatReport(0.9e18)));
        skip(3650 days);
        assertApproxEqRel(volatilityAt(oracle.surface(ETH), 1), 0.05e18, 1e6);
    }

    /// The first report after a silence finds the mark where it is, and the next ones move it from there.
    function testFuzz_theEndOfASilenceMovesNothingAtOnce(uint256 silence, uint256 level) public {
        send(three(flatReport(1.2e18)));
        skip(bound(silence, oracle.SURFACE_HEARTBEAT_SECONDS() + 1, 30 days));
        Surface memory before = oracle.surface(ETH);
        send(three(flatReport(bound(level, 0.1e18, 3.9e18))));
        Surface memory after_ = oracle.surface(ETH);
        assertEq(after_.timestamp, vm.getBlockTimestamp());
        after_.timestamp = 0;
        assertEq(abi.encode(after_), abi.encode(before));
        // Its smile comes back, too.
        for (uint256 i = 0; i < 20; ++i) {
            skip(1 hours);
            send(three(flatReport(1e18)));
        }
        assertEq(oracle.surface(ETH).eta, 0.8e18);
    }

    /// Or a report could be dated back by its greatest age, and the next one be given that time once more.
    function test_afterASilenceTheNextMoveCountsFromTheAcceptance() public {
        send(three(flatReport(1.2e18)));
        skip(oracle.SURFACE_HEARTBEAT_SECONDS() + 1 days);
        SurfaceReport memory late = flatReport(1.2e18);
        late.timestamp -= uint40(oracle.MAX_REPORT_AGE_SECONDS());
        send(three(late));
        assertEq(oracle.surface(ETH).timestamp, vm.getBlockTimestamp());
    }

    /// All three keys bad: marks by the speed, margin by 2 × realised + 20 points.
    function testFuzz_allKeysBadAreBoundedBySpeedAndRealised(uint256 seed) public {
        send(three(flatReport(0.6e18)));
        uint256 hours_ = 1 + (seed % 24);
        for (uint256 i = 0; i < hours_; ++i) {
            skip(1 hours);
            aggregator.push(ETH_PRICE);
            send(three(flatReport(seed % 2 == 0 ? 3.99e18 : 0.051e18)));
            MarginVolatility memory volatility = oracle.marginVolatility(ETH);
            assertLe(volatility.observed, 2 * REALISED + 0.2e18 + 10, "observed");
        }
        uint256 factor = uint256(FixedPointMathLib.powWad(1.25e18, int256(hours_ * 0.5e18)));
        uint256 marked = volatilityAt(oracle.surface(ETH), 1);
        assertLe(marked, (0.6e18 * factor) / 1e18 + 1e9, "mark up");
        assertGe(marked + 1e9, (0.6e18 * 1e18) / factor, "mark down");
    }
}
