// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { ControllerParameters, MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { ControllerState, VolatilityController } from "../../contracts/libraries/VolatilityController.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract VolatilityOracleControllerTest is OracleTest {
    using VolatilityController for ControllerState;

    /// 0.6·observed + 0.4·stressed.
    function blended(uint256 observed, uint256 stressed) private pure returns (uint256) {
        return (observed * 6 + stressed * 4) / 10;
    }

    function state(uint256 stressed, uint256 level) private pure returns (ControllerState memory) {
        return ControllerState(uint64(stressed), uint64(level), uint64(level), uint40(START), false);
    }

    function advance(
        ControllerState memory self,
        ControllerParameters memory p,
        uint256 observed,
        uint256 time
    ) private pure returns (MarginVolatility memory) {
        uint256 target = self.advance(p, observed, time);
        return MarginVolatility(observed, self.stressed, target, self.initial, self.maintenance);
    }

    function grown(uint256 elapsedSeconds) private pure returns (uint256) {
        int256 exponent = (FixedPointMathLib.lnWad(1.02e18) * int256(elapsedSeconds)) / 1 hours;
        return uint256(FixedPointMathLib.expWad(exponent));
    }

    function test_startsWithBothTiersAtTheTarget() public view {
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertApproxEqAbs(volatility.observed, REALISED, 2);
        assertEq(volatility.stressed, STRESSED);
        assertApproxEqAbs(volatility.target, blended(REALISED, STRESSED), 2);
        assertApproxEqAbs(volatility.initial, volatility.target, 2);
        assertApproxEqAbs(volatility.maintenance, volatility.target, 2);
    }

    function test_theTargetIsNeverBelowTheFloor() public pure {
        ControllerState memory self = state(0.1e18, 0.6e18);
        MarginVolatility memory volatility = advance(self, parameters(), 0.05e18, START + 365 days);
        assertEq(volatility.target, 0.55e18);
        assertEq(volatility.maintenance, 0.55e18);
    }

    function test_thePeakRisesWithTheObservedAndDoesNotFade() public pure {
        ControllerState memory self = state(1e18, 1e18);
        assertEq(advance(self, parameters(), 2.5e18, START).stressed, 2.5e18);
        assertEq(advance(self, parameters(), 0.3e18, START + 3650 days).stressed, 2.5e18);
    }

    function testFuzz_initialFollowsUpAtOnce(uint256 observed) public pure {
        observed = bound(observed, 1e18, 4e18);
        ControllerState memory self = state(1e18, 1e18);
        MarginVolatility memory volatility = advance(self, parameters(), observed, START);
        assertEq(volatility.initial, volatility.target);
        assertEq(volatility.target, blended(observed, observed));
    }

    function test_initialFallsByHalfOfItsExcessInAHalfLife() public pure {
        ControllerState memory self = state(1e18, 2e18);
        MarginVolatility memory volatility = advance(self, parameters(), 0.5e18, START + 72 hours);
        assertEq(volatility.target, 0.7e18);
        assertApproxEqAbs(volatility.initial, 1.35e18, 3);
        volatility = advance(self, parameters(), 0.5e18, START + 2 * 72 hours);
        assertApproxEqAbs(volatility.initial, 1.025e18, 5);
    }

    function testFuzz_maintenanceRisesNoFasterThanPublished(uint256 elapsed, uint256 split) public pure {
        elapsed = bound(elapsed, 0, 3 days);
        split = bound(split, 0, elapsed);
        ControllerState memory self = state(1e18, 0.7e18);
        advance(self, parameters(), 4e18, START + split);
        MarginVolatility memory volatility = advance(self, parameters(), 4e18, START + elapsed);
        uint256 limit = (0.7e18 * grown(elapsed)) / 1e18;
        if (limit > 4e18) limit = 4e18;
        assertLe(volatility.maintenance, limit + 1);
        // The wei that is taken off an hour's logarithm, and what is rounded beside it.
        uint256 slower = (limit * (elapsed / 1 hours + 1)) / 1e18 + 10;
        assertApproxEqAbs(volatility.maintenance, limit, slower, "and just as fast");
        assertEq(volatility.initial, 4e18);
    }

    function test_maintenanceFallsWithTheTarget() public pure {
        ControllerState memory self = state(1e18, 2e18);
        MarginVolatility memory volatility = advance(self, parameters(), 0.5e18, START + 1);
        assertEq(volatility.maintenance, 0.7e18);
    }

    function testFuzz_maintenanceIsNeverAboveTargetNorTargetAboveInitial(uint256 seed) public pure {
        ControllerState memory self = state(0.7e18, 0.7e18);
        uint256 time = START;
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            time += seed % 3 == 0 ? 0 : (seed >> 8) % 5 days;
            uint256 before = self.maintenance;
            uint256 elapsed = time - self.updatedAt;
            MarginVolatility memory volatility = advance(self, parameters(), (seed >> 64) % 4e18, time);
            assertLe(volatility.maintenance, volatility.target, "maintenance");
            assertLe(volatility.target, volatility.initial, "target");
            assertLe(volatility.maintenance, (before * grown(elapsed)) / 1e18 + 1, "speed");
            assertLe(volatility.initial, 4e18, "initial");
        }
    }

    function test_aTimeBeforeTheLastCountsAsNow() public pure {
        ControllerState memory self = state(1e18, 2e18);
        MarginVolatility memory volatility = advance(self, parameters(), 0.5e18, START - 1 days);
        assertEq(volatility.initial, 2e18);
        assertEq(self.updatedAt, START);
    }

    function testFuzz_neverOverflowsHoweverLong(uint40 time, uint64 observed) public pure {
        ControllerState memory self = state(4e18, 4e18);
        ControllerParameters memory p = parameters();
        p.maintenanceRisePerHour = 0.1e18;
        MarginVolatility memory volatility = advance(self, p, observed, time);
        assertLe(volatility.maintenance, volatility.target);
    }

    /// A crash through the real rounds: initial at once, maintenance with notice, and its own timestamp with each.
    function test_aCrashRaisesInitialAtOnceAndMaintenanceWithNotice() public {
        MarginVolatility memory before = oracle.marginVolatility(ETH);
        pushAfter(60, 1400e8);
        MarginVolatility memory now_ = oracle.marginVolatility(ETH);
        assertGt(now_.initial, (before.initial * 12) / 10);
        assertEq(now_.initial, now_.target);
        assertLe(now_.maintenance, before.maintenance, "nothing at once");
        oracle.walk(ETH, 1);
        skip(30 minutes);
        uint256 half = oracle.marginVolatility(ETH).maintenance;
        assertApproxEqRel(half, (before.maintenance * grown(1800)) / 1e18, 0.0001e18, "from the crash on");
        skip(100 days);
        MarginVolatility memory calm = oracle.marginVolatility(ETH);
        assertLt(calm.initial, now_.initial);
        assertEq(calm.maintenance, calm.target);
    }

    /// What the first round after a gap shows was not known before it, so it begins to raise maintenance there: a dead feed buys nobody's notice.
    function testFuzz_aGapBetweenRoundsIsNoStart(uint256 gap, bool walked) public {
        gap = bound(gap, 0, 10 days);
        skip(gap);
        uint256 before = oracle.marginVolatility(ETH).maintenance;
        aggregator.push(1400e8);
        if (walked) oracle.walk(ETH, 1);
        MarginVolatility memory volatility = oracle.marginVolatility(ETH);
        assertGt(volatility.target, before + 0.1e18, "fixture");
        assertApproxEqAbs(volatility.maintenance, before, 5);
        skip(1 hours);
        assertApproxEqRel(oracle.marginVolatility(ETH).maintenance, (before * 102) / 100, 1e9);
    }

    /// Nobody can hurry or hold maintenance by the rhythm of walks: it depends on the rounds' own times.
    function test_frequentWalksDoNotSpeedMaintenance() public {
        pushAfter(60, 1400e8);
        oracle.walk(ETH, 1);
        for (uint256 i = 0; i < 60; ++i) {
            pushAfter(60, 1400e8);
            oracle.walk(ETH, 1);
        }
        uint256 start = blended(REALISED, STRESSED);
        assertLe(oracle.marginVolatility(ETH).maintenance, (start * grown(61 minutes)) / 1e18 + 2);
    }
}
