// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// What holds for every portfolio in every market: INV-6, INV-7, INV-8, and that nothing reverts.
contract MarginEnginePropertiesTest is EngineFixture {
    uint256 private constant LEGS = 5;

    /// Deterministic draws from a seed, so that a whole portfolio is one fuzzed word.
    function draw(uint256 seed, uint256 index, uint256 min, uint256 max) private pure returns (uint256) {
        return min + (derive(seed, index) % (max - min + 1));
    }

    function derive(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }

    function anyMarket(uint256 seed) private {
        prices.setPrice(ETH, draw(seed, 0, 100e18, 10_000e18));
        prices.setPrice(BTC, draw(seed, 1, 3_000e18, 200_000e18));
        for (uint16 underlying = ETH; underlying <= BTC; ++underlying) {
            uint256 salt = uint256(underlying) * 100;
            volatilities.setMarginVolatility(
                underlying,
                draw(seed, salt, 0.2e18, 4e18),
                draw(seed, salt + 1, 0.2e18, 4e18)
            );
            volatilities.setSurface(underlying, anySurface(derive(seed, salt + 2)));
            prices.setOverdue(underlying, uint40(draw(seed, salt + 3, 0, 1) * draw(seed, salt + 4, 1, 3 days)));
        }
    }

    /// Volatility 30 to 200 %, skew either way, inside the no-arbitrage bounds η(1 + |ρ|) ≤ 2.
    function anySurface(uint256 seed) private pure returns (Surface memory surface) {
        uint256 volatility = draw(seed, 0, 0.3e18, 2e18);
        surface.tenorSeconds = [uint32(7 days), 30 days, 90 days, 365 days];
        for (uint256 i = 0; i < 4; ++i) {
            surface.totalVariance[i] = uint64(
                (((volatility * volatility) / 1e18) * surface.tenorSeconds[i]) / 365 days
            );
        }
        surface.rho = int64(int256(draw(seed, 1, 0, 1.4e18)) - 0.7e18);
        surface.eta = uint64(draw(seed, 2, 0.1e18, 1.1e18));
    }

    function anyLeg(uint256 seed) private view returns (Position) {
        uint16 underlying = uint16(draw(seed, 0, ETH, BTC));
        Kind kind = [Kind.Spot, Kind.Perpetual, Kind.Call, Kind.Put][draw(seed, 1, 0, 3)];
        int128 size = int128(int256(draw(seed, 2, 1, 1_000e18)));
        if (kind != Kind.Spot && draw(seed, 3, 0, 1) == 0) size = -size;
        if (kind < Kind.Call) return toPosition(toInstrument(underlying, kind, 0, 0), size);
        uint256 strike = (prices.price(underlying).value * draw(seed, 4, 0.4e18, 2.5e18)) / 1e28;
        uint40 expiry = uint40(block.timestamp + draw(seed, 5, 0, 300 days));
        return toPosition(toInstrument(underlying, kind, expiry, uint64(strike)), size);
    }

    function anyPortfolio(uint256 seed) private view returns (Portfolio memory result) {
        result = Portfolio(int256(draw(seed, 0, 0, 2e24)) - 1e24, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) result.positions[i] = anyLeg(derive(seed, i + 1));
    }

    function union(Portfolio memory a, Portfolio memory b) private pure returns (Portfolio memory both) {
        both = Portfolio(a.cash + b.cash, new Position[](a.positions.length + b.positions.length));
        for (uint256 i = 0; i < a.positions.length; ++i) both.positions[i] = a.positions[i];
        for (uint256 i = 0; i < b.positions.length; ++i) both.positions[a.positions.length + i] = b.positions[i];
    }

    /// INV-6
    function testFuzz_InitialIsNeverBelowMaintenance(uint256 market, uint256 seed) external {
        anyMarket(market);
        Risk memory risk = evaluate(anyPortfolio(seed));
        assertGe(risk.initial, risk.maintenance);
        assertGe(risk.maintenance, risk.maintenanceBeforeFloor);
    }

    /// INV-6, where it used to be hard: short butterflies, whose peak a wider grid steps over.
    function testFuzz_InitialIsNeverBelowMaintenanceForAShortButterfly(
        uint256 market,
        uint256 middle,
        uint256 wing
    ) external {
        anyMarket(market);
        uint256 spotPrice = prices.price(ETH).value / 1e18;
        middle = bound(middle, (spotPrice * 7) / 10, (spotPrice * 13) / 10);
        wing = bound(wing, 1, spotPrice / 4);
        uint40 expiry = uint40(block.timestamp + bound(wing, 1 hours, 20 days));
        Portfolio memory butterfly = with(portfolio(0), call(ETH, expiry, middle - wing), -100e18);
        butterfly = with(with(butterfly, call(ETH, expiry, middle), 200e18), call(ETH, expiry, middle + wing), -100e18);
        Risk memory risk = evaluate(butterfly);
        assertGe(risk.initial, risk.maintenance);
    }

    /// INV-7
    function testFuzz_APortfolioNeedsNoMoreThanItsParts(uint256 market, uint256 first, uint256 second) external {
        anyMarket(market);
        Portfolio memory a = anyPortfolio(first);
        Portfolio memory b = anyPortfolio(second);
        Risk memory riskA = evaluate(a);
        Risk memory riskB = evaluate(b);
        Risk memory both = evaluate(union(a, b));
        assertLe(both.initial, riskA.initial + riskB.initial, "initial");
        assertLe(both.maintenance, riskA.maintenance + riskB.maintenance, "maintenance");
        assertLe(
            both.maintenanceBeforeFloor,
            riskA.maintenanceBeforeFloor + riskB.maintenanceBeforeFloor,
            "before floor"
        );
        assertLe(both.stressLoss, riskA.stressLoss + riskB.stressLoss, "stress");
    }

    /// INV-8, for a flat smile: Black-76 values of a spread lie between nothing and its width, at every price and volatility.
    function testFuzz_AVerticalDebitSpreadLosesNoMoreThanItsValue(
        uint256 market,
        uint256 low,
        uint256 width,
        uint256 tenor,
        bool isCall
    ) external {
        anyMarket(market);
        Surface memory surface = volatilities.surface(ETH);
        surface.eta = 0;
        volatilities.setSurface(ETH, surface);
        (Risk memory risk, uint256 spotPrice) = anyDebitSpread(low, width, tenor, isCall);
        // Two prices now and two in a scenario, each within 4e-15 of the larger of price and strike: at most e times the
        // spot, or three times. Hence 4 * 4e-15 * 3, less than 1 / 2e13.
        checkDebitSpread(risk, spotPrice, spotPrice / 2e13 + 1);
    }

    function anyDebitSpread(
        uint256 low,
        uint256 width,
        uint256 tenor,
        bool isCall
    ) private view returns (Risk memory risk, uint256 spotPrice) {
        spotPrice = prices.price(ETH).value;
        uint256 dollars = spotPrice / 1e18;
        low = bound(low, dollars / 2, dollars * 2);
        uint256 high = low + bound(width, 1, dollars);
        uint40 expiry = uint40(block.timestamp + bound(tenor, 0, 300 days));
        risk = evaluate(
            isCall
                ? with(with(portfolio(0), call(ETH, expiry, low), 100e18), call(ETH, expiry, high), -100e18)
                : with(with(portfolio(0), put(ETH, expiry, high), 100e18), put(ETH, expiry, low), -100e18)
        );
    }

    /// For 100 spreads, of which the short-option minimum of 3 % of spot is not part of the scan loss.
    function checkDebitSpread(Risk memory risk, uint256 spotPrice, uint256 tolerance) private pure {
        int256 limit = risk.equity + int256(3 * spotPrice + 100 * tolerance);
        assertGe(risk.equity + int256(100 * tolerance), 0, "worth less than nothing");
        assertLe(int256(risk.initial), limit, "initial");
        assertLe(int256(risk.maintenanceBeforeFloor), limit, "maintenance");
    }

    function testFuzz_AWidenedRangeNeverLowersARequirement(uint256 market, uint256 seed, uint40 overdue) external {
        anyMarket(market);
        prices.setOverdue(ETH, 0);
        prices.setOverdue(BTC, 0);
        Portfolio memory supposed = anyPortfolio(seed);
        Risk memory fresh = evaluate(supposed);
        prices.setOverdue(ETH, uint40(bound(overdue, 1, 30 days)));
        Risk memory late = evaluate(supposed);
        assertGe(late.initial, fresh.initial);
        assertGe(late.maintenance, fresh.maintenance);
        assertEq(late.equity, fresh.equity);
        prices.setOverdue(BTC, uint40(bound(overdue, 1, 30 days)));
        assertGe(evaluate(supposed).initial, fresh.initial);
    }

    function testFuzz_TheOrderOfTheLegsDoesNotMatter(uint256 market, uint256 seed) external {
        anyMarket(market);
        Portfolio memory supposed = anyPortfolio(seed);
        Risk memory forwards = evaluate(supposed);
        for (uint256 i = 0; i < LEGS / 2; ++i) {
            (supposed.positions[i], supposed.positions[LEGS - 1 - i]) = (
                supposed.positions[LEGS - 1 - i],
                supposed.positions[i]
            );
        }
        assertEq(abi.encode(evaluate(supposed)), abi.encode(forwards));
    }

    /// Doubling every size at most rounds differently, a wei for each thing that is rounded.
    function testFuzz_TheScanGrowsWithTheSize(uint256 market, uint256 seed) external {
        anyMarket(market);
        Portfolio memory once = anyPortfolio(seed);
        Portfolio memory twice = Portfolio(once.cash * 2, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) {
            twice.positions[i] = toPosition(once.positions[i].instrument(), once.positions[i].size() * 2);
        }
        Risk memory risk = evaluate(once);
        Risk memory doubled = evaluate(twice);
        assertApproxEqAbs(doubled.maintenanceBeforeFloor, risk.maintenanceBeforeFloor * 2, 50);
        assertApproxEqAbs(doubled.equity, risk.equity * 2, 50);
    }

    /// Any price, volatility, surface, time and size that the types let through.
    function testFuzz_NothingReverts(
        uint256 price,
        uint256 volatility,
        uint256 seed,
        uint40 time,
        int128 size
    ) external {
        prices.setPrice(ETH, price);
        prices.setOverdue(ETH, uint40(draw(seed, 0, 0, type(uint40).max)));
        volatilities.setMarginVolatility(ETH, volatility, derive(volatility, 0));
        Surface memory surface;
        surface.tenorSeconds[0] = uint32(draw(seed, 1, 1, type(uint32).max));
        surface.totalVariance[0] = uint64(draw(seed, 2, 0, type(uint64).max));
        surface.rho = int64(int256(draw(seed, 3, 0, 1.99e18)) - 0.995e18);
        surface.eta = uint64(draw(seed, 4, 0, type(uint64).max));
        volatilities.setSurface(ETH, surface);
        vm.warp(time);
        uint40 expiry = uint40(draw(seed, 5, 1, type(uint40).max));
        uint64 strike = uint64(draw(seed, 6, 1, type(uint64).max));
        Portfolio memory supposed = with(portfolio(0), toInstrument(ETH, Kind.Call, expiry, strike), size);
        supposed = with(supposed, toInstrument(ETH, Kind.Put, expiry, strike), size);
        supposed = with(with(supposed, perpetual(ETH), size), spot(ETH), size);
        Risk memory risk = evaluate(supposed);
        assertGe(risk.initial, risk.maintenance);
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
}
