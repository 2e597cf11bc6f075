// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { OpenInterest, OpenInterestState } from "../../contracts/libraries/OpenInterest.sol";
import { Test } from "../helpers/Test.sol";

contract OpenInterestTest is Test {
    using OpenInterest for OpenInterestState;

    uint256 private constant NOW = 1_750_000_000;
    /// What a market may have at most, see `ParameterBounds`.
    uint256 private constant MAX_UNITS = 1e30;

    function test_beginsWithNothing() public pure {
        OpenInterestState memory state;
        assertEq(state.withUnits(7e18, NOW).averageAt(NOW), 0);
    }

    function test_movesByTheShareOfADayThatHasPassed() public pure {
        OpenInterestState memory state = stateOf(300e18, 60e18);
        assertEq(state.averageAt(NOW), 60e18);
        assertEq(state.averageAt(NOW + 1 hours), 70e18);
        assertEq(state.averageAt(NOW + 12 hours), 180e18);
        assertEq(state.averageAt(NOW + 24 hours - 1), 300e18 - uint256(240e18) / 24 hours - 1);
        state = stateOf(60e18, 300e18);
        assertEq(state.averageAt(NOW + 1 hours), 290e18);
        assertEq(state.averageAt(NOW + 12 hours), 180e18);
    }

    function testFuzz_reachesTheUnitsAfterADayAndStays(uint256 units, uint256 average, uint256 elapsed) public pure {
        OpenInterestState memory state = stateOf(bound(units, 0, MAX_UNITS), bound(average, 0, MAX_UNITS));
        assertEq(state.averageAt(NOW + bound(elapsed, 1 days, 10_000 days)), state.units);
    }

    function testFuzz_staysBetweenTheAverageAndTheUnits(uint256 units, uint256 average, uint256 elapsed) public pure {
        OpenInterestState memory state = stateOf(bound(units, 0, MAX_UNITS), bound(average, 0, MAX_UNITS));
        uint256 later = state.averageAt(NOW + bound(elapsed, 0, 2 days));
        (uint256 low, uint256 high) = (state.units, state.average);
        if (low > high) (low, high) = (high, low);
        assertGe(later, low);
        assertLe(later, high);
    }

    function testFuzz_aChangeActsFromNowOnOnly(uint256 units, uint256 elapsed) public pure {
        OpenInterestState memory state = stateOf(100e18, 40e18);
        elapsed = bound(elapsed, 0, 2 days);
        OpenInterestState memory changed = state.withUnits(bound(units, 0, MAX_UNITS), NOW + elapsed);
        assertEq(changed.averageAt(NOW + elapsed), state.averageAt(NOW + elapsed));
    }

    /// Any way through a block ends in the same state as going there at once.
    function testFuzz_orderAndPiecesWithinABlockDoNotMatter(uint256[4] memory units, uint256 elapsed) public pure {
        OpenInterestState memory stepwise = stateOf(100e18, 40e18);
        OpenInterestState memory atOnce = stateOf(100e18, 40e18);
        uint256 timestamp = NOW + bound(elapsed, 0, 2 days);
        for (uint256 i = 0; i < 4; ++i) {
            units[i] = bound(units[i], 0, MAX_UNITS);
            stepwise = stepwise.withUnits(units[i], timestamp);
        }
        atOnce = atOnce.withUnits(units[3], timestamp);
        assertEq(abi.encode(stepwise), abi.encode(atOnce));
    }

    function testFuzz_neverExceedsTheMostThatWasHeld(uint256[8] memory units, uint256[8] memory elapsed) public pure {
        OpenInterestState memory state;
        uint256 timestamp = NOW;
        uint256 most = 0;
        for (uint256 i = 0; i < 8; ++i) {
            units[i] = bound(units[i], 0, MAX_UNITS);
            timestamp += bound(elapsed[i], 0, 2 days);
            state = state.withUnits(units[i], timestamp);
            assertLe(state.averageAt(timestamp), most, "before the change counts");
            if (units[i] > most) most = units[i];
            assertLe(state.averageAt(timestamp + 1 hours), most);
        }
    }

    function stateOf(uint256 units, uint256 average) private pure returns (OpenInterestState memory) {
        return OpenInterestState(uint104(units), uint104(average), uint40(NOW));
    }
}
