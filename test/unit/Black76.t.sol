// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Black76 } from "../../contracts/libraries/Black76.sol";
import { Test } from "../helpers/Test.sol";

contract Black76Test is Test {
    /// Error of a price, relative to the larger of forward and strike, WAD: two distribution functions of 2e-15 each, and what
    /// logarithms and the division by a small volatility add.
    uint256 private constant MAX_ERROR = 4000;

    struct Quote {
        uint256 forward;
        uint256 strike;
        uint256 totalVolatility;
    }

    function price(bool isCall, Quote memory quote) private pure returns (uint256) {
        int256 logMoneyness =
            FixedPointMathLib.lnWad(int256(quote.forward)) - FixedPointMathLib.lnWad(int256(quote.strike));
        return Black76.price(isCall, quote.forward, quote.strike, logMoneyness, quote.totalVolatility);
    }

    function tolerance(Quote memory quote) private pure returns (uint256) {
        return (FixedPointMathLib.max(quote.forward, quote.strike) * MAX_ERROR) / 1e18 + 2;
    }

    function anyQuote(uint256 forward, uint256 ratio, uint256 volatility) private pure returns (Quote memory quote) {
        quote.forward = bound(forward, 1e16, 1e24);
        quote.strike = (quote.forward * bound(ratio, 0.1e18, 10e18)) / 1e18;
        quote.totalVolatility = bound(volatility, 1e13, 3e18);
    }

    function test_AgreesWithTheHighPrecisionVectors() external view {
        string memory json = vm.readFile("vectors/black76.json");
        uint256[] memory forwards = vm.parseJsonUintArray(json, ".forward");
        uint256[] memory strikes = vm.parseJsonUintArray(json, ".strike");
        uint256[] memory totalVolatilities = vm.parseJsonUintArray(json, ".totalVolatility");
        uint256[] memory calls = vm.parseJsonUintArray(json, ".call");
        uint256[] memory puts = vm.parseJsonUintArray(json, ".put");
        assertGt(forwards.length, 300);
        for (uint256 i = 0; i < forwards.length; ++i) {
            Quote memory quote = Quote(forwards[i], strikes[i], totalVolatilities[i]);
            assertApproxEqAbs(price(true, quote), calls[i], tolerance(quote), vm.toString(i));
            assertApproxEqAbs(price(false, quote), puts[i], tolerance(quote), vm.toString(i));
        }
    }

    function test_WithoutVolatilityIsTheIntrinsicValue() external pure {
        assertEq(price(true, Quote(2_000e18, 1_500e18, 0)), 500e18);
        assertEq(price(false, Quote(2_000e18, 1_500e18, 0)), 0);
        assertEq(price(true, Quote(2_000e18, 2_500e18, 0)), 0);
        assertEq(price(false, Quote(2_000e18, 2_500e18, 0)), 500e18);
    }

    function test_OfAWorthlessForwardIsTheStrikeForThePut() external pure {
        assertEq(Black76.price(true, 0, 2_000e18, 0, 1e18), 0);
        assertEq(Black76.price(false, 0, 2_000e18, 0, 1e18), 2_000e18);
    }

    function testFuzz_NothingReverts(
        uint256 forward,
        uint64 strikeField,
        uint256 volatility,
        bool isCall
    ) external pure {
        Quote memory quote = Quote(
            bound(forward, 1, 4e30),
            (uint256(strikeField) + 1) * 1e10,
            bound(volatility, 0, 1e40)
        );
        assertLe(price(isCall, quote), FixedPointMathLib.max(quote.forward, quote.strike));
    }

    function testFuzz_PutCallParity(uint256 forward, uint256 ratio, uint256 volatility) external pure {
        Quote memory quote = anyQuote(forward, ratio, volatility);
        assertEq(price(true, quote) + quote.strike, price(false, quote) + quote.forward);
    }

    function testFuzz_StaysInsideTheNoArbitrageBounds(
        uint256 forward,
        uint256 ratio,
        uint256 volatility
    ) external pure {
        Quote memory quote = anyQuote(forward, ratio, volatility);
        assertGe(price(true, quote), FixedPointMathLib.zeroFloorSub(quote.forward, quote.strike));
        assertLe(price(true, quote), quote.forward);
        assertGe(price(false, quote), FixedPointMathLib.zeroFloorSub(quote.strike, quote.forward));
        assertLe(price(false, quote), quote.strike);
    }

    function testFuzz_RisesWithVolatility(
        uint256 forward,
        uint256 ratio,
        uint256 volatility,
        uint256 more
    ) external pure {
        Quote memory quote = anyQuote(forward, ratio, volatility);
        uint256 calm = price(true, quote);
        quote.totalVolatility += bound(more, 0, 1e18);
        assertGe(price(true, quote) + tolerance(quote), calm);
    }

    function testFuzz_ACallRisesWithTheForward(
        uint256 forward,
        uint256 ratio,
        uint256 volatility,
        uint256 move
    ) external pure {
        Quote memory quote = anyQuote(forward, ratio, volatility);
        uint256 low = price(true, quote);
        quote.forward += (quote.forward * bound(move, 0, 1e18)) / 1e18;
        assertGe(price(true, quote) + tolerance(quote), low);
    }

    function testFuzz_ACallFallsWithTheStrike(
        uint256 forward,
        uint256 ratio,
        uint256 volatility,
        uint256 move
    ) external pure {
        Quote memory quote = anyQuote(forward, ratio, volatility);
        uint256 low = price(true, quote);
        quote.strike += (quote.strike * bound(move, 0, 1e18)) / 1e18;
        assertLe(price(true, quote), low + tolerance(quote));
    }
}
