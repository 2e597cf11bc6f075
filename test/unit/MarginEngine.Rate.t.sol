// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// A rate moves the forward, F = S·e^(rT), and discounts the strike, K·e^(−rT).
contract MarginEngineRateTest is EngineFuzz {
    int64 private constant MAX_RATE = 0.5e18;
    uint40 private constant IN_A_YEAR = uint40(NOW + 365 days);

    function setSmile(int64 rate) private {
        Surface memory surface;
        surface.tenorSeconds[0] = 365 days;
        surface.totalVariance[0] = 0.64e18;
        surface.rho = -0.4e18;
        surface.eta = 1e18;
        surface.rate = rate;
        volatilities.setSurface(ETH, surface);
    }

    /// A put is the call less what the forward is worth, to the wei; e^(−rT) has an error of a few 1e-18.
    function testFuzz_CallLessPutIsTheDiscountedForward(int64 rate, uint256 strike, uint256 tenor) external {
        rate = int64(bound(int256(rate), -MAX_RATE, MAX_RATE));
        (strike, tenor) = (bound(strike, 200, 20_000), bound(tenor, 1, 730 days));
        setSmile(rate);
        uint40 expiry = uint40(NOW + tenor);
        int256 difference = int256(markOf(call(ETH, expiry, strike))) - int256(markOf(put(ETH, expiry, strike)));
        int256 discount = FixedPointMathLib.expWad((-int256(rate) * int256(tenor)) / 365 days);
        assertApproxEqAbs(difference, int256(ETH_PRICE) - int256(strike) * discount, 1);
    }

    /// A year at 10 %: 2,000 − 2,000·e^−0.1 = 190.3252.
    function test_ParityByHand() external {
        volatilities.setRate(ETH, 0.1e18);
        uint256 difference = markOf(call(ETH, IN_A_YEAR, 2_000)) - markOf(put(ETH, IN_A_YEAR, 2_000));
        assertApproxEqAbs(difference, 190.325163928081e18, 1e7);
    }

    function test_ARateRaisesCallsAndLowersPuts() external {
        uint256 callThen = markOf(call(ETH, IN_A_YEAR, 2_100));
        uint256 putThen = markOf(put(ETH, IN_A_YEAR, 2_100));
        volatilities.setRate(ETH, 0.05e18);
        assertGt(markOf(call(ETH, IN_A_YEAR, 2_100)), callThen + 20e18);
        assertLt(markOf(put(ETH, IN_A_YEAR, 2_100)) + 20e18, putThen);
    }

    /// The smile has its at-the-money volatility at the forward: there, and not at the spot, it prices like a flat surface.
    function testFuzz_TheAtTheMoneyVolatilityIsTheForwards(int64 rate) external {
        rate = int64(bound(int256(rate), -MAX_RATE, MAX_RATE));
        // The spot whose forward is 2,000.
        prices.setPrice(ETH, (ETH_PRICE * uint256(FixedPointMathLib.expWad(-int256(rate)))) / 1e18);
        Instrument atForward = call(ETH, IN_A_YEAR, 2_000);
        setSmile(rate);
        uint256 smiling = markOf(atForward);
        volatilities.setFlatSurface(ETH, 0.8e18);
        volatilities.setRate(ETH, rate);
        assertApproxEqAbs(smiling, markOf(atForward), 1e5);
    }

    function test_AtTheSpotTheVolatilityIsAnother() external {
        Instrument atSpot = call(ETH, IN_A_YEAR, 2_000);
        setSmile(0.3e18);
        uint256 smiling = markOf(atSpot);
        volatilities.setFlatSurface(ETH, 0.8e18);
        volatilities.setRate(ETH, 0.3e18);
        // Below the forward a falling smile is dearer.
        assertGt(smiling, markOf(atSpot) + 10e18);
    }

    /// The worked example's call, at no rate.
    function test_WithoutARateNothingIsDiscounted() external {
        Instrument option = call(ETH, EXPIRY, 2_200);
        uint256 before = markOf(option);
        assertApproxEqAbs(before, 37.0574e18, 0.0001e18);
        volatilities.setRate(ETH, 0);
        assertEq(markOf(option), before);
        assertEq(markOf(call(ETH, EXPIRY, 2_000)), markOf(put(ETH, EXPIRY, 2_000)), "at the money, call and put");
    }

    /// D·Black76(F, K, v) is homogeneous: with the forward and the strike where they were, only the discount is new.
    function testFuzz_AtTheSameForwardAPriceIsDiscounted(int64 rate, uint256 strike) external {
        rate = int64(bound(int256(rate), -MAX_RATE, MAX_RATE));
        strike = bound(strike, 500, 8_000);
        Instrument option = put(ETH, IN_A_YEAR, strike);
        setSmile(0);
        uint256 undiscounted = markOf(option);
        uint256 discount = uint256(FixedPointMathLib.expWad(-int256(rate)));
        prices.setPrice(ETH, (ETH_PRICE * discount) / 1e18);
        setSmile(rate);
        // 4e-15 of the larger of price and strike, twice.
        assertApproxEqAbs(markOf(option), (undiscounted * discount) / 1e18, 1e5);
    }

    function testFuzz_WhatIsExpiredIsNotDiscounted(int64 rate, uint256 late) external {
        volatilities.setRate(ETH, int64(bound(int256(rate), -MAX_RATE, MAX_RATE)));
        vm.warp(EXPIRY + bound(late, 0, 1_000 days));
        assertEq(markOf(call(ETH, EXPIRY, 1_900)), 100e18);
        assertEq(markOf(put(ETH, EXPIRY, 2_050)), 50e18);
        assertEq(markOf(call(ETH, EXPIRY, 2_000)), 0);
    }

    /// Two written puts and what covers one: evaluated, valued in scenarios and by a witness, at any time to expiry.
    function testFuzz_ExtremeTimesAndRatesDoNotRevert(uint40 expiry, bool isNegative, uint256 price) external {
        expiry = uint40(bound(expiry, 1, type(uint40).max));
        prices.setPrice(ETH, bound(price, 0, 1e30));
        volatilities.setRate(ETH, isNegative ? -MAX_RATE : MAX_RATE);
        Portfolio memory book = with(portfolio(0), put(ETH, expiry, 2_000), -2e18);
        book = with(with(book, call(ETH, type(uint40).max, 1_000), 1e18), perpetual(ETH), -1e18);
        Risk memory risk = evaluate(book);
        assertGe(risk.initial, risk.maintenance);
        assertLe(risk.equity, worth(book));
        views.scenarios(book, ETH);
        views.witness(book, 12, 2);
    }

    /// r·T beyond ±2, four years at the highest rate, counts as that: a strike is worth between e^−2, a seventh, and e^2 times itself. Without volatility, to
    /// the rounding of e^(±2) times 2,000.
    function test_TheCarryIsBounded() external {
        volatilities.setFlatSurface(ETH, 0);
        uint40[3] memory expiries = [uint40(NOW + 4 * 365 days), uint40(NOW + 5 * 365 days), type(uint40).max];
        for (uint256 i = 0; i < 3; ++i) {
            volatilities.setRate(ETH, MAX_RATE);
            assertEq(markOf(put(ETH, expiries[i], 2_000)), 0);
            uint256 strike = 2_000 * uint256(FixedPointMathLib.expWad(-2e18));
            assertApproxEqAbs(markOf(call(ETH, expiries[i], 2_000)), ETH_PRICE - strike, 2_000);
            volatilities.setRate(ETH, -MAX_RATE);
            assertEq(markOf(call(ETH, expiries[i], 2_000)), 0);
            strike = 2_000 * uint256(FixedPointMathLib.expWad(2e18));
            assertApproxEqAbs(markOf(put(ETH, expiries[i], 2_000)), strike - ETH_PRICE, 2_000);
        }
        // With a year less it is not cut.
        uint256 uncut = 2_000 * uint256(FixedPointMathLib.expWad(1.5e18));
        assertApproxEqAbs(markOf(put(ETH, uint40(NOW + 3 * 365 days), 2_000)), uncut - ETH_PRICE, 2_000);
    }

    /// At the largest strike and size the discounted strike, 1.36e30, leaves the kernel's plain sums in their range for any number of legs.
    function test_AHypotheticalBookOfTheLargestLegsDoesNotRevert() external {
        volatilities.setRate(ETH, -MAX_RATE);
        Instrument largest = toInstrument(ETH, Kind.Put, type(uint40).max, type(uint64).max);
        Portfolio memory book = Portfolio(0, new Position[](128));
        for (uint256 i = 0; i < 128; ++i) book.positions[i] = toPosition(largest, type(int128).min);
        int256 equity = views.witness(book, 6, 1).equity;
        // No sum has wrapped around: 128·2^127 times the mark.
        int256 expected = floorWad((int256(type(int128).min) * 128) * int256(markOf(largest)));
        assertApproxEqAbs(equity, expected, 128, "a witness has a number");
        Risk memory risk = evaluate(book);
        assertLe(risk.equity, equity);
        assertApproxEqAbs(risk.equity, expected, 1e7, "as an evaluation");
        assertGe(risk.initial, risk.maintenance);
    }
}
