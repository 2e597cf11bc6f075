// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { RiskParameters } from "../../contracts/interfaces/IMarkets.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// A liquidation must not be stopped by a price, a time or a volatility, whatever the types let through.
contract MarginEngineNothingRevertsTest is EngineFuzz {
    int64 private constant MAX_RATE = 0.5e18;

    function testFuzz_NothingReverts(
        uint256 price,
        uint256 volatility,
        uint256 seed,
        uint40 time,
        int128 size
    ) external {
        prices.setPrice(ETH, price);
        prices.setOverdue(ETH, uint40(draw(seed, 0, 0, 1) * draw(seed, 1, 0, type(uint40).max)));
        volatilities.setMarginVolatility(ETH, volatility, derive(volatility, 0));
        volatilities.setSurface(ETH, extremeSurface(derive(seed, 2)));
        openInterest.setAverageOpenInterest(ETH, derive(seed, 3) >> draw(seed, 4, 128, 255));
        setConcentration(derive(seed, 5));
        vm.warp(time);
        requireOrdered(extremeBook(seed, size));
    }

    /// Where a feed is likely to be: prices from a wei to the largest that is reckoned with.
    function testFuzz_NothingRevertsAtLikelierPrices(uint256 seed, uint256 digits, int128 size) external {
        prices.setPrice(ETH, derive(seed, 0) % (10 ** (digits % 31)));
        volatilities.setSurface(ETH, extremeSurface(derive(seed, 2)));
        openInterest.setAverageOpenInterest(ETH, derive(seed, 3) >> draw(seed, 4, 128, 255));
        setConcentration(derive(seed, 5));
        requireOrdered(extremeBook(seed, size));
    }

    function extremeSurface(uint256 seed) private pure returns (Surface memory surface) {
        surface.tenorSeconds[0] = uint32(draw(seed, 1, 1, type(uint32).max));
        surface.totalVariance[0] = uint64(draw(seed, 2, 0, type(uint64).max) >> draw(seed, 6, 0, 64));
        surface.rho = int64(int256(draw(seed, 3, 0, 1.99e18)) - 0.995e18);
        surface.eta = uint64(draw(seed, 4, 0, type(uint64).max));
        int64[4] memory rates = [int64(0), MAX_RATE, -MAX_RATE, int64(int256(draw(seed, 5, 0, 1e18)) - MAX_RATE)];
        surface.rate = rates[draw(seed, 7, 0, 3)];
    }

    function setConcentration(uint256 seed) private {
        RiskParameters memory parameters = ethParameters();
        parameters.concentration = uint64(draw(seed, 0, 0, 0.25e18));
        parameters.depth = uint64(draw(seed, 1, 1, 1e12) >> draw(seed, 2, 0, 39)) + 1;
        parameters.vegaDepth = uint64(draw(seed, 3, 1, 1e15) >> draw(seed, 4, 0, 49)) + 1;
        changeRisk(markets, ETH, parameters);
    }

    /// Expired, expiring in a second, in a day and at any time; and what is linear.
    function extremeBook(uint256 seed, int128 size) private view returns (Portfolio memory book) {
        uint256 now_ = vm.getBlockTimestamp();
        book = with(with(portfolio(0), perpetual(ETH), size), spot(ETH), size);
        uint40[5] memory expiries = [
            uint40(now_ == 0 ? 1 : now_),
            uint40(now_ + 1),
            uint40(now_ + 1 days),
            uint40(draw(seed, 5, 1, type(uint40).max)),
            1
        ];
        for (uint256 i = 0; i < expiries.length; ++i) {
            if (expiries[i] == 0) continue;
            uint64 strike = uint64(draw(seed, i + 10, 0, type(uint64).max - 1) >> draw(seed, i + 20, 0, 63)) + 1;
            Kind kind = draw(seed, i + 30, 0, 1) == 0 ? Kind.Call : Kind.Put;
            int128 units = draw(seed, i + 40, 0, 1) == 0 ? size : ~size;
            book = with(book, toInstrument(ETH, kind, expiries[i], strike), units);
        }
    }

    function requireOrdered(Portfolio memory book) private view {
        Risk memory risk = evaluate(book);
        assertGe(risk.initial, risk.maintenance);
        views.scenarios(book, ETH);
        views.witness(book, 0, 2);
        views.witness(book, 12, 0);
    }

    function test_ExtremesDoNotRevert() external {
        uint256[6] memory extremes = [uint256(0), 1, 1e10, 1e30, 1e31, type(uint256).max];
        for (uint256 i = 0; i < extremes.length; ++i) {
            for (uint256 j = 0; j < extremes.length; ++j) {
                prices.setPrice(ETH, extremes[i]);
                volatilities.setMarginVolatility(ETH, extremes[j], extremes[extremes.length - 1 - j]);
                Instrument far = toInstrument(ETH, Kind.Put, type(uint40).max, type(uint64).max);
                Instrument near = toInstrument(ETH, Kind.Call, uint40(NOW + 1), 1);
                Portfolio memory supposed = with(with(portfolio(0), far, type(int128).min), near, type(int128).max);
                evaluate(with(supposed, perpetual(ETH), type(int128).min));
            }
        }
    }

    /// 128 options as large as a position can be, of the longest tenor that can be listed.
    function test_TheLargestBookThatCanBeListedDoesNotRevert() external {
        requireLargestBook(uint40(NOW + 730 days));
    }

    function requireLargestBook(uint40 expiry) private {
        int64[2] memory rates = [MAX_RATE, -MAX_RATE];
        for (uint256 i = 0; i < 4; ++i) {
            prices.setPrice(ETH, i < 2 ? 1 : 1e30);
            volatilities.setRate(ETH, rates[i % 2]);
            Portfolio memory book = portfolio(0);
            Instrument largest = toInstrument(ETH, Kind.Put, expiry, type(uint64).max);
            for (uint256 j = 0; j < 128; ++j) book = with(book, largest, type(int128).min);
            requireOrdered(book);
        }
    }
}
