// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IPriceOracle, Price } from "../../contracts/interfaces/IPriceOracle.sol";
import { MarginVolatility, SurfaceReport, VolatilitySnapshot } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

/// One view for the engine: the same answers as the three single ones.
contract VolatilityOracleSnapshotTest is OracleTest {
    uint256 private constant KEY = 1;

    function setUp() public override {
        super.setUp();
        address[] memory signers = new address[](1);
        signers[0] = vm.addr(KEY);
        oracle.setSigners(signers, 1);
    }

    function report(uint256 volatility, int64 rate) private {
        SurfaceReport[] memory reports = new SurfaceReport[](1);
        reports[0] = flatReport(volatility);
        reports[0].rate = rate;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = sign(oracle, reports[0], KEY);
        oracle.report(reports, signatures);
    }

    function assertAgrees() private view returns (VolatilitySnapshot memory snapshot) {
        Price memory newest = prices.price(ETH);
        snapshot = oracle.snapshot(ETH, newest.value, newest.updatedAt);
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertEq(abi.encode(snapshot.surface), abi.encode(oracle.surface(ETH)));
        assertEq(snapshot.initial, volatility.initial, "initial");
        assertEq(snapshot.maintenance, volatility.maintenance, "maintenance");
        assertEq(snapshot.validSince, oracle.validSince(ETH), "validSince");
    }

    function test_agreesWhereNothingIsPending() public {
        assertEq(assertAgrees().surface.timestamp, 0);
        skip(30 minutes);
        VolatilitySnapshot memory snapshot = assertAgrees();
        assertEq(snapshot.validSince, START);
        assertGt(snapshot.initial, 1e18);
        assertGt(snapshot.maintenance, 1e18);
    }

    function test_agreesOnAFreshSurfaceWithItsRate() public {
        report(0.9e18, -0.07e18);
        skip(10 minutes);
        VolatilitySnapshot memory snapshot = assertAgrees();
        assertEq(snapshot.surface.timestamp, START);
        assertEq(snapshot.surface.rate, -0.07e18);
        assertEq(snapshot.surface.rho, -0.2e18);
    }

    function test_agreesWhereTheSurfaceIsOld() public {
        report(0.9e18, 0.1e18);
        skip(oracle.SURFACE_HEARTBEAT_SECONDS());
        assertEq(assertAgrees().surface.timestamp, START);
        skip(1);
        VolatilitySnapshot memory snapshot = assertAgrees();
        assertEq(snapshot.surface.timestamp, 0);
        assertLt(snapshot.surface.rate, 0.1e18, "fades");
        skip(2 hours);
        assertEq(assertAgrees().surface.rate, 0);
    }

    function test_agreesWhileRoundsArePending() public {
        uint256 before = assertAgrees().initial;
        pushAfter(1 hours, 1800e8);
        pushAfter(10 minutes, 1500e8);
        assertGt(assertAgrees().initial, before, "the fall shows before it is walked");
        oracle.walk(ETH, 1);
        assertAgrees();
    }

    function test_agreesAfterAnOutageWalkedOrNot() public {
        pushAfter(MAX_AGE + 1, ETH_PRICE);
        assertEq(assertAgrees().validSince, START + MAX_AGE + 1);
        pushAfter(60, ETH_PRICE);
        assertEq(assertAgrees().validSince, START + MAX_AGE + 61, "hidden in the backlog");
        oracle.walk(ETH, 128);
        assertEq(assertAgrees().validSince, START + MAX_AGE + 1);
        pushAfter(60, 0);
        oracle.walk(ETH, 128);
        pushAfter(60, ETH_PRICE);
        assertEq(assertAgrees().validSince, START + MAX_AGE + 181, "interrupted");
    }

    function test_agreesWhileTheFeedIsBroken() public {
        pushAfter(60, ETH_PRICE + 1e8);
        aggregator.setBroken(true);
        assertAgrees();
        assertEq(prices.price(ETH).value, 0);
    }

    /// A level that was fresh at the pending round has raised the peak, though it no longer is: what the read shows is what
    /// the walk leaves.
    function test_aSurfaceThatWasFreshAtThePendingRoundCounts() public {
        report(1.2e18, 0);
        pushAfter(5 hours, ETH_PRICE - 1e8);
        skip(2 hours);
        VolatilitySnapshot memory snapshot = assertAgrees();
        assertEq(snapshot.surface.timestamp, 0);
        oracle.walk(ETH, 1);
        VolatilitySnapshot memory walked = assertAgrees();
        assertEq(walked.initial, snapshot.initial);
        assertEq(walked.maintenance, snapshot.maintenance);
    }

    function testFuzz_agreesWhateverHappened(uint256 seed) public {
        for (uint256 i = 0; i < 16; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip((seed >> 8) % 8 == 0 ? MAX_AGE + ((seed >> 16) % 1 days) : (seed >> 16) % 4000);
            uint256 kind = seed % 6;
            if (kind < 3) aggregator.push(int256(1500e8 + ((seed >> 64) % 1000e8)));
            if (kind == 3) aggregator.push((seed >> 128) % 2 == 0 ? int256(0) : int256(MAX_ANSWER));
            if (kind == 4) oracle.walk(ETH, 1 + ((seed >> 64) % 3));
            if (kind == 5) report(0.4e18 + ((seed >> 64) % 1.5e18), int64(int256((seed >> 128) % 1e18) - 0.5e18));
            assertAgrees();
            skip((seed >> 192) % 3 == 0 ? (seed >> 200) % 3 hours : 0);
            assertAgrees();
        }
    }

    function test_asksThePriceOracleOnlyForTheLimitOfAPendingGap() public {
        Price memory newest = prices.price(ETH);
        bytes memory limit = abi.encodeCall(IPriceOracle.maxAgeSeconds, (ETH));
        vm.expectCall(address(prices), abi.encodeCall(IPriceOracle.price, (ETH)), 1);
        vm.expectCall(address(prices), limit, 1);
        oracle.snapshot(ETH, newest.value, newest.updatedAt);
        pushAfter(60, ETH_PRICE);
        newest = prices.price(ETH);
        oracle.snapshot(ETH, newest.value, newest.updatedAt);
    }
}
