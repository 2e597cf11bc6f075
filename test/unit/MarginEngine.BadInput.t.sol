// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { IMarginModel, Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// What is malformed is refused by a typed error, whoever asks; what is only extreme has a number.
contract MarginEngineBadInputTest is EngineFixture {
    uint40 private constant IN_A_SECOND = uint40(NOW + 1);

    function evaluateExternally(Portfolio memory book) private view {
        Portfolio[] memory one = new Portfolio[](1);
        one[0] = book;
        engine.evaluate(one);
    }

    /// By everything that reads portfolios.
    function requireRefused(Portfolio memory book, bytes memory expected) private {
        requireRefusedOn(book, ETH, expected);
    }

    /// Scenarios are of one underlying, and load nothing of the others.
    function requireRefusedOn(Portfolio memory book, uint16 underlying, bytes memory expected) private {
        vm.expectRevert(expected);
        evaluateExternally(book);
        vm.expectRevert(expected);
        views.witness(book, 6, 1);
        vm.expectRevert(expected);
        views.scenarios(book, underlying);
    }

    function test_RefusesWhatIsNotWellFormed() external {
        Instrument[8] memory unknown = [
            toInstrument(ETH, Kind.Perpetual, EXPIRY, 0),
            toInstrument(ETH, Kind.Call, EXPIRY, 0),
            toInstrument(ETH, Kind.Put, 0, 2_000e8),
            toInstrument(ETH, Kind.Perpetual, 0, 1),
            toInstrument(ETH, Kind.Spot, 1, 0),
            toInstrument(0, Kind.Call, EXPIRY, 2_000e8),
            // A spare bit, and the kind after the last.
            Instrument.wrap(Instrument.unwrap(call(ETH, EXPIRY, 2_000)) | (1 << 124)),
            Instrument.wrap((uint128(ETH) << 108) | (5 << 104) | (uint128(EXPIRY) << 64) | 2_000e8)
        ];
        for (uint256 i = 0; i < unknown.length; ++i) requireUnknown(unknown[i]);
        requireUnknown(Instrument.wrap(0));
        requireUnknown(Instrument.wrap(type(uint128).max));
    }

    function requireUnknown(Instrument instrument) private {
        bytes memory expected = abi.encodeWithSelector(IMarginModel.UnknownInstrument.selector, instrument);
        vm.expectRevert(expected);
        engine.mark(instrument);
        requireRefused(with(with(portfolio(0), perpetual(ETH), 1e18), instrument, 1e18), expected);
    }

    function test_RefusesAnUnderlyingThatIsNotListed() external {
        bytes memory expected = abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, 7);
        vm.expectRevert(expected);
        engine.mark(perpetual(7));
        vm.expectRevert(expected);
        views.scenarios(portfolio(0), 7);
        requireRefusedOn(with(portfolio(0), perpetual(7), 1e18), 7, expected);
        requireRefusedOn(with(portfolio(0), call(7, EXPIRY, 2_000), 1e18), 7, expected);
        Portfolio memory book = with(with(portfolio(0), perpetual(ETH), 1e18), perpetual(7), 1e18);
        requireRefusedOn(book, 7, expected);
        // Scenarios on ether do not look at the other underlying.
        int256[] memory ofEther = views.scenarios(with(portfolio(0), perpetual(ETH), 1e18), ETH).profits;
        assertEq(abi.encode(views.scenarios(book, ETH).profits), abi.encode(ofEther));
    }

    /// A portfolio is read to its end before anything is loaded: what is malformed is named, whatever is not listed stands before it.
    function test_WhatIsMalformedIsNamedBeforeWhatIsNotListed() external {
        Portfolio memory book = with(portfolio(0), perpetual(7), 1e18);
        Instrument malformed = toInstrument(ETH, Kind.Perpetual, EXPIRY, 0);
        bytes memory expected = abi.encodeWithSelector(IMarginModel.UnknownInstrument.selector, malformed);
        requireRefusedOn(with(book, malformed, 1e18), 7, expected);
        // Nor is the second of two portfolios read after the market of the first.
        Portfolio[] memory two = new Portfolio[](2);
        (two[0], two[1]) = (book, with(portfolio(0), malformed, 1e18));
        vm.expectRevert(expected);
        engine.evaluate(two);
        expected = abi.encodeWithSelector(IMarginModel.TooManyUnderlyings.selector, 4);
        book = onUnderlyings(2);
        for (uint16 underlying = 7; underlying <= 9; ++underlying) book = with(book, perpetual(underlying), 1e18);
        requireRefusedOn(book, 7, expected);
        // Expiries are counted where the market is: after it has been found.
        book = with(expiries(13), perpetual(7), 1e18);
        requireRefused(book, abi.encodeWithSelector(IMarginModel.TooManyExpiries.selector, ETH, 12));
        book = Portfolio(0, new Position[](13));
        for (uint256 i = 0; i < 13; ++i) book.positions[i] = toPosition(call(7, EXPIRY + uint40(i), 2_000), 1e18);
        requireRefusedOn(book, 7, abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, 7));
    }

    function test_RefusesCollateralWithoutAToken() external {
        Instrument other = toInstrument(ETH, Kind.Spot, 0, 1);
        bytes memory expected = abi.encodeWithSelector(IMarkets.CollateralNotListed.selector, other);
        requireRefused(with(portfolio(0), other, 1e18), expected);
    }

    function test_RefusesMoreLegsThanTheLimit() external {
        Portfolio memory book = Portfolio(0, new Position[](129));
        for (uint256 i = 0; i < 129; ++i) book.positions[i] = toPosition(perpetual(ETH), 1e18);
        requireRefused(book, abi.encodeWithSelector(IMarginModel.TooManyLegs.selector, 129));
        book.positions = new Position[](128);
        for (uint256 i = 0; i < 128; ++i) book.positions[i] = toPosition(perpetual(ETH), 1e18);
        assertEq(evaluate(book).equity, 256_000e18);
    }

    function expiries(uint256 count) private pure returns (Portfolio memory book) {
        book = Portfolio(0, new Position[](count));
        for (uint256 i = 0; i < count; ++i) {
            book.positions[i] = toPosition(call(ETH, EXPIRY + uint40(i * 1 days), 2_000), 1e18);
        }
    }

    function test_RefusesMoreExpiriesThanTheLimit() external {
        bytes memory expected = abi.encodeWithSelector(IMarginModel.TooManyExpiries.selector, ETH, 12);
        requireRefused(expiries(13), expected);
        evaluateExternally(expiries(12));
        // Of each underlying.
        Portfolio memory book = expiries(12);
        for (uint256 i = 0; i < 12; ++i) book = with(book, put(BTC, EXPIRY - uint40(i * 1 hours), 40_000), 1e18);
        evaluateExternally(book);
    }

    function onUnderlyings(uint16 count) private pure returns (Portfolio memory book) {
        book = portfolio(0);
        for (uint16 underlying = 1; underlying <= count; ++underlying) book = with(book, perpetual(underlying), 1e18);
    }

    function test_RefusesMoreUnderlyingsThanTheLimit() external {
        markets.listUnderlying(3, listing("X"), btcParameters());
        markets.listUnderlying(4, listing("Y"), btcParameters());
        // Markets list four; another implementation may list more.
        bytes memory fifth = abi.encodeCall(IMarkets.riskParametersCode, (5));
        vm.mockCall(address(markets), fifth, abi.encode(markets.riskParametersCode(BTC)));
        for (uint16 underlying = 3; underlying <= 5; ++underlying) prices.setPrice(underlying, 10e18);
        assertEq(evaluate(with(portfolio(0), perpetual(5), 1e18)).equity, 10e18, "the fifth alone");
        assertEq(evaluate(onUnderlyings(4)).equity, 42_020e18);
        bytes memory expected = abi.encodeWithSelector(IMarginModel.TooManyUnderlyings.selector, 4);
        requireRefused(onUnderlyings(5), expected);
        // Portfolios of one evaluation share their underlyings, and the limit.
        Portfolio[] memory two = new Portfolio[](2);
        two[0] = onUnderlyings(4);
        two[1] = with(portfolio(0), perpetual(5), 1e18);
        vm.expectRevert(expected);
        engine.evaluate(two);
    }

    function test_ALegOfSizeZeroIsWorthNothingButMakesLiable() external view {
        Portfolio memory book = with(with(portfolio(0), call(ETH, EXPIRY, 2_000), 0), perpetual(ETH), 0);
        Risk memory risk = evaluate(book);
        assertLe(risk.equity, 0);
        assertGe(risk.equity, -1e7);
        assertEq(risk.maintenanceBeforeFloor, 0);
        assertEq(risk.maintenance, 100e18);
        assertEq(evaluate(with(portfolio(0), spot(ETH), 0)).maintenance, 0);
    }

    function test_TheLargestAndTheSmallestSizeHaveNumbers() external view {
        int128[2] memory sizes = [type(int128).min, type(int128).max];
        for (uint256 i = 0; i < 2; ++i) {
            int256 size = sizes[i];
            assertEq(evaluate(with(portfolio(0), perpetual(ETH), sizes[i])).equity, floorWad(size * 2_000e18));
            Portfolio memory book = with(portfolio(0), call(ETH, EXPIRY, 2_000), sizes[i]);
            Risk memory risk = evaluate(book);
            assertApproxEqAbs(risk.equity, floorWad(size * int256(markOf(call(ETH, EXPIRY, 2_000)))), 1e7);
            assertGe(risk.initial, risk.maintenance);
            views.scenarios(book, ETH);
            views.witness(book, 12, 2);
        }
    }

    /// A short call of 2^127 wei of a unit, by hand: 3 % of spot each, and the worst stress.
    function test_TheSmallestSizeNeedsItsMinimum() external view {
        uint256 units = 1 << 127;
        Risk memory risk = evaluate(with(portfolio(0), call(ETH, EXPIRY, 100_000), type(int128).min));
        assertApproxEqRel(risk.maintenanceBeforeFloor, (units * 60e18) / 1e18, 1e6);
    }

    function requireIntrinsic(Instrument option, uint256 intrinsic) private {
        assertEq(markOf(option), intrinsic);
        Portfolio memory book = with(portfolio(0), option, 3e18);
        assertApproxEqAbs(evaluate(book).equity, int256(3 * intrinsic), 2 * kernelBound(book, ETH));
        int256 equity = views.witness(book, 6, 2).equity;
        assertEq(equity, int256(3 * intrinsic));
        // A third of the maintenance range up, at every volatility.
        Scenarios memory all = views.scenarios(book, ETH);
        uint256 upper = markAt(option, uint256(2_000 * FixedPointMathLib.expWad(all.moves[7])), 1e18);
        for (uint256 column = 0; column < 3; ++column) {
            assertApproxEqAbs(
                all.profits[21 + column],
                3 * (int256(upper) - int256(intrinsic)),
                2 * kernelBound(book, ETH)
            );
        }
    }

    function test_WithoutVolatilityOptionsAreWorthTheirIntrinsicValue() external {
        volatilities.setFlatSurface(ETH, 0);
        requireIntrinsic(call(ETH, EXPIRY, 1_990), 10e18);
        requireIntrinsic(put(ETH, EXPIRY, 1_990), 0);
        requireIntrinsic(put(ETH, EXPIRY, 2_000), 0);
        Surface memory none;
        volatilities.setSurface(ETH, none);
        requireIntrinsic(call(ETH, EXPIRY, 1_950), 50e18);
        requireIntrinsic(put(ETH, EXPIRY, 2_075), 75e18);
    }

    function test_ExpiredAndUnsettledOptionsAreWorthTheirIntrinsicValue() external {
        vm.warp(EXPIRY + 3 days);
        requireIntrinsic(call(ETH, EXPIRY, 1_990), 10e18);
        requireIntrinsic(put(ETH, EXPIRY, 1_990), 0);
        requireIntrinsic(put(ETH, EXPIRY, 2_050), 50e18);
        assertEq(markOf(call(ETH, 1, 1_990)), 10e18, "since 1970");
    }

    /// 0.8·√(1 s) = 0.000142: 0.3989·2,000·0.000142.
    function test_AnOptionExpiringInASecondHasAPrice() external view {
        assertApproxEqAbs(markOf(call(ETH, IN_A_SECOND, 2_000)), 0.1137e18, 0.0001e18);
        Portfolio memory book = with(portfolio(0), call(ETH, IN_A_SECOND, 2_000), 10e18);
        book = with(book, put(ETH, IN_A_SECOND, 2_000), -10e18);
        // Parity: ten forwards.
        Portfolio memory forward = with(portfolio(0), perpetual(ETH), 10e18);
        int256[] memory profits = views.scenarios(book, ETH).profits;
        int256[] memory expected = views.scenarios(forward, ETH).profits;
        for (uint256 i = 0; i < 39; ++i) assertApproxEqAbs(profits[i], expected[i], 2 * kernelBound(book, ETH));
    }

    /// Strikes of the least and of the largest field.
    function test_TheLeastAndTheLargestStrikeHavePrices() external view {
        Instrument least = toInstrument(ETH, Kind.Call, EXPIRY, 1);
        Instrument largest = toInstrument(ETH, Kind.Put, EXPIRY, type(uint64).max);
        assertEq(markOf(least), ETH_PRICE - 1e10);
        assertEq(markOf(largest), uint256(type(uint64).max) * 1e10 - ETH_PRICE);
        Portfolio memory book = with(with(portfolio(0), least, 1e18), largest, -1e18);
        assertApproxEqAbs(evaluate(book).equity, worth(book), 2 * kernelBound(book, ETH));
    }
}
