// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IPriceOracle } from "../../contracts/interfaces/IPriceOracle.sol";
import { ISettlementPrices } from "../../contracts/interfaces/ISettlementPrices.sol";
import { AggregatorProxy } from "../../contracts/mocks/AggregatorProxy.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { PriceOracle } from "../../contracts/PriceOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

contract PriceOracleSettlementTest is OracleTest {
    uint40 private constant EXPIRY = uint40(START + 10 hours);
    uint256 private constant WINDOW = 30 minutes;
    uint40 private constant WINDOW_START = EXPIRY - uint40(WINDOW);

    function id(uint80 phase, uint80 round) private pure returns (uint80) {
        return (phase << 64) | round;
    }

    function pushAt(uint256 time, int256 answer) private {
        vm.warp(time);
        aggregator.push(answer, time);
    }

    function prove(uint80 firstRound, uint256 maxRounds) private returns (uint256) {
        return prices.proveSettlement(ETH, EXPIRY, firstRound, maxRounds);
    }

    function price() private view returns (uint256 value) {
        bool isFinal;
        (value, isFinal) = prices.settlementPrice(ETH, EXPIRY);
        assertTrue(isFinal, "not final");
    }

    function assertOpen() private view {
        (uint256 value, bool isFinal) = prices.settlementPrice(ETH, EXPIRY);
        assertFalse(isFinal, "final");
        assertEq(value, 0);
    }

    /// 2,000 for 10 minutes, 2,100 for 15, 2,400 for 5; then a later round.
    function pushWindow() private {
        pushAt(WINDOW_START - 1 hours, 1900e8);
        pushAt(WINDOW_START - 1 minutes, 2000e8);
        pushAt(WINDOW_START + 10 minutes, 2100e8);
        pushAt(WINDOW_START + 25 minutes, 2400e8);
        pushAt(EXPIRY + 3 minutes, 9000e8);
    }

    function expectedOfWindow() private pure returns (uint256) {
        return (2000e18 * 10 + 2100e18 * 15 + 2400e18 * 5) / uint256(30);
    }

    function test_averagesTheWindowByTime() public {
        pushWindow();
        vm.expectEmit(address(prices));
        emit ISettlementPrices.SettlementPriceProven(ETH, EXPIRY, expectedOfWindow());
        assertEq(prove(id(1, 3), 128), 3, "the two inside and the one after");
        assertEq(price(), expectedOfWindow());
    }

    function testFuzz_theSamePriceWhereverTheWalkBeginsAndInWhateverPieces(uint256 seed) public {
        pushAt(START + 1 hours, 1800e8);
        uint256 time = WINDOW_START - 20 minutes;
        uint256 sum = 0;
        uint256 last = 1800e18;
        uint256 lastAt = time;
        uint80 covering = 2;
        for (uint80 i = 3; time < EXPIRY; ++i) {
            time += 1 + (uint256(keccak256(abi.encode(seed, i))) % 6 minutes);
            uint256 next = 1e18 * (1000 + (uint256(keccak256(abi.encode(seed, i, "price"))) % 2000));
            uint256 from = lastAt < WINDOW_START ? WINDOW_START : lastAt;
            uint256 to = time < EXPIRY ? time : EXPIRY;
            if (to > from) sum += last * (to - from);
            (last, lastAt) = (next, time);
            pushAt(time, int256(next / 1e10));
            if (time <= WINDOW_START) covering = i;
        }
        uint80 first = 1 + uint80(seed % covering);
        prove(id(1, first), seed % 3);
        while (true) {
            if (seed % 5 == 0) prove(id(1, 1 + uint80(seed % 7)), 1);
            if (prove(0, 1 + (seed % 4)) == 0) break;
        }
        assertEq(price(), sum / WINDOW);
    }

    function test_finalOnlyWithALaterRound() public {
        pushAt(WINDOW_START - 5 minutes, 2000e8);
        vm.warp(EXPIRY + 2 hours);
        prove(id(1, 2), 128);
        assertOpen();
        pushAt(EXPIRY + 3 hours, 2500e8);
        prove(0, 128);
        assertEq(price(), 2000e18, "what came later weighs nothing");
    }

    function test_aRoundAtTheExpiryIsTheLast() public {
        pushAt(WINDOW_START, 2000e8);
        pushAt(EXPIRY, 3000e8);
        assertEq(prove(id(1, 2), 128), 1);
        assertEq(price(), 2000e18);
    }

    function test_ofTwoRoundsInTheSameSecondTheLaterHolds() public {
        pushAt(WINDOW_START, 2000e8);
        pushAt(WINDOW_START + 10 minutes, 2100e8);
        pushAt(WINDOW_START + 10 minutes, 2400e8);
        pushAt(EXPIRY, 3000e8);
        assertEq(prove(id(1, 2), 128), 3);
        assertEq(price(), (2000e18 * 10 + 2400e18 * 20) / uint256(30));
    }

    function test_finalIsFinal() public {
        pushWindow();
        prove(id(1, 3), 128);
        assertEq(prove(id(1, 1), 128), 0);
        prices.setFeed(ETH, ethFeed());
        assertEq(prove(id(1, 2), 128), 0);
        assertEq(price(), expectedOfWindow());
    }

    function test_refusesToBeginBeforeTheExpiry() public {
        pushAt(WINDOW_START - 1, 2000e8);
        vm.warp(EXPIRY - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.ExpiryNotReached.selector, EXPIRY));
        prove(id(1, 2), 128);
        vm.warp(EXPIRY);
        assertEq(prove(id(1, 2), 128), 0);
        assertOpen();
        vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.ExpiryNotReached.selector, uint40(WINDOW)));
        prices.proveSettlement(ETH, uint40(WINDOW), id(1, 2), 128);
    }

    function test_refusesAFirstRoundThatDoesNotCoverTheWindow() public {
        pushWindow();
        uint80[5] memory wrong = [id(1, 4), id(1, 6), id(1, 99), id(2, 1), id(0, 0)];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.InvalidFirstRound.selector, wrong[i]));
            prove(wrong[i], 128);
        }
        prove(id(1, 3), 128);
        assertEq(price(), expectedOfWindow());
    }

    function test_refusesAnUnderlyingWithoutAFeed() public {
        vm.warp(EXPIRY);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoFeed.selector, uint16(7)));
        prices.proveSettlement(7, EXPIRY, id(1, 1), 128);
    }

    function test_noRoundCanBeSkipped() public {
        pushWindow();
        prove(id(1, 3), 1);
        // The round at 25 minutes inside the window, or one after the expiry, as if they came next.
        prove(id(1, 5), 0);
        prove(id(1, 6), 0);
        (uint80 roundId, ) = prices.settlementProof(ETH, EXPIRY);
        assertEq(roundId, id(1, 4));
        prove(0, 128);
        assertEq(price(), expectedOfWindow());
    }

    function test_aBeginningThatIsTooEarlyIsMovedForward() public {
        for (uint256 i = 1; i <= 300; ++i) pushAfter(60, 1900e8);
        pushWindow();
        prove(id(1, 1), 1);
        assertEq(prove(id(1, 303), 128), 3);
        assertEq(price(), expectedOfWindow());
    }

    function test_walksABoundedNumberOfRounds() public {
        for (uint256 i = 1; i <= 300; ++i) pushAfter(60, 1900e8);
        pushWindow();
        assertEq(prove(id(1, 1), type(uint256).max), 128);
        assertOpen();
    }

    function test_unusableAnswersCountAsNotThere() public {
        pushAt(WINDOW_START - 2 minutes, 2000e8);
        pushAt(WINDOW_START - 1 minutes, 0);
        pushAt(WINDOW_START + 10 minutes, MIN_ANSWER);
        aggregator.skip();
        pushAt(WINDOW_START + 15 minutes, 2200e8);
        pushAt(WINDOW_START + 20 minutes, MAX_ANSWER);
        pushAt(EXPIRY + 1, -1);
        vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.InvalidFirstRound.selector, id(1, 3)));
        prove(id(1, 3), 128);
        prove(id(1, 2), 128);
        assertOpen();
        pushAt(EXPIRY + 2, 100e8);
        prove(0, 128);
        assertEq(price(), 2100e18);
    }

    function test_theLastPriceHoldsThroughAnOutage() public {
        pushAt(START + 1 hours, 2000e8);
        pushAt(EXPIRY + 3 days, 1000e8);
        prove(id(1, 2), 128);
        assertEq(price(), 2000e18);
    }

    function testFuzz_aPushInTheLastRoundMovesOnlyItsShareOfTime(uint256 last, int256 pushed) public {
        last = bound(last, 1, 30 minutes);
        pushed = bound(pushed, 2e8, 900_000e8);
        pushAt(WINDOW_START, 2000e8);
        pushAt(EXPIRY - last, pushed);
        pushAt(EXPIRY, pushed);
        prove(id(1, 2), 128);
        assertEq(price(), (2000e18 * (WINDOW - last) + uint256(pushed) * 1e10 * last) / WINDOW);
    }

    // Phases of the proxy

    function test_goesOnInTheNextPhaseOnlyAfterASilence() public {
        pushAt(WINDOW_START - 5 minutes, 2000e8);
        MockAggregator second = new MockAggregator(8, "ETH / USD");
        switchTo(second);
        vm.warp(WINDOW_START + 10 minutes);
        second.push(2600e8);
        vm.warp(EXPIRY + 1 minutes);
        second.push(9999e8);
        prove(id(1, 2), 128);
        assertOpen();
        vm.warp(WINDOW_START + MAX_AGE);
        prove(0, 128);
        assertEq(price(), 2400e18, "the second phase from its first round on");
    }

    function test_aPhaseThatRanBesideItsPredecessorIsNoBeginning() public {
        MockAggregator second = new MockAggregator(8, "ETH / USD");
        pushAt(WINDOW_START - 5 minutes, 2000e8);
        second.push(2500e8);
        pushAt(EXPIRY + 1, 2000e8);
        second.push(2500e8);
        switchTo(second);
        vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.EarlierPhase.selector, 1));
        prove(id(2, 1), 128);
        prove(id(1, 2), 128);
        assertEq(price(), 2000e18);
    }

    function test_aPhaseThatWasLeftIsNoBeginningThatChangesThePrice() public {
        uint80 covering = leaveFirstPhase();
        // From the first phase on, as everybody walks.
        prove(id(1, 1), 128);
        assertEq(price(), 2300e18);
        PriceOracle fresh = PriceOracle(deploy("PriceOracle", abi.encode(address(manager), address(0), 0)));
        fresh.setFeed(ETH, ethFeed());
        fresh.proveSettlement(ETH, EXPIRY, covering, 128);
        (uint256 other, bool isFinal) = fresh.settlementPrice(ETH, EXPIRY);
        assertTrue(isFinal);
        assertEq(other, 2300e18);
    }

    function test_whatOneProofKnowsOfPhasesHoldsForLaterOnes() public {
        uint80 covering = leaveFirstPhase();
        prove(covering, 128);
        uint40 next = EXPIRY + 5 hours;
        vm.warp(next);
        vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.InvalidFirstRound.selector, id(1, 1)));
        prices.proveSettlement(ETH, next, id(1, 1), 128);
        // One that expired before asks again.
        uint40 previous = uint40(START + 1 hours);
        prices.proveSettlement(ETH, previous, id(1, 1), 128);
        (uint256 value, ) = prices.settlementPrice(ETH, previous);
        assertEq(value, 2000e18);
    }

    function test_aFeedThatIsReplacedOnTheWayBeginsAgain() public {
        pushWindow();
        prove(id(1, 3), 1);
        MockAggregator other = new MockAggregator(8, "ETH / USD");
        other.push(2200e8, WINDOW_START - 1);
        other.push(2200e8, EXPIRY + 1);
        proxy = new AggregatorProxy(address(other));
        prices.setFeed(ETH, ethFeed());
        vm.expectRevert(abi.encodeWithSelector(ISettlementPrices.InvalidFirstRound.selector, 0));
        prove(0, 128);
        prove(id(1, 1), 128);
        assertEq(price(), 2200e18);
    }

    /// The first phase ends at START, the second begins five hours later: longer than the feed's limit.
    /// @return covering The last round before the window.
    function leaveFirstPhase() private returns (uint80 covering) {
        MockAggregator second = new MockAggregator(8, "ETH / USD");
        switchTo(second);
        vm.warp(START + 5 hours);
        second.push(2100e8);
        vm.warp(WINDOW_START - 1);
        second.push(2300e8);
        vm.warp(EXPIRY + 1);
        second.push(5000e8);
        return id(2, 2);
    }
}
