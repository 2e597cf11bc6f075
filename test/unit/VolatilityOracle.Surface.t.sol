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
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { PublisherTest } from "../helpers/PublisherTest.sol";

contract VolatilityOracleSurfaceTest is PublisherTest {
    function assertArbitrage(SurfaceReport memory report) private {
        assertRefused(three(report), abi.encodeWithSelector(IVolatilityOracle.SurfaceHasArbitrage.selector, ETH));
    }

    function test_acceptsTheMedianOfEachComponent() public {
        SurfaceReport[] memory reports = three(flatReport(0.7e18));
        reports[0] = flatReport(0.2e18);
        reports[0].rho = 0.5e18;
        reports[0].eta = 0.3e18;
        reports[0].rate = -0.5e18;
        reports[1].rho = -0.6e18;
        reports[1].rate = 0.4e18;
        reports[2].eta = 0.9e18;
        reports[1].timestamp -= 5;
        bytes[] memory signatures = signAll(oracle, reports);
        Surface memory expected = Surface(
            [uint32(7 days), 30 days, 90 days, 180 days],
            flatReport(0.7e18).totalVariance,
            -0.2e18,
            0.8e18,
            0.05e18,
            uint40(START)
        );
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.SurfaceAccepted(ETH, expected);
        oracle.report(reports, signatures);
        assertEq(abi.encode(oracle.surface(ETH)), abi.encode(expected));
    }

    function test_theMedianOfTwoIsTheirMean() public {
        SurfaceReport[] memory reports = new SurfaceReport[](2);
        reports[0] = flatReport(0.5e18);
        reports[1] = flatReport(0.7e18);
        reports[1].rho = -0.4e18;
        reports[1].rate = -0.02e18;
        send(reports);
        Surface memory surface = oracle.surface(ETH);
        assertEq(surface.totalVariance[1], (reports[0].totalVariance[1] + reports[1].totalVariance[1]) / 2);
        assertEq(surface.rho, -0.3e18);
        assertEq(surface.rate, 0.015e18);
    }

    function test_refusesTooFewReportsOrSignatures() public {
        SurfaceReport[] memory reports = new SurfaceReport[](1);
        reports[0] = flatReport(0.7e18);
        assertRefused(reports, abi.encodeWithSelector(IVolatilityOracle.TooFewReports.selector, 1, 2));
        reports = three(reports[0]);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.TooFewReports.selector, 2, 3));
        oracle.report(reports, new bytes[](2));
        VolatilityOracle unsigned = newOracle();
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.TooFewReports.selector, 0, 0));
        unsigned.report(new SurfaceReport[](0), new bytes[](0));
    }

    function test_refusesTheSameSignerTwiceAndStrangers() public {
        SurfaceReport[] memory reports = new SurfaceReport[](2);
        reports[0] = flatReport(0.7e18);
        reports[1] = flatReport(0.7e18);
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = sign(oracle, reports[0], keys[1]);
        signatures[1] = signatures[0];
        bytes4 notSorted = IVolatilityOracle.SignersNotSorted.selector;
        vm.expectRevert(abi.encodeWithSelector(notSorted, signers[1], signers[1]));
        oracle.report(reports, signatures);
        signatures[1] = sign(oracle, reports[0], keys[0]);
        vm.expectRevert(abi.encodeWithSelector(notSorted, signers[1], signers[0]));
        oracle.report(reports, signatures);
        signatures[1] = sign(oracle, reports[0], 0xbad);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.UnknownSigner.selector, vm.addr(0xbad)));
        oracle.report(reports, signatures);
        signatures[1] = hex"00";
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.UnknownSigner.selector, address(0)));
        oracle.report(reports, signatures);
    }

    function test_aSignatureHoldsForOneContractAndOneContentOnly() public {
        SurfaceReport[] memory reports = three(flatReport(0.7e18));
        bytes[] memory signatures = signAll(newOracle(), reports);
        vm.expectPartialRevert(IVolatilityOracle.UnknownSigner.selector);
        oracle.report(reports, signatures);
        signatures = signAll(oracle, reports);
        reports[2].eta += 1;
        vm.expectPartialRevert(IVolatilityOracle.UnknownSigner.selector);
        oracle.report(reports, signatures);
        reports[2].eta -= 1;
        reports[2].rate += 1;
        vm.expectPartialRevert(IVolatilityOracle.UnknownSigner.selector);
        oracle.report(reports, signatures);
        reports[2].rate -= 1;
        oracle.report(reports, signatures);
    }

    function test_refusesReportsFromTheFutureTooOldOrNotNewer() public {
        bytes4 invalid = IVolatilityOracle.ReportTimeInvalid.selector;
        SurfaceReport[] memory reports = three(flatReport(0.7e18));
        reports[1].timestamp = uint40(START + 1);
        assertRefused(reports, abi.encodeWithSelector(invalid, START + 1, 0));
        reports = three(flatReport(0.7e18));
        skip(oracle.MAX_REPORT_AGE_SECONDS() + 1);
        assertRefused(reports, abi.encodeWithSelector(invalid, START, 0));
        reports = three(flatReport(0.7e18));
        send(reports);
        uint256 newest = vm.getBlockTimestamp();
        assertRefused(reports, abi.encodeWithSelector(invalid, newest, newest));
    }

    function test_refusesReportsOnTwoUnderlyings() public {
        SurfaceReport[] memory reports = three(flatReport(0.7e18));
        reports[1].underlying = 2;
        assertRefused(reports, abi.encodeWithSelector(IVolatilityOracle.UnderlyingsDiffer.selector, 1, 2));
    }

    function test_refusesArbitrage() public {
        SurfaceReport memory report = flatReport(0.7e18);
        report.totalVariance[2] = report.totalVariance[1];
        assertArbitrage(report);
        report = flatReport(0.7e18);
        report.rho = -0.9e18;
        report.eta = 1.06e18;
        assertArbitrage(report);
        report.eta = 1.05e18;
        send(three(report));
    }

    function test_refusesComponentsOutsideTheirBounds() public {
        SurfaceReport memory report = flatReport(0.049e18);
        bytes4 outOfBounds = IVolatilityOracle.OutOfBounds.selector;
        bytes[] memory signatures = signAll(oracle, three(report));
        vm.expectPartialRevert(outOfBounds);
        oracle.report(three(report), signatures);
        report = flatReport(4.01e18);
        signatures = signAll(oracle, three(report));
        vm.expectPartialRevert(outOfBounds);
        oracle.report(three(report), signatures);
        report = flatReport(0.7e18);
        report.rho = -0.96e18;
        assertRefused(three(report), abi.encodeWithSelector(outOfBounds, bytes32("rho"), 0.96e18, 0, 0.95e18));
        report = flatReport(0.7e18);
        report.eta = 0;
        assertRefused(three(report), abi.encodeWithSelector(outOfBounds, bytes32("eta"), 0, 0.01e18, 2e18));
    }

    function test_refusesARateBeyondAHalfOfEitherSign() public {
        bytes4 outOfBounds = IVolatilityOracle.OutOfBounds.selector;
        SurfaceReport memory report = flatReport(0.7e18);
        report.rate = 0.5e18 + 1;
        assertRefused(three(report), abi.encodeWithSelector(outOfBounds, bytes32("rate"), 0.5e18 + 1, 0, 0.5e18));
        report.rate = -0.5e18 - 1;
        assertRefused(three(report), abi.encodeWithSelector(outOfBounds, bytes32("rate"), 0.5e18 + 1, 0, 0.5e18));
        report.rate = type(int64).min;
        assertRefused(three(report), abi.encodeWithSelector(outOfBounds, bytes32("rate"), 1 << 63, 0, 0.5e18));
        report.rate = -0.5e18;
        send(three(report));
        assertEq(oracle.surface(ETH).rate, -0.5e18);
    }

    /// By points, not by a share of itself: it starts from zero, and passes through it.
    function test_theRateMovesByPointsThroughZero() public {
        SurfaceReport memory report = flatReport(0.7e18);
        report.rate = 0.02e18;
        send(three(report));
        skip(1 hours);
        report = flatReport(0.7e18);
        report.rate = -0.4e18;
        send(three(report));
        assertEq(oracle.surface(ETH).rate, -0.03e18);
        skip(2 hours);
        report.timestamp = uint40(vm.getBlockTimestamp());
        send(three(report));
        assertEq(oracle.surface(ETH).rate, -0.13e18);
        skip(1 hours);
        report.timestamp = uint40(vm.getBlockTimestamp());
        report.rate = -0.11e18;
        send(three(report));
        assertEq(oracle.surface(ETH).rate, -0.11e18, "no further than reported");
    }

    function test_movesNoFasterThanPublished() public {
        send(three(flatReport(0.5e18)));
        Surface memory before = oracle.surface(ETH);
        skip(30 minutes);
        aggregator.push(ETH_PRICE);
        SurfaceReport memory report = flatReport(1.5e18);
        report.rho = 0.9e18;
        report.eta = 0.1e18;
        report.rate = 0.2e18;
        send(three(report));
        Surface memory surface = oracle.surface(ETH);
        for (uint256 i = 0; i < 4; ++i) {
            // √1.25.
            uint256 limit = (uint256(before.totalVariance[i]) * 1.118033988749894848e18) / 1e18;
            assertApproxEqAbs(surface.totalVariance[i], limit, 2);
        }
        assertEq(surface.rho, -0.1e18);
        assertEq(surface.eta, 0.7e18);
        assertEq(surface.rate, 0.075e18);
        assertEq(surface.timestamp, report.timestamp);
    }

    function test_theCurvatureGivesWayWhereAStepHalfDoneWouldAdmitAButterfly() public {
        SurfaceReport memory report = flatReport(0.7e18);
        report.rho = -0.9e18;
        report.eta = 1.05e18;
        send(three(report));
        skip(1 hours);
        report = flatReport(0.7e18);
        report.rho = 0;
        report.eta = 1.9e18;
        send(three(report));
        Surface memory surface = oracle.surface(ETH);
        assertEq(surface.rho, -0.7e18);
        // Its speed would allow 1.25, which with 1 + |ρ| = 1.7 is above 2.
        assertEq(surface.eta, uint256(2e36) / 1.7e18);
    }

    function testFuzz_whatIsAcceptedIsFreeOfArbitrageAndInsideItsSpeed(uint256 seed) public {
        send(three(randomReport(seed)));
        for (uint256 i = 0; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 elapsed = 1 + ((seed >> 32) % 5 hours);
            Surface memory before = oracle.surface(ETH);
            skip(elapsed);
            send(three(randomReport(seed)));
            Surface memory surface = oracle.surface(ETH);
            uint256 largest = surface.totalVariance[3];
            assertLe(surface.eta, SurfaceArbitrage.greatestEtaDown(largest, surface.rho), "butterfly");
            for (uint256 t = 0; t < 4; ++t) {
                if (t > 0) assertGt(surface.totalVariance[t], surface.totalVariance[t - 1], "calendar");
                assertInsideSpeed(surface.totalVariance[t], before.totalVariance[t], elapsed);
            }
            assertApproxEqAbs(int256(surface.rho), int256(before.rho), (0.2e18 * elapsed) / 1 hours);
            assertApproxEqAbs(int256(surface.rate), int256(before.rate), (0.05e18 * elapsed) / 1 hours);
        }
    }

    function assertInsideSpeed(uint256 to, uint256 from, uint256 elapsed) private pure {
        uint256 factor = uint256(FixedPointMathLib.powWad(1.25e18, int256((elapsed * 1e18) / 1 hours))) + 10;
        assertLe(to, (from * factor) / 1e18 + 1, "up");
        assertGe(to + 1, (from * 1e18) / factor, "down");
    }

    /// Any report that is itself admissible.
    function randomReport(uint256 seed) private view returns (SurfaceReport memory report) {
        report = flatReport(0.2e18 + (seed % 2e18));
        report.rho = int64(int256((seed >> 64) % 1.9e18) - 0.95e18);
        uint256 greatest = SurfaceArbitrage.greatestEtaDown(report.totalVariance[3], report.rho);
        report.eta = uint64(0.01e18 + ((seed >> 128) % (greatest - 0.01e18)));
        report.rate = int64(int256((seed >> 192) % 1e18) - 0.5e18);
    }

    /// The conditions as they stand in the paper, on the greatest η that the library admits.
    function testFuzz_greatestEtaMeetsTheConditionsOfTheTheorem(uint256 variance, int256 rho) public pure {
        variance = bound(variance, 1e12, 8e18);
        rho = bound(rho, -0.95e18, 0.95e18);
        uint256 eta = SurfaceArbitrage.greatestEtaDown(variance, rho);
        uint256 skew = 1e18 + FixedPointMathLib.abs(rho);
        assertLe(eta * skew, 2e36);
        // θφ(1 + |ρ|) = η√θ(1 + |ρ|), squared: η²θ(1 + |ρ|)² < 16.
        uint256 product = FixedPointMathLib.fullMulDivUp(eta * skew, eta * skew, 1e36);
        assertLt(FixedPointMathLib.fullMulDivUp(product, variance, 1e36), 16e18);
        uint256 more = eta + 10;
        uint256 next = FixedPointMathLib.fullMulDiv(more * skew, more * skew, 1e36);
        bool violates = more * skew > 2e36 || FixedPointMathLib.fullMulDiv(next, variance, 1e36) + 100 >= 16e18;
        assertTrue(violates, "no smaller than need be");
    }

    function test_isFlatAtTheRealisedBeforeTheFirstReport() public view {
        assertFlat(REALISED);
    }

    function assertFlat(uint256 volatility) private view {
        Surface memory surface = oracle.surface(ETH);
        assertEq(surface.timestamp, 0, "timestamp");
        assertEq(surface.rho, 0, "rho");
        assertEq(surface.eta, 0, "eta");
        assertEq(surface.rate, 0, "rate");
        for (uint256 i = 0; i < 4; ++i) assertApproxEqRel(volatilityAt(surface, i), volatility, 1e9, "level");
    }

    function test_theStandInIsNeverWithoutVolatility() public {
        skip(3650 days);
        assertApproxEqRel(volatilityAt(oracle.surface(ETH), 1), 0.05e18, 1e6);
    }

    function test_theImpliedLevelCountsWhileTheSurfaceIsFresh() public {
        send(three(flatReport(0.9e18)));
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertApproxEqRel(volatility.observed, 0.9e18, 1e9);
        assertEq(volatility.initial, volatility.target);
        skip(oracle.SURFACE_HEARTBEAT_SECONDS() + 1);
        MarginVolatility memory later = oracle.marginVolatility(ETH);
        assertLt(later.observed, REALISED);
        assertGt(later.initial, later.target, "falls by its half-life");
        assertLt(later.initial, volatility.initial);
    }

    function test_theImpliedLevelIsBoundedByTheRealised() public {
        send(three(flatReport(3.9e18)));
        assertApproxEqRel(oracle.marginVolatility(ETH).observed, 2 * REALISED + 0.2e18, 1e9);
    }

    /// A report walks what is pending first, so rounds before it never see it, whoever walks when.
    function testFuzz_sameStateAroundAReport(uint256 seed) public {
        VolatilityOracle late = newOracle();
        late.setSigners(signers, 2);
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            pushAfter((seed >> 8) % 5000, int256(1500e8 + ((seed >> 64) % 1000e8)));
            oracle.walk(ETH, seed % 3);
            if (seed % 7 == 0 && (seed >> 8) % 5000 > 0) {
                SurfaceReport[] memory reports = three(flatReport(0.5e18 + ((seed >> 128) % 1.5e18)));
                oracle.report(reports, signAll(oracle, reports));
                late.report(reports, signAll(late, reports));
            }
        }
        skip(1 days);
        walkAll(oracle);
        walkAll(late);
        assertSameState(oracle, late);
    }

    function test_aReportWaitsForALongBacklog() public {
        for (uint256 i = 0; i < 130; ++i) pushAfter(10, ETH_PRICE);
        SurfaceReport[] memory reports = three(flatReport(0.7e18));
        assertRefused(reports, abi.encodeWithSelector(IVolatilityOracle.RoundsPending.selector, ETH));
        oracle.walk(ETH, 128);
        send(reports);
    }
}
