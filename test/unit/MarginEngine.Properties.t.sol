// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// What holds for every portfolio in every market: INV-6, INV-7, INV-8, and that nothing reverts.
contract MarginEnginePropertiesTest is EngineFuzz {
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

    /// INV-7, where the parts meet the nodes that the whole meets: of one underlying, whatever the expiries are. No strike is a node at
    /// volatilities from 30 % and tenors from 60 days, √θ > 0.12; concentration, which is convex, is off.
    function testFuzz_APortfolioOnOneUnderlyingNeedsNoMoreThanItsParts(
        uint256 market,
        uint256 first,
        uint256 second
    ) external {
        anyMarket(market);
        requireNoMoreThanParts(anyBookOn(ETH, first), anyBookOn(ETH, second));
    }

    /// INV-7 of two underlyings, where neither has a twist: one expiry each.
    function testFuzz_APortfolioOfOneExpiryEachNeedsNoMoreThanItsParts(
        uint256 market,
        uint256 first,
        uint256 second
    ) external {
        anyMarket(market);
        uint40 expiry = uint40(vm.getBlockTimestamp() + draw(market, 1_000, 60 days, 300 days));
        requireNoMoreThanParts(anyBookExpiring(first, expiry), anyBookExpiring(second, expiry));
    }

    function anyBookOn(uint16 underlying, uint256 seed) private view returns (Portfolio memory book) {
        book = Portfolio(0, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) {
            uint40 expiry = uint40(vm.getBlockTimestamp() + draw(seed, i + 100, 60 days, 300 days));
            book.positions[i] = anyLegOn(derive(seed, i), underlying, expiry);
        }
    }

    function anyBookExpiring(uint256 seed, uint40 expiry) private view returns (Portfolio memory book) {
        book = Portfolio(0, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) book.positions[i] = anyLegExpiring(derive(seed, i), expiry);
    }

    /// Of each underlying the value now and the value in a cell are rounded once in the whole and once in each part.
    function requireNoMoreThanParts(Portfolio memory a, Portfolio memory b) private view {
        Risk memory riskA = evaluate(a);
        Risk memory riskB = evaluate(b);
        Risk memory both = evaluate(union(a, b));
        uint256 rounding = 6;
        assertLe(both.initial, riskA.initial + riskB.initial + rounding, "initial");
        assertLe(both.maintenance, riskA.maintenance + riskB.maintenance + rounding, "maintenance");
        uint256 parts = riskA.maintenanceBeforeFloor + riskB.maintenanceBeforeFloor;
        assertLe(both.maintenanceBeforeFloor, parts + rounding, "before floor");
        assertLe(both.stressLoss, riskA.stressLoss + riskB.stressLoss + rounding, "stress");
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
        requireDebitSpread(anyDebitSpread(low, width, tenor, isCall));
    }

    function anyDebitSpread(
        uint256 low,
        uint256 width,
        uint256 tenor,
        bool isCall
    ) private view returns (Portfolio memory) {
        uint256 dollars = prices.price(ETH).value / 1e18;
        low = bound(low, dollars / 2, dollars * 2);
        uint256 high = low + bound(width, 1, dollars);
        uint40 expiry = uint40(vm.getBlockTimestamp() + bound(tenor, 0, 300 days));
        return
            isCall
                ? with(with(portfolio(0), call(ETH, expiry, low), 100e18), call(ETH, expiry, high), -100e18)
                : with(with(portfolio(0), put(ETH, expiry, high), 100e18), put(ETH, expiry, low), -100e18);
    }

    /// For 100 spreads, of which the short-option minimum of 3 % of spot is no part of the scan loss. The kernel may be wrong by its bound
    /// now and in a scenario; the plain formula by 4e-15 of the larger of price and strike, which is below a 10,000th of that.
    function requireDebitSpread(Portfolio memory spread) private view {
        Risk memory risk = evaluate(spread);
        uint256 tolerance = 2 * kernelBound(spread, ETH);
        int256 value = worth(spread);
        int256 limit = value + int256(3 * prices.price(ETH).value + tolerance);
        assertGe(value + int256(tolerance / 10_000), 0, "worth less than nothing");
        assertGe(risk.equity + int256(tolerance), value, "equity");
        assertLe(int256(risk.initial), limit, "initial");
        assertLe(int256(risk.maintenanceBeforeFloor), limit, "maintenance");
    }

    /// But for the kernel's error: which options it takes for a forward or for nothing depends on the farthest price.
    function testFuzz_AWidenedRangeNeverLowersARequirement(uint256 market, uint256 seed, uint40 overdue) external {
        anyMarket(market);
        prices.setOverdue(ETH, 0);
        prices.setOverdue(BTC, 0);
        Portfolio memory supposed = anyPortfolio(seed);
        Risk memory fresh = evaluate(supposed);
        prices.setOverdue(ETH, uint40(bound(overdue, 1, 30 days)));
        Risk memory late = evaluate(supposed);
        uint256 tolerance = 2 * (kernelBound(supposed, ETH) + kernelBound(supposed, BTC));
        assertGe(late.initial + tolerance, fresh.initial);
        assertGe(late.maintenanceBeforeFloor + tolerance, fresh.maintenanceBeforeFloor);
        assertApproxEqAbs(late.equity, fresh.equity, tolerance);
        prices.setOverdue(BTC, uint40(bound(overdue, 1, 30 days)));
        assertGe(evaluate(supposed).initial + tolerance, fresh.initial);
    }

    /// To the byte: inside the kernel's domain its sums are exact, and a leg beyond is added exactly too. Only which leg takes
    /// the gross notional above 2^42 USD depends on the order; these are below 2^32.
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

    /// Portfolios of one evaluation share what is loaded and laid out, and nothing else.
    function testFuzz_PortfoliosOfOneEvaluationDoNotTouchEachOther(uint256 market, uint256 seed) external {
        anyMarket(market);
        Portfolio[] memory all = new Portfolio[](3);
        for (uint256 i = 0; i < 3; ++i) all[i] = anyPortfolio(derive(seed, i));
        Risk[] memory risks = engine.evaluate(all);
        for (uint256 i = 0; i < 3; ++i) assertEq(abi.encode(risks[i]), abi.encode(evaluate(all[i])));
    }

    /// Doubling every size rounds differently. Sizes in quanta of 2^-47 USD, 7,106 wei, are cut to whole ones: up to three quanta for each of
    /// five legs, in each of two lanes, now and in a cell. Twice the equity lacks the constant part of the bound, 2e6 wei for each
    /// of two underlyings, twice instead of once. All times 1.45, the ratio of the highest price to the spot.
    function testFuzz_TheScanGrowsWithTheSize(uint256 market, uint256 seed) external {
        anyMarket(market);
        Portfolio memory once = anyPortfolio(seed);
        Portfolio memory twice = Portfolio(once.cash * 2, new Position[](LEGS));
        for (uint256 i = 0; i < LEGS; ++i) {
            twice.positions[i] = toPosition(once.positions[i].instrument(), once.positions[i].size() * 2);
        }
        Risk memory risk = evaluate(once);
        Risk memory doubled = evaluate(twice);
        uint256 quanta = (LEGS * 3 * 2 * 2 * 7_106 * 145) / 100;
        assertApproxEqAbs(doubled.maintenanceBeforeFloor, risk.maintenanceBeforeFloor * 2, quanta);
        assertApproxEqAbs(doubled.equity, risk.equity * 2, quanta + (2 * 2e6 * 145) / 100);
    }
}
