// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Scenarios } from "../../contracts/interfaces/IMarginScenarios.sol";
import { Surface } from "../../contracts/interfaces/IVolatilityOracle.sol";
import { Instrument } from "../../contracts/types/Instrument.sol";
import { Position } from "../../contracts/types/Position.sol";
import { EngineFuzz } from "../helpers/EngineFuzz.sol";

/// Columns in which the nearest or the farthest expiry alone is shocked: 3 and 4 the nearest down and up, 5 and 6 the farthest.
contract MarginEngineTwistTest is EngineFuzz {
    uint256 private constant LOWER = 0;
    uint256 private constant MARK = 1;
    uint256 private constant UPPER = 2;
    uint256 private constant TWISTED = 7;
    /// 8 % at the money and more: no strike is a node, so all portfolios meet the same ones.
    uint40 private constant NEAR = EXPIRY;
    uint40 private constant MIDDLE = EXPIRY + 28 days;
    uint40 private constant FAR = EXPIRY + 91 days;
    /// A cell is a word of exact sums less the value now: a wei of rounding for each, in the whole and in three parts.
    uint256 private constant ROUNDING = 8;

    function calendar(int128 nearSize, int128 farSize) private pure returns (Portfolio memory) {
        return with(with(portfolio(0), call(ETH, NEAR, 2_000), nearSize), call(ETH, FAR, 2_000), farSize);
    }

    function worst(Scenarios memory all, uint256 first, uint256 end) private pure returns (uint256) {
        int256 lowest = 0;
        for (uint256 node = 0; node < all.moves.length; ++node) {
            for (uint256 column = first; column < end; ++column) {
                int256 profit = all.profits[node * all.columns + column];
                if (profit < lowest) lowest = profit;
            }
        }
        return uint256(-lowest);
    }

    function requireTwisted(Portfolio memory spread) private {
        withoutStresses();
        Scenarios memory all = views.scenarios(spread, ETH);
        assertEq(all.columns, TWISTED);
        assertEq(all.profits.length, 13 * TWISTED);
        uint256 parallel = worst(all, 0, 3);
        uint256 twisted = worst(all, 3, TWISTED);
        assertGt(twisted, parallel + parallel / 10, "a twist hurts more than a shift, by a tenth at least");
        // Ten units short, 3 % of spot each.
        assertEq(evaluate(spread).initial, twisted + 600e18);
    }

    function test_ALongCalendarSpreadNeedsMoreThanTheParallelShift() external {
        requireTwisted(calendar(-10e18, 10e18));
    }

    function test_AShortCalendarSpreadNeedsMoreThanTheParallelShift() external {
        requireTwisted(calendar(10e18, -10e18));
    }

    function test_OneExpiryHasThreeColumns() external view {
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_000), 1e18), put(ETH, NEAR, 1_900), -1e18);
        assertEq(views.scenarios(with(book, perpetual(ETH), 1e18), ETH).columns, 3);
    }

    /// Each underlying by itself.
    function test_TheExpiriesOfAnotherUnderlyingDoNotTwist() external view {
        Portfolio memory book = with(with(portfolio(0), call(ETH, NEAR, 2_000), 1e18), call(BTC, FAR, 40_000), 1e18);
        assertEq(views.scenarios(book, ETH).columns, 3);
        assertEq(views.scenarios(book, BTC).columns, 3);
    }

    function bookOf(uint256 seed, uint40 expiry, uint256 legs) private view returns (Portfolio memory book) {
        book = Portfolio(0, new Position[](legs));
        for (uint256 i = 0; i < legs; ++i) book.positions[i] = anyLegOn(derive(seed, i), ETH, expiry);
    }

    /// Which volatility the nearest, the farthest and the other expiries meet in each column.
    function nodesOf(uint256 column) private pure returns (uint256 nearest, uint256 between, uint256 farthest) {
        if (column < 3) return (column, column, column);
        nearest =
            column == 3
                ? LOWER
                : column == 4
                    ? UPPER
                    : MARK;
        farthest =
            column == 5
                ? LOWER
                : column == 6
                    ? UPPER
                    : MARK;
        between = MARK;
    }

    function requireSum(Portfolio[3] memory parts) private view {
        Scenarios memory whole = views.scenarios(union(union(parts[0], parts[2]), parts[1]), ETH);
        Scenarios[3] memory each;
        for (uint256 i = 0; i < 3; ++i) each[i] = views.scenarios(parts[i], ETH);
        assertEq(whole.columns, TWISTED);
        for (uint256 node = 0; node < whole.moves.length; ++node) {
            for (uint256 column = 0; column < TWISTED; ++column) {
                (uint256 nearest, uint256 between, uint256 farthest) = nodesOf(column);
                int256 expected = each[0].profits[node * 3 + nearest];
                expected += each[1].profits[node * 3 + between] + each[2].profits[node * 3 + farthest];
                assertApproxEqAbs(whole.profits[node * TWISTED + column], expected, ROUNDING);
            }
        }
        for (uint256 i = 0; i < whole.stressProfits.length; ++i) {
            int256 expected = each[0].stressProfits[i] + each[1].stressProfits[i] + each[2].stressProfits[i];
            assertApproxEqAbs(whole.stressProfits[i], expected, ROUNDING);
        }
    }

    function testFuzz_ACalendarsColumnsAreSumsOfItsExpiriesShockedAlone(uint256 seed) external view {
        Portfolio memory near = with(bookOf(derive(seed, 0), NEAR, 3), call(ETH, NEAR, 2_000), 1e18);
        Portfolio memory far = with(bookOf(derive(seed, 1), FAR, 3), call(ETH, FAR, 2_000), -1e18);
        requireSum([near, portfolio(0), far]);
    }

    function testFuzz_ExpiriesBetweenStayAtTheMark(uint256 seed) external view {
        Portfolio memory near = with(bookOf(derive(seed, 0), NEAR, 2), put(ETH, NEAR, 2_000), 1e18);
        Portfolio memory middle = with(bookOf(derive(seed, 1), MIDDLE, 3), put(ETH, MIDDLE, 2_100), -3e18);
        Portfolio memory far = with(bookOf(derive(seed, 2), FAR, 2), call(ETH, FAR, 2_000), -1e18);
        requireSum([near, middle, far]);
    }

    /// Total volatilities of 220 %.
    function test_OutsideTheKernelsDomainTheSameExpiriesAreTwisted() external {
        Surface memory surface;
        surface.tenorSeconds = [uint32(NEAR - NOW), uint32(MIDDLE - NOW), uint32(FAR - NOW), uint32(400 days)];
        for (uint256 i = 0; i < 4; ++i) surface.totalVariance[i] = 4.84e18;
        volatilities.setSurface(ETH, surface);
        Portfolio memory near = with(portfolio(0), call(ETH, NEAR, 2_000), 3e18);
        Portfolio memory middle = with(portfolio(0), put(ETH, MIDDLE, 2_100), -4e18);
        requireSum([near, middle, with(portfolio(0), call(ETH, FAR, 2_300), -1e18)]);
    }

    function test_AnExpiredExpiryIsNotTheNearest() external {
        Instrument expired = call(ETH, NEAR, 1_900);
        vm.warp(NEAR);
        Portfolio memory book = with(portfolio(0), expired, -1e18);
        assertEq(views.scenarios(book, ETH).columns, 3, "expired alone");
        assertEq(views.scenarios(with(book, put(ETH, NEAR - 1 days, 2_000), 1e18), ETH).columns, 3, "two expired");
        book = with(book, call(ETH, FAR, 2_000), 1e18);
        assertEq(views.scenarios(book, ETH).columns, 3, "one that lives");
        Portfolio memory middle = with(portfolio(0), call(ETH, MIDDLE, 2_000), -2e18);
        assertEq(views.scenarios(union(book, middle), ETH).columns, TWISTED, "two that live");
        // What is expired has no volatility: wherever it stands, it is the same.
        requireSum([middle, with(portfolio(0), expired, -1e18), with(portfolio(0), call(ETH, FAR, 2_000), 1e18)]);
    }

    /// An hour later the nearest of three expiries is another one.
    function test_TheNextExpiryBecomesTheNearest() external {
        Portfolio memory book = with(calendar(-3e18, 2e18), call(ETH, MIDDLE, 2_200), -4e18);
        vm.warp(NEAR - 1 hours);
        int256 before = views.scenarios(book, ETH).profits[6 * TWISTED + 4];
        vm.warp(NEAR);
        Scenarios memory later = views.scenarios(book, ETH);
        Scenarios memory middle = views.scenarios(with(portfolio(0), call(ETH, MIDDLE, 2_200), -4e18), ETH);
        assertApproxEqAbs(later.profits[6 * TWISTED + 4], middle.profits[6 * 3 + UPPER], ROUNDING);
        assertGt(
            before,
            later.profits[6 * TWISTED + 4],
            "four written at 2,200 are more exposed than three on their last hour"
        );
    }
}
