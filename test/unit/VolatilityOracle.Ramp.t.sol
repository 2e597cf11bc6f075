// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import {
    ControllerParameters,
    IVolatilityOracle,
    MarginVolatility
} from "../../contracts/interfaces/IVolatilityOracle.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

/// A change of the controller's parameters: how it takes effect, and that no margin jumps on the way.
contract VolatilityOracleRampTest is OracleTest {
    uint256 private constant RAMP = 3 days;

    /// Every parameter from one end of its bounds to the other.
    function tightest() private pure returns (ControllerParameters memory) {
        return ControllerParameters(90 days, 30 days, 2e18, 1e18, 0.1e18);
    }

    function loosest() private pure returns (ControllerParameters memory) {
        return ControllerParameters(7 days, 6 hours, 0.1e18, 0.25e18, 0.005e18);
    }

    function effective() private view returns (ControllerParameters memory p) {
        (p, , ) = oracle.controller(ETH);
    }

    function rampEnd() private view returns (uint40 end) {
        (, , end) = oracle.controller(ETH);
    }

    function assertParameters(ControllerParameters memory actual, ControllerParameters memory expected) private pure {
        assertEq(abi.encode(actual), abi.encode(expected));
    }

    function test_listingNeedsNoRamp() public view {
        (ControllerParameters memory now_, ControllerParameters memory target, uint40 end) = oracle.controller(ETH);
        assertParameters(now_, parameters());
        assertParameters(target, parameters());
        assertEq(end, 0);
    }

    function testFuzz_everyParameterMovesLinearly(uint256 elapsed) public {
        elapsed = bound(elapsed, 0, 2 * RAMP);
        oracle.setController(ETH, tightest());
        skip(elapsed);
        uint256 done = elapsed < RAMP ? elapsed : RAMP;
        ControllerParameters memory p = effective();
        assertEq(p.realisedHalfLifeSeconds, 30 days + (60 days * done) / RAMP, "realised half-life");
        assertEq(p.initialHalfLifeSeconds, 72 hours + (27 days * done) / RAMP, "initial half-life");
        assertEq(p.floor, 0.55e18 + (1.45e18 * done) / RAMP, "floor");
        assertEq(p.stressedWeight, 0.4e18 + (0.6e18 * done) / RAMP, "weight");
        assertEq(p.maintenanceRisePerHour, 0.02e18 + (0.08e18 * done) / RAMP, "rise");
        assertEq(rampEnd(), elapsed < RAMP ? START + RAMP : 0);
    }

    function test_looseningRampsAsWell() public {
        oracle.setController(ETH, loosest());
        assertParameters(effective(), parameters());
        skip(RAMP / 2);
        assertEq(effective().floor, 0.325e18);
        assertEq(effective().stressedWeight, 0.325e18);
        skip(RAMP / 2);
        assertParameters(effective(), loosest());
    }

    function test_aSecondChangeStartsFromWhatIsInForce() public {
        oracle.setController(ETH, tightest());
        skip(RAMP / 3);
        ControllerParameters memory reached = effective();
        oracle.setController(ETH, loosest());
        assertParameters(effective(), reached);
        assertEq(rampEnd(), vm.getBlockTimestamp() + RAMP);
        skip(RAMP / 2);
        assertEq(effective().floor, (uint256(reached.floor) + 0.1e18) / 2);
    }

    /// Between any two moments a few minutes apart, with rounds that repeat the price, no volatility moves by more than time may move it.
    /// The steepest ramp there is takes a floor, hence initial, up by 2.7 points an hour; and the half-life from 90 to 7 days, after a fall by
    /// a fifth within the hour, the observed by 4.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_marginIsContinuousThroughAnyChange(uint256 seed) public {
        pushAfter(30 minutes, 1700e8);
        pushAfter(20 minutes, 1650e8);
        oracle.walk(ETH, 128);
        MarginVolatility memory last = oracle.marginVolatility(ETH);
        oracle.setController(ETH, randomParameters(seed));
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(last));
        for (uint256 i = 0; i < 500; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 elapsed = 1 + (seed % 10 minutes);
            skip(elapsed);
            // At most one round is pending: a backlog is weighed as one return at its end.
            oracle.walk(ETH, 128);
            if (seed % 2 == 0) aggregator.push(1650e8);
            MarginVolatility memory next = oracle.marginVolatility(ETH);
            // What a repeated price adds: it closes the return of the hour at its full weight.
            uint256 most = (0.04e18 * elapsed) / 1 hours + 0.001e18;
            assertApproxEqAbs(next.observed, last.observed, most, "observed");
            assertApproxEqAbs(next.target, last.target, most, "target");
            assertLe(next.initial, last.initial + most, "initial");
            assertLe(next.maintenance, last.maintenance + (last.maintenance * elapsed) / 9 hours, "maintenance");
            last = next;
        }
    }

    /// The whole jump that there would be without a ramp: a fifth of the volatility for a half-life of a quarter.
    function test_aShorterHalfLifeDoesNotMultiplyTheMoveOfTheHour() public {
        pushAfter(5 minutes, 1800e8);
        oracle.walk(ETH, 128);
        uint256 before = oracle.marginVolatility(ETH).observed;
        ControllerParameters memory p = parameters();
        p.realisedHalfLifeSeconds = 7 days;
        oracle.setController(ETH, p);
        skip(1);
        assertApproxEqAbs(oracle.marginVolatility(ETH).observed, before, 1e13);
        // As it would be if the half-life had changed at once.
        uint256 variance = 0.36e18 + (0.0111e18 * uint256(365) * 0.693147e6) / (7 * 1e6);
        assertGt(FixedPointMathLib.sqrt(variance * 1e18), before + 0.15e18);
    }

    /// Rounds are taken in with the parameters of their own time, whoever walks them later, across two overlapping ramps and their end.
    /// hardhat-config: fuzz.runs = 64
    function testFuzz_sameStateWhoeverWalksWhileParametersMove(uint256 seed) public {
        VolatilityOracle eager = oracle;
        VolatilityOracle random = newOracle();
        VolatilityOracle late = newOracle();
        for (uint256 i = 0; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            pushAfter((seed >> 8) % 4 hours, int256(1500e8 + ((seed >> 64) % 1000e8)));
            eager.walk(ETH, 128);
            random.walk(ETH, (seed >> 210) % 4);
            if (i == 10 || i == 20) {
                ControllerParameters memory p = randomParameters(seed);
                eager.setController(ETH, p);
                random.setController(ETH, p);
                late.setController(ETH, p);
            }
        }
        skip(seed % 2 == 0 ? 0 : 3 days);
        walkAll(random);
        walkAll(late);
        assertSameState(eager, random);
        assertSameState(eager, late);
        assertEq(abi.encode(eager.marginVolatility(ETH)), abi.encode(late.marginVolatility(ETH)));
    }

    /// Once rounds are walked beyond its end, a ramp leaves nothing behind: the oracle is as cheap as before it.
    function test_theRampsWordsAreReadOnlyWhileItRuns() public {
        ControllerParameters memory p = parameters();
        p.floor = 0.6e18;
        oracle.setController(ETH, p);
        uint256 ramping = uint256(wordOf(oracle, 2)) >> 232;
        assertEq(ramping, 1, "flag");
        pushAfter(RAMP - 1, ETH_PRICE);
        oracle.walk(ETH, 128);
        assertEq(uint256(wordOf(oracle, 2)) >> 232, 1, "not yet over");
        pushAfter(1, ETH_PRICE);
        oracle.walk(ETH, 128);
        assertEq(uint256(wordOf(oracle, 2)) >> 232, 0, "over");
        assertParameters(effective(), p);
    }

    function testFuzz_oneRoundPendingReadsAsIfItWereWalkedWhileParametersMove(
        uint256 seed,
        uint256 elapsed,
        uint256 later
    ) public {
        oracle.setController(ETH, randomParameters(seed));
        pushAfter(bound(elapsed, 0, 2 days), int256(bound(seed >> 16, 500e8, 5000e8)));
        skip(bound(later, 0, 3 days));
        MarginVolatility memory pending = oracle.marginVolatility(ETH);
        oracle.walk(ETH, 128);
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(pending));
    }

    function test_aChangeWaitsForALongBacklog() public {
        for (uint256 i = 0; i < 130; ++i) pushAfter(10, ETH_PRICE);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.RoundsPending.selector, ETH));
        oracle.setController(ETH, tightest());
    }
}
