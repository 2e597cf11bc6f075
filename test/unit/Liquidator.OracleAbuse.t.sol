// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { ILiquidator } from "../../contracts/interfaces/ILiquidator.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { MarginVolatility, SurfaceReport } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Account } from "../../contracts/types/Account.sol";
import { VenueFixture } from "../helpers/VenueFixture.sol";

/// No abuse of an oracle liquidates a healthy account (equity of 1.2 × initial) unless it moves the price itself, which a trusted feed
/// alone can, inside its bounds. Each topic ends at the price where it began.
contract LiquidatorOracleAbuseTest is VenueFixture {
    uint256 private startMaintenance;

    function setUp() public override {
        super.setUp();
        startMaintenance = oracle.marginVolatility(ETH).maintenance;
    }

    function assertHealthy(Account account, string memory name) private {
        Risk memory risk = clearinghouse.risk(account);
        assertGe(risk.equity, int256(risk.maintenance), name);
        vm.expectPartialRevert(
            risk.validity == Validity.Invalid ? ILiquidator.FeedInvalid.selector : ILiquidator.AboveMaintenance.selector
        );
        liquidator.startAuction(account);
    }

    function assertAllHealthy() private {
        assertHealthy(long, "long");
        assertHealthy(short, "short");
        assertHealthy(straddle, "straddle");
        assertHealthy(hedged, "hedged");
    }

    function assertNotLiquidatable(Account account) private {
        assertTrue(clearinghouse.risk(account).validity == Validity.Invalid, "valid");
        vm.expectPartialRevert(ILiquidator.FeedInvalid.selector);
        liquidator.startAuction(account);
    }

    /// By no more than the published 2 % for every hour, whatever happened.
    function assertMaintenanceInsideSpeed() private view {
        uint256 hours_ = (vm.getBlockTimestamp() - START) / 1 hours + 1;
        uint256 most = startMaintenance;
        for (uint256 i = 0; i < hours_; ++i) most = (most * 102) / 100;
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertLe(volatility.maintenance, most, "speed");
        assertLe(volatility.maintenance, volatility.target, "target");
        assertLe(volatility.initial, 4e18, "limit");
    }

    function test_theFixtureIsHealthyAndNoMore() public {
        assertAllHealthy();
        Account[3] memory thin = [long, short, straddle];
        for (uint256 i = 0; i < thin.length; ++i) {
            Risk memory risk = clearinghouse.risk(thin[i]);
            assertApproxEqRel(uint256(risk.equity), (risk.initial * 12) / 10, 1e12, "1.2 x initial");
        }
        // A fall by a tenth does liquidate the long: the tests can fail.
        pushAfter(60, 1750e8);
        liquidator.startAuction(long);
    }

    function test_skippedRounds() public {
        for (uint256 i = 0; i < 20; ++i) {
            pass(30 minutes);
            for (uint256 k = 0; k < 5; ++k) aggregator.skip();
            if (i % 4 == 0) oracle.walk(ETH, 3);
            assertAllHealthy();
            assertMaintenanceInsideSpeed();
        }
    }

    /// Late prices widen the ranges; the widest, at the limit of age, still leaves a healthy account alone. Beyond it nothing is liquidated.
    function test_aDeadFeed() public {
        skip(HEARTBEAT);
        for (uint256 i = 0; i <= 12; ++i) {
            assertAllHealthy();
            assertMaintenanceInsideSpeed();
            if (i < 12) skip((MAX_AGE - HEARTBEAT) / 12);
        }
        skip(1);
        assertNotLiquidatable(long);
        skip(7 days);
        assertNotLiquidatable(straddle);
        aggregator.push(ETH_PRICE);
        assertHealthy(long, "long");
        assertHealthy(hedged, "hedged");
        assertLe(oracle.marginVolatility(ETH).maintenance, startMaintenance + 5, "no start by the gap");
    }

    function test_aFeedFrozenAtItsBounds() public {
        int256[4] memory answers = [int256(MIN_ANSWER), MAX_ANSWER, 0, -1];
        for (uint256 i = 0; i < answers.length; ++i) {
            pushAfter(20 minutes, answers[i]);
            assertNotLiquidatable(long);
            assertNotLiquidatable(short);
            oracle.walk(ETH, 128);
            assertLe(oracle.marginVolatility(ETH).maintenance, startMaintenance + 5, "adds nothing");
        }
        pushAfter(20 minutes, ETH_PRICE);
        assertAllHealthy();
        assertMaintenanceInsideSpeed();
    }

    /// While it stands, a print inside the feed's bounds is the price: a short is below maintenance, by price. Who has no exposure to the
    /// price is not touched, and once it has returned nobody is.
    /// hardhat-config: fuzz.runs = 16
    function testFuzz_aPrintTenTimesOffAndItsReturn(bool up, bool walked) public {
        pushAfter(10 minutes, up ? ETH_PRICE * 10 : ETH_PRICE / 10);
        if (walked) oracle.walk(ETH, 128);
        assertHealthy(hedged, "hedged");
        assertHealthy(up ? long : short, "gains");
        Risk memory risk = clearinghouse.risk(up ? short : long);
        assertLt(risk.equity, int256(risk.maintenance), "not stopped: the price itself");
        assertMaintenanceInsideSpeed();
        assertLe(oracle.marginVolatility(ETH).maintenance, startMaintenance + 5, "nothing at once");

        pushAfter(1 minutes, ETH_PRICE);
        if (walked) oracle.walk(ETH, 128);
        assertAllHealthy();
        assertLe(oracle.marginVolatility(ETH).maintenance, (startMaintenance * 10_004) / 10_000, "a minute");
    }

    /// What the print leaves behind is a volatility that rises for two days at its published speed. A healthy account stands it to the end.
    function test_whatAPrintLeavesBehindComesWithNoticeAndIsStood() public {
        pushAfter(10 minutes, ETH_PRICE * 10);
        pushAfter(1 minutes, ETH_PRICE);
        oracle.walk(ETH, 128);
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        // Two returns of 0.49/τ: √(0.6² + 2·4.13).
        assertApproxEqRel(volatility.observed, 2.94e18, 0.01e18);
        assertEq(volatility.initial, volatility.target);
        for (uint256 i = 0; i < 60; ++i) {
            pass(1 hours);
            assertAllHealthy();
            assertMaintenanceInsideSpeed();
        }
        volatility = oracle.marginVolatility(ETH);
        assertEq(volatility.maintenance, volatility.target, "the whole way");
        assertGt(volatility.maintenance, (startMaintenance * 23) / 10);
    }

    function test_twoUpdatesInOneBlock() public {
        for (uint256 i = 0; i < 10; ++i) {
            pushAfter(30 minutes, (ETH_PRICE * (i % 2 == 0 ? int256(101) : int256(99))) / 100);
            aggregator.push((ETH_PRICE * 102) / 100);
            if (i % 3 == 0) oracle.walk(ETH, 1);
            aggregator.push(ETH_PRICE);
            send(three(flatReport(LEVEL)));
            assertAllHealthy();
            assertMaintenanceInsideSpeed();
        }
    }

    /// Never, after every round, or only after those that hurt: at the price where it began an account that was healthy is.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_aCallerWhoChoosesWhenToUpdate(uint256 seed, uint256 strategy) public {
        strategy = strategy % 3;
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int256 answer = ETH_PRICE + int256((seed % 100e8)) - 50e8;
            pushAfter(5 minutes + ((seed >> 64) % 50 minutes), answer);
            bool hurts = answer < 1970e8 || answer > 2030e8;
            if (strategy == 1 || (strategy == 2 && hurts)) oracle.walk(ETH, 128);
            assertMaintenanceInsideSpeed();
        }
        aggregator.push(ETH_PRICE);
        assertHealthy(long, "long");
        assertHealthy(short, "short");
        assertHealthy(hedged, "hedged");
    }

    /// One key of three bad, for two days: marks and margin stay where the honest two put them.
    /// hardhat-config: fuzz.runs = 8
    function testFuzz_onePublisherKeyBad(uint256 seed) public {
        uint256 badAt = seed % SIGNERS;
        for (uint256 i = 0; i < 96; ++i) {
            pushAfter(30 minutes, ETH_PRICE);
            SurfaceReport[] memory reports = three(flatReport(LEVEL));
            reports[badAt] = flatReport(seed % 2 == 0 ? 3.99e18 : 0.051e18);
            reports[badAt].rho = 0.9e18;
            reports[badAt].rate = -0.5e18;
            reports[badAt].eta = 0.01e18;
            send(reports);
        }
        assertAllHealthy();
        assertApproxEqAbs(oracle.marginVolatility(ETH).observed, LEVEL, 1e10);
        assertLe(oracle.marginVolatility(ETH).maintenance, startMaintenance + 1e10);
    }

    /// All keys bad. Linear books: only the margin volatility moves, which is bounded by the realised and comes with notice: never liquidated.
    /// Short options: their mark goes with the published speed, 12 % an hour in volatility, so not in the first hour; beyond it is not stopped.
    function test_allPublisherKeysBad() public {
        for (uint256 i = 1; i <= 48; ++i) {
            pushAfter(30 minutes, ETH_PRICE);
            send(three(flatReport(3.99e18)));
            if (i <= 2) assertHealthy(straddle, "straddle");
            assertHealthy(long, "long");
            assertHealthy(short, "short");
            assertHealthy(hedged, "hedged");
            assertMaintenanceInsideSpeed();
            assertLe(oracle.marginVolatility(ETH).observed, 2 * REALISED + 0.2e18 + 10, "bound");
        }
        Risk memory risk = clearinghouse.risk(straddle);
        assertLt(risk.equity, int256(risk.maintenance), "not stopped: marks follow who signs them, at their speed");
    }

    /// All publishers silent: marks go to the realised volatility, at the same speed.
    function test_allPublishersSilent() public {
        for (uint256 i = 0; i < 48; ++i) {
            pushAfter(30 minutes, ETH_PRICE);
            assertAllHealthy();
            assertMaintenanceInsideSpeed();
        }
        assertEq(oracle.surface(ETH).timestamp, 0);
    }
}
