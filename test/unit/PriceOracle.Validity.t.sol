// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IPriceOracle, Price, Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { OracleTest } from "../helpers/OracleTest.sol";

/// Answers any call with as much data as wanted, or burns all gas.
contract OddFeed {
    bytes private answer;
    bool private burn;

    function set(bytes calldata answer_, bool burn_) external {
        answer = answer_;
        burn = burn_;
    }

    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        while (burn) {}
        return answer;
    }
}

/// Takes 150,000 gas to answer.
contract CostlyFeed {
    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        uint256 start = gasleft();
        while (start - gasleft() < 150_000) {}
        return abi.encode(1, 2000e8, block.timestamp, block.timestamp, 1);
    }
}

contract PriceOracleValidityTest is OracleTest {
    function priceNow() private view returns (Price memory) {
        return prices.price(ETH);
    }

    /// In place of the proxy, on empty storage.
    function replaceProxy() private returns (OddFeed odd) {
        vm.etch(address(proxy), address(new OddFeed()).code);
        vm.store(address(proxy), bytes32(0), bytes32(0));
        return OddFeed(address(proxy));
    }

    function assertInvalidAt(uint256 value, uint256 updatedAt) private view {
        Price memory price = priceNow();
        assertEq(uint256(price.validity), uint256(Validity.Invalid), "validity");
        assertEq(price.value, value, "value");
        assertEq(price.updatedAt, updatedAt, "updatedAt");
    }

    function test_isFreshUpToItsHeartbeat() public {
        skip(HEARTBEAT);
        Price memory price = priceNow();
        assertEq(uint256(price.validity), uint256(Validity.Fresh));
        assertEq(price.value, 2000e18);
        assertEq(price.updatedAt, START);
        assertEq(price.overdueSeconds, 0);
    }

    function testFuzz_isLateUpToItsMaximumAgeThenInvalidAndKeepsItsValue(uint256 age) public {
        age = bound(age, HEARTBEAT + 1, 10 * MAX_AGE);
        skip(age);
        Price memory price = priceNow();
        assertEq(uint256(price.validity), uint256(age <= MAX_AGE ? Validity.Late : Validity.Invalid));
        assertEq(price.value, 2000e18);
        assertEq(price.overdueSeconds, age - HEARTBEAT);
    }

    function test_unusableNewestAnswerLooksBackToTheLastUsable() public {
        int256[5] memory answers = [int256(0), -1, MIN_ANSWER, MAX_ANSWER, type(int192).max];
        for (uint256 i = 0; i < answers.length; ++i) {
            pushAfter(1, answers[i]);
            assertInvalidAt(2000e18, START);
            assertFalse(prices.isUsable(ETH, answers[i]));
        }
        pushAfter(1, MIN_ANSWER + 1);
        assertEq(uint256(priceNow().validity), uint256(Validity.Fresh), "recovers");
        assertTrue(prices.isUsable(ETH, MAX_ANSWER - 1));
    }

    function test_lookBackIsBounded() public {
        uint256 limit = prices.MAX_LOOK_BACK_ROUNDS();
        for (uint256 i = 0; i < limit; ++i) pushAfter(1, 0);
        assertInvalidAt(2000e18, START);
        pushAfter(1, 0);
        assertInvalidAt(0, 0);
    }

    function test_brokenFeedIsInvalidWithoutReverting() public {
        aggregator.setBroken(true);
        assertInvalidAt(0, 0);
        aggregator.setBroken(false);
        assertEq(priceNow().value, 2000e18);
    }

    function test_oddReturnDataIsInvalidWithoutReverting() public {
        OddFeed feed = replaceProxy();
        uint256 max = type(uint256).max;
        bytes[5] memory answers = [
            bytes(""),
            new bytes(159),
            new bytes(100_000),
            abi.encode(max, max, max, max, max),
            abi.encode(1, 2000e8, START, START + 1, 1)
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            feed.set(answers[i], false);
            assertInvalidAt(0, 0);
        }
        feed.set(abi.encode(1, 2000e8, START, START, 1), false);
        assertEq(priceNow().value, 2000e18, "a well-formed answer of the same feed is read");
    }

    function test_feedThatBurnsItsGasCostsABoundedAmount() public {
        replaceProxy().set("", true);
        uint256 before = gasleft();
        assertInvalidAt(0, 0);
        assertLt(before - gasleft(), 250_000);
    }

    /// Whatever gas is given, a live feed, be it a costly one, is read rightly or the call reverts.
    function testFuzz_littleGasNeverMakesALiveFeedLookDead(uint256 gas, bool costly) public {
        if (costly) vm.etch(address(proxy), address(new CostlyFeed()).code);
        gas = costly ? bound(gas, 100_000, 200_000) : bound(gas, 3_000, 60_000);
        try prices.price{ gas: gas }(ETH) returns (Price memory price) {
            assertEq(uint256(price.validity), uint256(Validity.Fresh));
        } catch {}
    }

    function test_feedWhoseCodeVanishedIsInvalid() public {
        vm.etch(address(proxy), "");
        assertInvalidAt(0, 0);
    }

    function testFuzz_anyRoundGivesAPriceAndNeverReverts(
        uint256 id,
        int256 answer,
        uint256 startedAt,
        uint256 updatedAt
    ) public {
        replaceProxy().set(abi.encode(id, answer, startedAt, updatedAt, id), false);
        Price memory price = priceNow();
        assertTrue(price.validity == Validity.Invalid || price.value > 0);
        assertLe(price.updatedAt, START);
    }

    function test_revertsOnlyWhereNoFeedWasSet() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoFeed.selector, uint16(2)));
        prices.price(2);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoFeed.selector, uint16(2)));
        prices.isUsable(2, 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoFeed.selector, uint16(2)));
        prices.feed(2);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoFeed.selector, uint16(2)));
        prices.maxAgeSeconds(2);
    }

    function test_answersTheMaximumAgeOfTheFeed() public view {
        assertEq(prices.maxAgeSeconds(1), prices.feed(1).maxAgeSeconds);
    }
}
