// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Feed, Price } from "../../contracts/interfaces/IPriceOracle.sol";
import { IVolatilityOracle, MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { AggregatorProxy } from "../../contracts/mocks/AggregatorProxy.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract VolatilityOracleWalkTest is OracleTest {
    uint256 private constant ROUNDS = 24;
    uint80 private constant PHASE = 1 << 64;

    function cursorRound() private view returns (uint80 round) {
        (round, , ) = oracle.cursor(ETH);
    }

    function cursorPrice() private view returns (uint256 price) {
        (, , price) = oracle.cursor(ETH);
    }

    /// A random next round: often at once, sometimes an outage; now and then unusable, or a hole.
    function pushRandom(uint256 random) private {
        uint256 kind = random % 16;
        uint256 elapsed =
            kind == 0
                ? MAX_AGE + ((random >> 8) % 1 days)
                : kind < 4
                    ? 0
                    : (random >> 8) % 5000;
        skip(elapsed);
        if (kind == 5) return aggregator.skip();
        if (kind == 6) return aggregator.push(0);
        if (kind == 7) return aggregator.push(MAX_ANSWER);
        aggregator.push(int256(1500e8 + ((random >> 64) % 1000e8)));
    }

    function testFuzz_sameStateWhoeverWalksAndInWhateverSplit(uint256 seed) public {
        VolatilityOracle eager = oracle;
        VolatilityOracle random = newOracle();
        VolatilityOracle late = newOracle();
        for (uint256 i = 0; i < ROUNDS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            pushRandom(seed);
            eager.walk(ETH, 128);
            skip((seed >> 200) % 3 == 0 ? (seed >> 128) % 2 hours : 0);
            random.walk(ETH, (seed >> 210) % 4);
        }
        // A hole at the very end is no hole before a later round shows it.
        pushAfter(1, ETH_PRICE);
        walkAll(eager);
        skip(3 days);
        walkAll(random);
        walkAll(late);
        assertSameState(eager, random);
        assertSameState(eager, late);
        assertEq(eager.validSince(ETH), late.validSince(ETH));
        assertEq(abi.encode(eager.marginVolatility(ETH)), abi.encode(late.marginVolatility(ETH)));
        assertEq(uint64(cursorRound()), aggregator.latestRound(), "none is left out");
    }

    /// The new aggregator has run, and goes on, beside the old one; the old one falls silent some time after the switch.
    function testFuzz_sameStateAcrossAChangeOfPhase(uint256 seed) public {
        VolatilityOracle eager = oracle;
        VolatilityOracle late = newOracle();
        MockAggregator next = new MockAggregator(8, "next");
        MockAggregator old = aggregator;
        for (uint256 i = 0; i < 2 * ROUNDS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 3000);
            if (i < ROUNDS + 4) old.push(int256(1500e8 + ((seed >> 64) % 1000e8)));
            if (i > ROUNDS / 2) next.push(int256(1500e8 + ((seed >> 64) % 1000e8)));
            if (i == ROUNDS) switchTo(next);
            eager.walk(ETH, 1 + ((seed >> 200) % 3));
        }
        skip(MAX_AGE + 1);
        next.push(ETH_PRICE);
        walkAll(eager);
        walkAll(late);
        assertSameState(eager, late);
        assertEq(cursorRound(), 2 * PHASE + next.latestRound(), "in the new phase");
    }

    function test_walksNoMoreThanAskedAndNoMoreThanTheLimit() public {
        for (uint256 i = 0; i < 140; ++i) pushAfter(60, ETH_PRICE);
        assertEq(oracle.walk(ETH, 0), 0);
        assertEq(oracle.walk(ETH, 3), 3);
        assertEq(uint64(cursorRound()), 4);
        assertEq(oracle.walk(ETH, type(uint256).max), 128);
        assertEq(oracle.walk(ETH, 128), 9);
        assertEq(oracle.walk(ETH, 128), 0);
    }

    function test_announcesWhatWasWalked() public {
        pushAfter(60, ETH_PRICE + 10e8);
        pushAfter(60, ETH_PRICE);
        MarginVolatility memory after_ = VolatilityOracleWalkTest(address(this)).walkedVolatility();
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.RoundsWalked(ETH, PHASE + 1, PHASE + 3, after_);
        oracle.walk(ETH, 128);
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(after_));
    }

    /// What a walk leads to, without leaving a trace.
    function walkedVolatility() external returns (MarginVolatility memory volatility) {
        uint256 snapshot = vm.snapshotState();
        oracle.walk(ETH, 128);
        volatility = oracle.marginVolatility(ETH);
        vm.revertToState(snapshot);
    }

    function test_unusableAnswersGiveNoReturnButDoNotStopTheWalk() public {
        pushAfter(60, 0);
        pushAfter(60, -5);
        pushAfter(60, MAX_ANSWER);
        aggregator.skip();
        pushAfter(60, ETH_PRICE);
        VolatilityOracle undisturbed = newOracle();
        assertEq(oracle.walk(ETH, 128), 5);
        assertEq(cursorPrice(), 2000e18);
        assertLe(oracle.marginVolatility(ETH).observed, undisturbed.marginVolatility(ETH).observed);
    }

    function test_aHoleIsPassedOnceALaterRoundShowsIt() public {
        aggregator.skip();
        assertEq(oracle.walk(ETH, 128), 0, "may still come");
        pushAfter(60, ETH_PRICE);
        assertEq(oracle.walk(ETH, 128), 2);
    }

    function test_roundsThatAreNotNewerAreSkipped() public {
        pushAfter(100, ETH_PRICE);
        oracle.walk(ETH, 1);
        aggregator.push(1000e8, START + 50);
        assertEq(oracle.walk(ETH, 1), 1);
        assertEq(cursorPrice(), 2000e18);
    }

    function test_aRoundDatedInTheFutureWaits() public {
        aggregator.push(1900e8, START + 100);
        assertEq(oracle.walk(ETH, 1), 0);
        skip(100);
        assertEq(oracle.walk(ETH, 1), 1);
    }

    function test_aBrokenFeedStopsTheWalkWithoutReverting() public {
        pushAfter(60, 1900e8);
        aggregator.setBroken(true);
        assertEq(oracle.walk(ETH, 128), 0);
        oracle.marginVolatility(ETH);
        aggregator.setBroken(false);
        assertEq(oracle.walk(ETH, 128), 1);
    }

    function test_aPhaseIsLeftInItsSilenceForTheFirstNewerRoundOfTheNext() public {
        MockAggregator next = new MockAggregator(8, "next");
        for (uint256 i = 0; i < 50; ++i) {
            skip(60);
            aggregator.push(ETH_PRICE);
            next.push(3000e8);
        }
        switchTo(next);
        skip(60);
        next.push(1990e8);
        skip(60);
        next.push(1980e8);
        assertEq(oracle.walk(ETH, 128), 50, "the old phase could still go on");
        skip(MAX_AGE);
        assertEq(oracle.walk(ETH, 1), 1);
        assertEq(cursorRound(), 2 * PHASE + 51);
        assertEq(cursorPrice(), 1990e18);
        assertEq(oracle.walk(ETH, 128), 1);
    }

    function test_aPhaseWithoutANewerRoundIsPassedOver() public {
        MockAggregator stillborn = new MockAggregator(8, "stillborn");
        stillborn.push(ETH_PRICE);
        switchTo(stillborn);
        MockAggregator next = new MockAggregator(8, "next");
        switchTo(next);
        skip(MAX_AGE);
        next.push(1990e8);
        skip(1);
        assertEq(oracle.walk(ETH, 128), 1);
        assertEq(cursorRound(), 3 * PHASE + 1);
    }

    function test_aReplacedFeedGoesOnWithItsFirstNewerRound() public {
        MockAggregator other = new MockAggregator(8, "other");
        for (uint256 i = 0; i < 10; ++i) {
            skip(60);
            aggregator.push(ETH_PRICE);
            other.push(ETH_PRICE);
        }
        oracle.walk(ETH, 128);
        Feed memory feed = ethFeed();
        feed.aggregator = address(new AggregatorProxy(address(other)));
        prices.setFeed(ETH, feed);
        assertEq(oracle.walk(ETH, 128), 0);
        assertEq(cursorRound(), PHASE + 10);
        skip(60);
        other.push(1950e8);
        assertEq(oracle.walk(ETH, 128), 1);
        assertEq(cursorPrice(), 1950e18);
    }

    function test_validSinceIsTheEndOfTheLastOutage() public {
        assertEq(oracle.validSince(ETH), START);
        pushAfter(MAX_AGE, ETH_PRICE);
        assertEq(oracle.validSince(ETH), START, "no outage at the limit, walked or not");
        oracle.walk(ETH, 128);
        assertEq(oracle.validSince(ETH), START, "no outage at the limit");
        pushAfter(MAX_AGE + 1, ETH_PRICE);
        uint40 end = uint40(START + 2 * MAX_AGE + 1);
        assertEq(oracle.validSince(ETH), end, "not yet walked");
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.OutageEnded(ETH, uint40(START + MAX_AGE), end);
        oracle.walk(ETH, 128);
        assertEq(oracle.validSince(ETH), end);
        pushAfter(HEARTBEAT, ETH_PRICE);
        assertEq(oracle.validSince(ETH), end, "an ordinary round does not restart the clock");
        oracle.walk(ETH, 128);
        assertEq(oracle.validSince(ETH), end);
    }

    function test_anOutageHiddenInTheBacklogCountsFromTheNewestRound() public {
        pushAfter(MAX_AGE + 1, ETH_PRICE);
        pushAfter(60, ETH_PRICE);
        assertEq(oracle.validSince(ETH), START + MAX_AGE + 61);
        oracle.walk(ETH, 128);
        assertEq(oracle.validSince(ETH), START + MAX_AGE + 1);
    }

    function test_unusableAnswersAreAnOutageHoweverShort() public {
        pushAfter(60, 0);
        oracle.walk(ETH, 128);
        assertEq(oracle.validSince(ETH), START);
        pushAfter(60, ETH_PRICE);
        assertEq(oracle.validSince(ETH), START + 120);
        vm.expectEmit(address(oracle));
        emit IVolatilityOracle.OutageEnded(ETH, uint40(START), uint40(START + 120));
        oracle.walk(ETH, 128);
        assertEq(oracle.validSince(ETH), START + 120);
    }

    function test_revertsForWhatIsNotListed() public {
        bytes memory expected = abi.encodeWithSelector(IVolatilityOracle.NotListed.selector, uint16(9));
        Price memory newest = prices.price(ETH);
        vm.expectRevert(expected);
        oracle.walk(9, 1);
        vm.expectRevert(expected);
        oracle.marginVolatility(9);
        vm.expectRevert(expected);
        oracle.surface(9);
        vm.expectRevert(expected);
        oracle.validSince(9);
        vm.expectRevert(expected);
        oracle.cursor(9);
        vm.expectRevert(expected);
        oracle.forecast(9, 1);
        vm.expectRevert(expected);
        oracle.noticeSeconds(9, 1e18);
        vm.expectRevert(expected);
        oracle.controller(9);
        vm.expectRevert(expected);
        oracle.snapshot(9, newest.value, newest.updatedAt);
    }
}
