// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { FixedPointMathLib } from "solady/src/utils/FixedPointMathLib.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { Position } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// An overdue price widens the scan: a second grid beside the first.
contract MarginEngineOverdueTest is EngineFuzz {
    uint256 private constant GRID = 13;
    uint256 private constant CREDIT = 0.4e18;

    function evaluateLate(Portfolio memory book, uint256 overdue) private returns (Risk memory) {
        prices.setOverdue(ETH, uint40(overdue));
        return evaluate(book);
    }

    /// Of what is linear, and of a written straddle, which loses more the farther the price goes. A butterfly, which loses most at
    /// one price, may need less again when the widened grid has passed it; never less than while the price was in time.
    function testFuzz_TheRequirementOfWhatLosesMoreTheFartherRisesWithAge(
        uint256 price,
        uint256 age,
        uint256 later,
        int128 size
    ) external {
        prices.setPrice(ETH, bound(price, 100e18, 10_000e18));
        (age, later) = (bound(age, 0, 30 days), bound(later, 0, 30 days));
        size = int128(bound(int256(size), -1e24, 1e24));
        Portfolio memory book = with(portfolio(0), perpetual(ETH), size);
        // The price of a node is a product of twelve factors, each rounded to 1e-18.
        requireRising(book, age, age + later, (FixedPointMathLib.abs(size) * prices.price(ETH).value) / 5e34);
        uint256 strike = prices.price(ETH).value / 1e18;
        book = with(with(portfolio(0), call(ETH, EXPIRY, strike), -1e21), put(ETH, EXPIRY, strike), -1e21);
        requireRising(book, age, age + later, 2 * kernelBound(book, ETH));
    }

    function requireRising(Portfolio memory book, uint256 age, uint256 later, uint256 tolerance) private {
        Risk memory before = evaluateLate(book, age);
        Risk memory risk = evaluateLate(book, later);
        assertGe(risk.initial + tolerance, before.initial);
        assertGe(risk.maintenance + tolerance, before.maintenance);
        assertApproxEqAbs(risk.equity, before.equity, tolerance);
    }

    /// But for the kernel's error: which options it takes for a forward or for nothing depends on the farthest price.
    function testFuzz_NoRequirementIsBelowThatOfAPriceInTime(uint256 market, uint256 seed, uint256 age) external {
        anyMarket(market);
        prices.setOverdue(BTC, 0);
        Portfolio memory book = anyPortfolio(seed);
        Risk memory inTime = evaluateLate(book, 0);
        Risk memory risk = evaluateLate(book, bound(age, 1, 30 days));
        uint256 tolerance = 2 * kernelBound(book, ETH);
        assertGe(risk.initial + tolerance, inTime.initial);
        assertGe(risk.maintenanceBeforeFloor + tolerance, inTime.maintenanceBeforeFloor);
    }

    /// A second late is (4 h + 1 s)/4 h of the variance: the range grows by 1/28,800 at most of itself. In log price a unit's value moves by
    /// no more than the price then, e^0.3 of the spot, or the discounted strike.
    function testFuzz_ASecondLateIsHardlyMoreThanInTime(uint256 seed) external {
        Portfolio memory book = Portfolio(0, new Position[](LEGS));
        uint256 gross = 0;
        for (uint256 i = 0; i < LEGS; ++i) {
            book.positions[i] = anyLegOn(derive(seed, i), ETH, uint40(NOW + draw(seed, i, 1, 100 days)));
            uint256 units = FixedPointMathLib.abs(book.positions[i].size());
            gross +=
                (units * FixedPointMathLib.max((ETH_PRICE * 135) / 100, book.positions[i].instrument().strike())) /
                1e18;
        }
        Risk memory inTime = evaluateLate(book, 0);
        Risk memory late = evaluateLate(book, 1);
        // Of 0.3, the widest range.
        uint256 allowed = (gross * 3) / 10 / 28_800 + 2 * kernelBound(book, ETH);
        assertLe(late.initial, inTime.initial + allowed);
        assertLe(late.maintenance, inTime.maintenance + allowed);
    }

    /// Who is not overdue stands on his grid while the other is on the widened one; moves of the same index go together.
    function jointByHand(Portfolio memory book) private view returns (uint256 initial, uint256 maintenance) {
        Scenarios memory late = views.scenarios(book, ETH);
        Scenarios memory inTime = views.scenarios(book, BTC);
        assertEq(late.moves.length, 2 * GRID);
        assertEq(inTime.moves.length, GRID);
        for (uint256 node = 0; node < 2 * GRID; ++node) {
            bool isInner = node % GRID >= 3 && node % GRID <= 9;
            for (uint256 column = 0; column < 3; ++column) {
                int256 profit = late.profits[node * 3 + column] + inTime.profits[(node % GRID) * 3 + column];
                if (profit >= 0) continue;
                initial = FixedPointMathLib.max(initial, uint256(-profit));
                if (isInner) maintenance = FixedPointMathLib.max(maintenance, uint256(-profit));
            }
        }
    }

    function separateByHand(
        Portfolio memory book,
        uint16 underlying
    ) private view returns (uint256 initial, uint256 maintenance) {
        Scenarios memory all = views.scenarios(book, underlying);
        uint256 range = uint256(all.moves[all.moves.length - 4]);
        for (uint256 i = 0; i < all.profits.length; ++i) {
            if (all.profits[i] >= 0) continue;
            uint256 loss = uint256(-all.profits[i]);
            initial = FixedPointMathLib.max(initial, loss);
            bool isInner = FixedPointMathLib.abs(all.moves[i / 3]) <= range;
            if (isInner) maintenance = FixedPointMathLib.max(maintenance, loss);
        }
    }

    function testFuzz_TwoUnderlyingsOfWhichOneIsOverdueAreScannedJointly(
        int128 eth,
        int128 btc,
        int128 written,
        uint256 age
    ) external {
        withoutStresses();
        eth = int128(bound(int256(eth), -1e21, 1e21));
        btc = int128(bound(int256(btc), -1e20, 1e20));
        written = int128(bound(int256(written), 0, 1e20));
        Portfolio memory book = with(with(portfolio(0), perpetual(ETH), eth), perpetual(BTC), btc);
        book = with(book, put(ETH, EXPIRY, 1_900), -written);
        prices.setOverdue(ETH, uint40(bound(age, 1, 5 days)));
        (uint256 initial, uint256 maintenance) = separateByHand(book, ETH);
        (uint256 otherInitial, uint256 otherMaintenance) = separateByHand(book, BTC);
        (initial, maintenance) = (initial + otherInitial, maintenance + otherMaintenance);
        (uint256 jointInitial, uint256 jointMaintenance) = jointByHand(book);
        initial -= ((initial - jointInitial) * CREDIT) / 1e18;
        maintenance -= ((maintenance - jointMaintenance) * CREDIT) / 1e18;
        uint256 minimum = (uint256(uint128(written)) * 60e18) / 1e18;
        assertApproxEqAbs(evaluate(book).maintenanceBeforeFloor, maintenance + minimum, 4);
        assertApproxEqAbs(evaluate(book).initial, FixedPointMathLib.max(initial + minimum, 100e18), 4);
    }

    /// Of a portfolio that does not hold what is overdue nothing changes, though another of the same evaluation does.
    function test_AnotherPortfoliosOverduePriceChangesNothing() external {
        Portfolio[] memory two = new Portfolio[](2);
        two[0] = with(portfolio(0), perpetual(BTC), 1e18);
        markets.listUnderlying(3, listing("X"), btcParameters());
        prices.setPrice(3, 10e18);
        two[1] = with(with(portfolio(0), perpetual(ETH), 7e18), perpetual(3), -500e18);
        Risk memory alone = evaluate(two[1]);
        prices.setOverdue(BTC, 1 days);
        assertEq(abi.encode(engine.evaluate(two)[1]), abi.encode(alone));
    }
}
