// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { MarginVolatility } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { MockAggregator } from "../../contracts/mocks/MockAggregator.sol";
import { VolatilityOracle } from "../../contracts/VolatilityOracle.sol";
import { PublisherTest } from "../helpers/PublisherTest.sol";

/// The published bounds of `IVolatilityOracle`, number by number, under whatever feeds and callers do. What that means for accounts is in
/// `Liquidator.OracleAbuse.t.sol`, what publishers can do in `VolatilityOracle.Publishers.t.sol`.
contract VolatilityOracleAbuseTest is PublisherTest {
    /// 0.7²/τ a year at a half-life of 30 days: 0.49·ln 2·365/30.
    uint256 private constant MOST_PER_ANSWER = 4.1324e18;

    function assertOrderedAndLimited(VolatilityOracle of_) private view returns (MarginVolatility memory volatility) {
        volatility = of_.marginVolatility(ETH);
        assertLe(volatility.maintenance, volatility.target, "maintenance above target");
        assertLe(volatility.target, volatility.initial, "target above initial");
        assertLe(volatility.initial, 4e18, "initial");
        assertLe(volatility.observed, volatility.stressed, "observed above its peak");
        assertLe(volatility.stressed, 4e18, "stressed");
    }

    function squared(uint256 volatility) private pure returns (uint256) {
        return (volatility * volatility) / 1e18;
    }

    /// One answer, however absurd: at most 0.49/τ of variance; its return as much; maintenance nothing at once.
    function testFuzz_oneAnswerAddsABoundedVariance(uint256 answer, uint256 gap, bool walked) public {
        int256 absurd = int256(bound(answer, uint128(MIN_ANSWER) + 1, uint128(MAX_ANSWER) - 1));
        uint256 before = oracle.marginVolatility(ETH).maintenance;
        pushAfter(bound(gap, 0, MAX_AGE), absurd);
        if (walked) oracle.walk(ETH, 1);
        MarginVolatility memory volatility = assertOrderedAndLimited(oracle);
        assertLe(squared(volatility.observed), squared(REALISED) + MOST_PER_ANSWER, "there");
        assertLe(volatility.maintenance, before + 5, "at once");
        aggregator.push(ETH_PRICE);
        if (walked) oracle.walk(ETH, 1);
        volatility = assertOrderedAndLimited(oracle);
        assertLe(squared(volatility.observed), squared(REALISED) + 2 * MOST_PER_ANSWER, "and back");
        assertLe(volatility.maintenance, before + 5, "still nothing");
    }

    /// Any number of rounds in one block: every return counts, in the order of the rounds, and maintenance does not move.
    function testFuzz_manyUpdatesInOneBlock(uint256 seed) public {
        VolatilityOracle late = newOracle();
        skip(30 minutes);
        uint256 before = oracle.marginVolatility(ETH).maintenance;
        uint256 last = squared(oracle.marginVolatility(ETH).observed);
        for (uint256 i = 0; i < 10; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            aggregator.push(int256(1000e8 + (seed % 2000e8)));
            if (seed % 3 == 0) oracle.walk(ETH, 1 + (seed % 4));
            assertLe(assertOrderedAndLimited(oracle).maintenance, before + 20, "no time, no rise");
        }
        oracle.walk(ETH, 128);
        late.walk(ETH, 128);
        assertSameState(oracle, late);
        assertGe(squared(oracle.marginVolatility(ETH).observed) + 10, last, "only adds");
    }

    /// Left out, and found later: as if they had come in order.
    function test_skippedRoundsAddNothingAndHideNothing() public {
        VolatilityOracle undisturbed = newOracle();
        for (uint256 i = 0; i < 5; ++i) aggregator.skip();
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(undisturbed.marginVolatility(ETH)));
        pushAfter(20 minutes, 1900e8);
        assertEq(oracle.walk(ETH, 128), 6);
        assertEq(oracle.walk(ETH, 128), 0);
        uint256 expected = squared(REALISED) + (0.002631e18 * uint256(8.4333e18)) / 1e18;
        assertApproxEqRel(squared(oracle.marginVolatility(ETH).observed), expected, 0.001e18, "one return of 5 %");
    }

    /// Without rounds everything falls with time, whether the last prices were calm or not, and nothing starts from the gap.
    function testFuzz_aDeadFeedOnlyFades(uint256 answer, uint256 dead) public {
        pushAfter(10 minutes, int256(bound(answer, 1200e8, 3300e8)));
        oracle.walk(ETH, 1);
        skip(3 days);
        MarginVolatility memory last = assertOrderedAndLimited(oracle);
        uint256 step = 1 + (dead % 10 days);
        for (uint256 i = 0; i < 10; ++i) {
            skip(step);
            MarginVolatility memory volatility = assertOrderedAndLimited(oracle);
            assertLe(volatility.observed, last.observed, "observed");
            assertLe(volatility.initial, last.initial, "initial");
            assertEq(volatility.stressed, last.stressed, "stressed");
            last = volatility;
        }
        aggregator.push(ETH_PRICE);
        assertLe(assertOrderedAndLimited(oracle).maintenance, last.maintenance + 5, "no start");
    }

    /// A feed that sticks to its limits says nothing about volatility, however often.
    function test_aFeedFrozenAtItsBoundAddsNothing() public {
        VolatilityOracle undisturbed = newOracle();
        MarginVolatility memory before = oracle.marginVolatility(ETH);
        for (uint256 i = 0; i < 20; ++i) aggregator.push(i % 2 == 0 ? int256(MIN_ANSWER) : int256(MAX_ANSWER));
        oracle.walk(ETH, 128);
        assertEq(abi.encode(oracle.marginVolatility(ETH)), abi.encode(before));
        assertEq(abi.encode(undisturbed.marginVolatility(ETH)), abi.encode(before));
    }

    /// Whoever never walks, walks at every round, or only after falls: the state in the end is one, no read on the way exceeds what was forecast, and
    /// none is below what the last walk left, decayed.
    function testFuzz_whoeverUpdatesWhenever(uint256 seed) public {
        VolatilityOracle[3] memory oracles = [oracle, newOracle(), newOracle()];
        uint256 promised = oracle.forecast(ETH, 3 days);
        for (uint256 i = 0; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int256 answer = int256(1500e8 + ((seed >> 64) % 1000e8));
            pushAfter((seed >> 8) % 100 minutes, answer);
            oracles[1].walk(ETH, 128);
            if (answer < 1700e8) oracles[2].walk(ETH, 128);
            for (uint256 k = 0; k < 3; ++k) {
                MarginVolatility memory volatility = assertOrderedAndLimited(oracles[k]);
                assertLe(volatility.maintenance, promised, "forecast");
                assertGe(volatility.target + 2, leastTarget(), "decayed");
            }
        }
        for (uint256 k = 0; k < 3; ++k) walkAll(oracles[k]);
        assertSameState(oracles[0], oracles[1]);
        assertSameState(oracles[0], oracles[2]);
        assertEq(abi.encode(oracles[0].marginVolatility(ETH)), abi.encode(oracles[2].marginVolatility(ETH)));
    }

    /// 0.6·(the seed, decayed since the listing) + 0.4·stressed.
    function leastTarget() private view returns (uint256) {
        int256 exponent = -(int256(0.693147180559945309e18) * int256(vm.getBlockTimestamp() - START)) / 60 days;
        uint256 decayed = (REALISED * uint256(FixedPointMathLib.expWad(exponent))) / 1e18;
        return (decayed * 6 + STRESSED * 4) / 10;
    }

    /// A next phase whose rounds are dated before what was read already: no read exceeds what was forecast before they came to light.
    function testFuzz_roundsOfAnotherPhaseThatComeToLightLate(uint256 seed) public {
        MockAggregator next = new MockAggregator(8, "next");
        for (uint256 i = 0; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 50 minutes);
            if (i < 8) aggregator.push(int256(1900e8 + ((seed >> 64) % 200e8)));
            next.push(int256(1000e8 + ((seed >> 64) % 2000e8)));
            oracle.walk(ETH, 128);
        }
        uint256 until = vm.getBlockTimestamp() + 2 days;
        uint256 promised = oracle.forecast(ETH, 2 days);
        switchTo(next);
        while (vm.getBlockTimestamp() <= until) {
            assertLe(assertOrderedAndLimited(oracle).maintenance, promised, "forecast");
            oracle.walk(ETH, 1 + (seed % 3));
            skip(2 hours);
        }
    }
}
